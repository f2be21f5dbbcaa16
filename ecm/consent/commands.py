"""Asking for consent, answering, and taking a yes back. Each is one transaction; what was said is in force when it ends."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import asyncpg

from ecm.accounts.commands import token_hash
from ecm.audit.events import Event
from ecm.cases.commands import must_be_open
from ecm.clock import new_id
from ecm.consent.drafts import CANNOT_ASK, Draft, addresses_of, draft_request, needs_of
from ecm.consent.papers import must_be_asked_by_keeper
from ecm.consent.queries import pupils_of, read_request
from ecm.consent.rules import LASTS_MONTHS, LINK_LIFETIME
from ecm.consent.schemas import Answers, Asking, NewDecision, Withdrawing
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.notifications.letters import CarerLink, TalkWanted
from ecm.notifications.outbox import queue, write_to_first

NOTHING_TO_AGREE = "The school has closed this case, so there is nothing to agree to. Saying no is still possible."
ANSWERED = "This question has been answered already. Look at it again."


async def ask_consent(actor: Actor, case_id: UUID, asking: Asking) -> dict[str, Any]:
    """Ask a carer about some proposals: by link they are written to, in person nobody is.

    Records consent:requested. Raises: NotFound; NotAllowed; Refused for somebody who cannot be asked, an agency that
    is not invited, or a number that cannot carry a code.
    """
    async with acting_as(actor, "ask_consent") as act:
        await must_be_open(act, case_id)
        return await read_request(act, await put_question(act, case_id, asking))


async def put_question(act: Act, case_id: UUID, asking: Asking) -> UUID:
    """The same within a transaction that has made sure that the case is open; the id of the request."""
    draft, request_id = await draft_request(act, case_id, asking), new_id()
    await _insert_request(act, request_id, asking, draft)
    await _insert_proposals(act, request_id, case_id, draft.proposals)
    if asking.how == "link":
        await _write_to(act, request_id, asking.carer_id)
    act.record(
        Event.CONSENT_REQUESTED, case=case_id, subject=request_id, pupils=[draft.head.pupil_id],
        proposals=len(draft.proposals), how=asking.how, wording=draft.wording.hash.hex(),
    )  # fmt: skip
    return request_id


async def _insert_request(act: Act, request_id: UUID, asking: Asking, draft: Draft) -> None:
    wording, facts = draft.wording, draft.facts
    try:
        await act.run(
            """INSERT INTO consent_request (id, case_id, carer_id, language, wording_version, wording_hash, asked_by_membership_id,
                                            asked_at, school_name, pupil_name, asker_name, asker_role)
               VALUES ($1, $2, $3, $4, $5, $6, $7, app_now(), $8, $9, $10, $11)""",
            request_id, draft.head.id, asking.carer_id, asking.language, wording.version, wording.hash, act.who.membership_id,
            facts.school, facts.child, facts.asker, facts.asker_role,
        )  # fmt: skip
    except asyncpg.CheckViolationError:
        raise Refused({"carer_id": CANNOT_ASK}) from None


async def _insert_proposals(act: Act, request_id: UUID, case_id: UUID, proposals: Sequence[dict[str, Any]]) -> None:
    ids = [each["id"] for each in proposals]
    await act.run(
        """INSERT INTO consent_proposal (id, request_id, case_id, agency_id, category, purpose, agency_name)
           SELECT id, $1, $2, agency, category, purpose, name
           FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[]) x (id, agency, category, purpose, name)""",
        request_id, case_id, ids, [p["agency_id"] for p in proposals], [p["category"] for p in proposals],
        [p["purpose"] for p in proposals], [p["agency_name"] for p in proposals],
    )  # fmt: skip
    await act.run(
        """INSERT INTO consent_event (id, proposal_id, kind, recorded_by_membership_id)
           SELECT id, proposal, 'requested', $3 FROM unnest($1::uuid[], $2::uuid[]) x (id, proposal)""",
        [new_id() for _ in ids], ids, act.who.membership_id,
    )  # fmt: skip


async def _write_to(act: Act, request_id: UUID, carer_id: UUID) -> None:
    found, needs = await addresses_of(act, carer_id), await needs_of(act, carer_id)
    secret = token_urlsafe(32)
    await act.run("SELECT make_consent_link($1, $2, $3)", request_id, token_hash(secret), LINK_LIFETIME)
    letter = CarerLink(
        found["email"] or found["phone"], secret, LINK_LIFETIME.days, language=needs["language"],
        interpreter=needs["needs_interpreter"], large_print=needs["format"] == "large_print",
    )  # fmt: skip
    await queue(act, letter, about=request_id)


async def answer_consent(
    actor: Actor, request_id: UUID, answers: Answers | None, *, talk: bool = False
) -> dict[str, Any]:
    """Write down a carer's answers, all of them at once: their own online, or what they told a worker.

    With `talk` the worker who asked is told that the carer wants to talk first; then there may be no answers yet.
    Records consent:given, consent:refused and consent:talk_wanted.
    Raises: NotFound; NotAllowed; Refused for a question that is not of this request, or is answered already.
    """
    async with acting_as(actor, "answer_consent") as act:
        found = await read_request(act, request_id)
        await act.run("SELECT lock_case($1)", found["case_id"])
        found = await read_request(act, request_id)
        if answers is not None:
            _check_channel(act, answers)
            _check_questions(answers.decisions, found["proposals"])
            if any(each.decision == "given" for each in answers.decisions):
                await must_be_asked_by_keeper(act, request_id)
            await _insert_answers(act, answers)
            counts = Counter[str](each.decision for each in answers.decisions)
            await _record(act, found, counts, answers.channel)
        if talk:
            await _want_talk(act, request_id, found)
        return await read_request(act, request_id)


def _check_channel(act: Act, answers: Answers) -> None:
    """A carer answers online; a worker writes down what was said, and who was there."""
    if act.who.membership_id is None:
        if answers.channel != "online":
            raise Refused({"channel": "You answer online. The school writes down what you say in person."})
        return
    if not act.who.may("consent:record"):
        raise NotAllowed
    if answers.channel == "online":
        raise Refused({"channel": "Only the parent or carer can answer online. Say how they told you."})
    missing = {name: sentence for name, sentence in NEEDED.items() if not getattr(answers, name)}
    if missing:
        raise Refused(missing)


NEEDED = {"witness": "Enter who else was there.", "given_by": "Enter who gave the answer."}


def _check_questions(decisions: Sequence[NewDecision], proposals: Sequence[dict[str, Any]]) -> None:
    waiting = {p["id"]: p["state"] == "requested" for p in proposals}
    problems: dict[str, str] = {}
    for place, each in enumerate(decisions):
        if each.proposal_id not in waiting:
            problems[f"decisions.{place}.proposal_id"] = "This question is not part of what was asked."
        elif not waiting[each.proposal_id]:
            problems[f"decisions.{place}.proposal_id"] = ANSWERED
        waiting[each.proposal_id] = False
    if problems:
        raise Refused(problems)


async def _insert_answers(act: Act, answers: Answers) -> None:
    """One statement, so that what may be seen is derived once, from all of them together."""
    worker = act.who.membership_id
    try:
        await act.run(
            """INSERT INTO consent_event (id, proposal_id, kind, channel, witness, given_by, recorded_by_membership_id, until_at)
               SELECT id, proposal, kind, $4, $5, $6, $7, CASE WHEN kind = 'given' THEN app_now() + make_interval(months => $8) END
               FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY x (id, proposal, kind, place) ORDER BY place""",
            [new_id() for _ in answers.decisions],
            [each.proposal_id for each in answers.decisions],
            [each.decision for each in answers.decisions],
            answers.channel, answers.witness if worker else None, answers.given_by if worker else None, worker,
            LASTS_MONTHS,
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
    except asyncpg.CheckViolationError:
        raise Refused({"": NOTHING_TO_AGREE}) from None


async def _record(act: Act, found: dict[str, Any], counts: Counter[str], channel: str) -> None:
    pupils = await pupils_of(act, found["case_id"])
    for decision, event in (("given", Event.CONSENT_GIVEN), ("refused", Event.CONSENT_REFUSED)):
        if counts[decision]:
            act.record(
                event, case=found["case_id"], subject=found["id"], pupils=pupils,
                count=counts[decision], channel=channel,
            )  # fmt: skip


async def _want_talk(act: Act, request_id: UUID, found: dict[str, Any]) -> None:
    asker = await act.row("SELECT to_ring, reference FROM linked_request() WHERE request_id = $1", request_id)
    if asker is None:
        raise NotAllowed
    letter = partial(TalkWanted, reference=asker["reference"])
    await write_to_first(act, asker["to_ring"], letter, found["case_id"])
    act.record(Event.CONSENT_TALK_WANTED, case=found["case_id"], subject=request_id)


async def withdraw_consent(actor: Actor, proposal_id: UUID, withdrawing: Withdrawing) -> dict[str, Any]:
    """Take a yes back. From the next request on the agency no longer sees what rested on it.

    Records consent:withdrawn. Raises: NotFound; NotAllowed; Refused when there is no yes to take back.
    """
    async with acting_as(actor, "withdraw_consent") as act:
        row = await act.row("SELECT case_id, request_id FROM consent_proposal WHERE id = $1", proposal_id)
        if row is None:
            raise NotFound
        worker = act.who.membership_id
        if worker and not act.who.may("consent:record"):
            raise NotAllowed
        if (withdrawing.channel == "online") == bool(worker):
            raise Refused({"channel": "Online is for the parent or carer alone; everything else a worker writes down."})
        await act.run("SELECT lock_case($1)", row["case_id"])
        found = await read_request(act, row["request_id"])
        now = next(each for each in found["proposals"] if each["id"] == proposal_id)
        if now["state"] not in ("given", "paused"):
            raise Refused({"": "There is no yes to take back here."})
        await _insert_withdrawal(act, proposal_id, withdrawing)
        pupils = await pupils_of(act, row["case_id"])
        act.record(
            Event.CONSENT_WITHDRAWN, case=row["case_id"], subject=proposal_id, pupils=pupils,
            channel=withdrawing.channel,
        )  # fmt: skip
        found = await read_request(act, row["request_id"])
        return next(each for each in found["proposals"] if each["id"] == proposal_id)


async def _insert_withdrawal(act: Act, proposal_id: UUID, withdrawing: Withdrawing) -> None:
    """Who writes down a withdrawal is a witness of it: taking a yes back must be as easy as giving it."""
    worker = act.who.membership_id
    try:
        await act.run(
            """INSERT INTO consent_event (id, proposal_id, kind, channel, witness, reason, recorded_by_membership_id)
               VALUES ($1, $2, 'withdrawn', $3, $4, nullif($5, ''), $6)""",
            new_id(), proposal_id, withdrawing.channel,
            (withdrawing.witness or act.who.person_name) if worker else None, withdrawing.reason, worker,
        )  # fmt: skip
    except asyncpg.InsufficientPrivilegeError:
        raise NotAllowed from None
