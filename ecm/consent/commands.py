"""Asking for consent, answering, and taking a yes back. Each is one transaction; what was said is in force when it ends."""

from collections import Counter
from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.accounts.commands import token_hash
from ecm.accounts.rules import blocks_online_consent
from ecm.audit.events import Event
from ecm.clock import LONDON, new_id
from ecm.consent.queries import grouped, read_request
from ecm.consent.rules import LASTS_MONTHS, LINK_LIFETIME, decides_alone
from ecm.consent.schemas import Answers, Asking, NewDecision, Withdrawing
from ecm.consent.wording import Facts, Wording, written
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.involvements.queries import CaseHead, kept_case
from ecm.notifications.letters import CarerLink, TalkWanted
from ecm.notifications.outbox import queue

# The same for a stranger's id and for somebody barred, so that it tells nothing.
CANNOT_ASK = "This person cannot be asked about this pupil."
NO_AUTHORITY = (
    "Only somebody with parental responsibility can agree, and the school must have seen the proof. "
    "Record what you have seen first, or ask somebody else."
)
NO_PHONE = (
    "This person has no mobile number that the school has checked in person, or it has changed in the last 14 days. "
    "Ask in person instead."
)
NO_ADDRESS = "There is no e-mail address or mobile number to write to. Ask in person instead."
ANSWERED = "This question has been answered already. Look at it again."
SIXTEEN = "This pupil is 16 or older and decides for themselves. A parent or carer cannot decide for them."


async def ask_consent(actor: Actor, case_id: UUID, asking: Asking) -> dict[str, Any]:
    """Ask a carer about some proposals: by link they are written to, in person nobody is.

    Records consent:requested. Raises: NotFound; NotAllowed; Refused for somebody who cannot be asked, an agency that
    is not invited, or a number that cannot carry a code.
    """
    async with acting_as(actor, "ask_consent") as act:
        head, wording, proposals = await _drafted(act, case_id, asking)
        await act.run("SELECT lock_case($1)", case_id)
        request_id = new_id()
        await _insert_request(act, request_id, case_id, asking, wording)
        await _insert_proposals(act, request_id, case_id, proposals)
        if asking.how == "link":
            await _write_to(act, request_id, asking.carer_id)
        act.record(
            Event.CONSENT_REQUESTED, case=case_id, subject=request_id, pupils=[head.pupil_id],
            proposals=len(proposals), how=asking.how, wording=wording.hash.hex(),
        )  # fmt: skip
        return await read_request(act, request_id)


async def preview_consent(actor: Actor, case_id: UUID, asking: Asking) -> tuple[str, Wording]:
    """The carer's name and exactly what they would read. Records consents:listed. Raises: as `ask_consent`."""
    async with acting_as(actor, "ask_consent") as act:
        head, wording, _ = await _drafted(act, case_id, asking)
        if asking.how == "link":
            await _addresses(act, asking.carer_id)
        name = await act.value("SELECT n.name FROM carer k JOIN person n ON n.id = k.person_id WHERE k.id = $1", asking.carer_id)
        act.record(Event.CONSENTS_LISTED, case=case_id, pupils=[head.pupil_id], outcome="shown")
        return name, wording


async def _drafted(act: Act, case_id: UUID, asking: Asking) -> tuple[CaseHead, Wording, list[dict[str, Any]]]:
    """The case, the text, and the proposals with ids; every rule checked that needs no writing."""
    head = await kept_case(act, case_id, "consent:ask")
    await _check_carer(act, head, asking.carer_id)
    if decides_alone(head.record["date_of_birth"], (await act.value("SELECT app_now()")).astimezone(LONDON).date()):
        raise Refused({"carer_id": SIXTEEN})
    proposals = await _proposals(act, case_id, asking)
    asked = tuple(each for each, _ in grouped(proposals))
    wording = written(Facts(head.school_name, head.pupil_first_name, act.who.person_name, act.who.role or "", asked))
    assert wording is not None  # the newest version is always kept
    return head, wording, proposals


async def _check_carer(act: Act, head: CaseHead, carer_id: UUID) -> None:
    carer = await act.row(
        """SELECT k.has_parental_responsibility AND k.authority_verified_at IS NOT NULL AS may,
                  EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                          AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) AS barred
           FROM carer k WHERE k.id = $1 AND k.pupil_id = $2""",
        carer_id, head.pupil_id,
    )  # fmt: skip
    if carer is None or carer["barred"]:
        raise Refused({"carer_id": CANNOT_ASK})
    if not carer["may"]:
        raise Refused({"carer_id": NO_AUTHORITY})


async def _proposals(act: Act, case_id: UUID, asking: Asking) -> list[dict[str, Any]]:
    names = {
        row["id"]: row["name"]
        for row in await act.rows(
            """SELECT a.id, a.name FROM involvement i JOIN agency a ON a.id = i.agency_id
               WHERE i.case_id = $1 AND i.status IN ('invited', 'accepted')""",
            case_id,
        )
    }
    for place, each in enumerate(asking.proposals):
        if each.agency_id not in names:
            raise Refused({f"proposals.{place}.agency_id": "Invite this organisation first, then ask the family."})
    scopes = dict.fromkeys((p.agency_id, category, p.purpose) for p in asking.proposals for category in p.categories)
    return [
        {"id": new_id(), "agency_id": agency, "agency_name": names[agency], "category": category, "purpose": purpose}
        for agency, category, purpose in scopes
    ]


async def _insert_request(act: Act, request_id: UUID, case_id: UUID, asking: Asking, wording: Wording) -> None:
    try:
        await act.run(
            """INSERT INTO consent_request (id, case_id, carer_id, language, wording_version, wording_hash,
                                            asked_by_membership_id, asked_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, app_now())""",
            request_id, case_id, asking.carer_id, asking.language, wording.version, wording.hash, act.who.membership_id,
        )  # fmt: skip
    except asyncpg.CheckViolationError:
        raise Refused({"carer_id": CANNOT_ASK}) from None


async def _insert_proposals(act: Act, request_id: UUID, case_id: UUID, proposals: Sequence[dict[str, Any]]) -> None:
    ids = [each["id"] for each in proposals]
    await act.run(
        """INSERT INTO consent_proposal (id, request_id, case_id, agency_id, category, purpose)
           SELECT id, $1, $2, agency, category, purpose
           FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) x (id, agency, category, purpose)""",
        request_id, case_id, ids, [p["agency_id"] for p in proposals], [p["category"] for p in proposals],
        [p["purpose"] for p in proposals],
    )  # fmt: skip
    await act.run(
        """INSERT INTO consent_event (id, proposal_id, kind, recorded_by_membership_id)
           SELECT id, proposal, 'requested', $3 FROM unnest($1::uuid[], $2::uuid[]) x (id, proposal)""",
        [new_id() for _ in ids], ids, act.who.membership_id,
    )  # fmt: skip


async def _addresses(act: Act, carer_id: UUID) -> Record:
    """Where to write to. Raises: Refused when no code could reach this carer by a number checked in person."""
    found = await act.row("SELECT * FROM carer_addresses($1, $2)", carer_id, proof("addresses", carer_id))
    if found is None:
        raise Refused({"carer_id": CANNOT_ASK})
    if not found["phone"] or found["phone_verified_at"] is None or blocks_online_consent(found["phone_changed_at"], found["at"]):
        raise Refused({"how": NO_PHONE})
    return found


async def _write_to(act: Act, request_id: UUID, carer_id: UUID) -> None:
    found = await _addresses(act, carer_id)
    secret = token_urlsafe(32)
    await act.run("SELECT make_consent_link($1, $2, $3)", request_id, token_hash(secret), LINK_LIFETIME)
    await queue(act, CarerLink(found["email"] or found["phone"], secret, LINK_LIFETIME.days))


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
            await _insert_answers(act, answers)
            counts = Counter(each.decision for each in answers.decisions)
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


async def _record(act: Act, found: dict[str, Any], counts: Counter[str], channel: str) -> None:
    pupil = await act.value("SELECT pupil_id FROM support_case WHERE id = $1", found["case_id"])
    for decision, event in (("given", Event.CONSENT_GIVEN), ("refused", Event.CONSENT_REFUSED)):
        if counts[decision]:
            act.record(
                event, case=found["case_id"], subject=found["id"], pupils=[pupil] if pupil else [],
                count=counts[decision], channel=channel,
            )  # fmt: skip


async def _want_talk(act: Act, request_id: UUID, found: dict[str, Any]) -> None:
    asker = await act.row("SELECT asked_by_email, reference FROM linked_request() WHERE request_id = $1", request_id)
    if asker is None:
        raise NotAllowed
    if asker["asked_by_email"]:
        await queue(act, TalkWanted(asker["asked_by_email"], asker["reference"]))
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
        pupil = await act.value("SELECT pupil_id FROM support_case WHERE id = $1", row["case_id"])
        act.record(
            Event.CONSENT_WITHDRAWN, case=row["case_id"], subject=proposal_id, pupils=[pupil] if pupil else [],
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
