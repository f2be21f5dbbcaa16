"""What people may try in a world: one step is one fact, written as the commands write it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ecm.clock import new_id
from ecm.database import Act
from ecm.seeds import known
from tests.access.cast import CARERS
from tests.access.scene import Scene, Scope, pupil_now, today
from tests.access.sharing_steps import SHARING


async def open_case(act: Act, at: Scene, lead: str) -> int:
    return await act.run(
        """INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, opened_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, app_now(), app_now())""",
        at.case, str(at.case), at.pupil, act.who.agency_id, at.seat(lead),
    )  # fmt: skip


async def hand_over(act: Act, at: Scene, lead: str) -> int:
    return await act.run("UPDATE support_case SET lead_membership_id = $2 WHERE id = $1", at.case, at.seat(lead))


async def invite(act: Act, at: Scene, agency: str) -> int:
    involvement = new_id()
    await act.run(
        """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id,
                                    reason_code, invited_at, updated_at)
           VALUES ($1, $2, 'core', $3, $4, $5, 'advice', app_now(), app_now())""",
        involvement, at.case, at.agency(agency), act.who.agency_id, act.who.membership_id,
    )  # fmt: skip
    return await act.run(
        "INSERT INTO involvement_message (involvement_id, case_id, text) VALUES ($1, $2, '')", involvement, at.case
    )


async def _move(act: Act, at: Scene, agency: str, state: str, changes: str, *values: object) -> int:
    return await act.run(
        f"UPDATE involvement SET {changes} WHERE case_id = $1 AND agency_id = $2 AND status = $3",
        at.case, at.agency(agency), state, *values,
    )  # fmt: skip


async def accept(act: Act, at: Scene, agency: str, assignee: str | None) -> int:
    changes = "status = 'accepted', answered_at = app_now(), assignee_membership_id = $4"
    return await _move(act, at, agency, "invited", changes, at.seat(assignee))


async def decline(act: Act, at: Scene, agency: str) -> int:
    return await _move(act, at, agency, "invited", "status = 'declined', answered_at = app_now()")


async def take_back(act: Act, at: Scene, agency: str) -> int:
    return await _move(act, at, agency, "invited", "status = 'withdrawn', ended_at = app_now()")


async def end(act: Act, at: Scene, agency: str) -> int:
    return await _move(act, at, agency, "accepted", "status = 'ended', ended_at = app_now()")


async def assign(act: Act, at: Scene, agency: str, assignee: str | None) -> int:
    return await _move(act, at, agency, "accepted", "assignee_membership_id = $4", at.seat(assignee))


async def ask(act: Act, at: Scene, scopes: tuple[Scope, ...]) -> int:
    """Put every scope to both carers."""
    for carer in CARERS:
        request = new_id()
        await act.run(
            """INSERT INTO consent_request (id, case_id, carer_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
               SELECT $1, $2, id, '1', '', $3, app_now() FROM carer WHERE pupil_id = $4 AND person_id = $5""",
            request, at.case, act.who.membership_id, at.pupil, known(carer),
        )  # fmt: skip
        await act.connection.executemany(
            "INSERT INTO consent_proposal (id, request_id, agency_id, category, purpose) VALUES ($1, $2, $3, $4, $5)",
            [(new_id(), request, at.agency(agency), *scope) for agency, *scope in scopes],
        )
    return 1


async def say(act: Act, at: Scene, carer: str, scope: Scope, kind: str, days: int | None = None) -> int:
    """The carer's answer, online or as a worker was told it; a yes may hold for so many days only."""
    agency, category, purpose = scope
    return await act.run(
        """INSERT INTO consent_event (id, proposal_id, kind, channel, witness, recorded_by_membership_id, until_at)
           SELECT $1, id, $6, $7, 'a witness', $8, app_now() + make_interval(days => $9) FROM consent_proposal
           WHERE case_id = $2 AND agency_id = $3 AND category = $4 AND purpose = $5 AND person_id = $10""",
        new_id(), at.case, at.agency(agency), category, purpose, kind,
        "in_person" if act.who.membership_id else "online", act.who.membership_id, days, known(carer),
    )  # fmt: skip


async def admit(act: Act, at: Scene, carer: str, categories: tuple[str, ...]) -> int:
    return await act.run(
        """INSERT INTO carer_admission (id, case_id, carer_id, categories, authority_seen, admitted_by_membership_id, admitted_at)
           SELECT $1, $2, id, $3, 'seen', $4, app_now() FROM carer WHERE pupil_id = $5 AND person_id = $6""",
        new_id(), at.case, list(categories), act.who.membership_id, await pupil_now(act, at), known(carer),
    )  # fmt: skip


async def dismiss(act: Act, at: Scene, carer: str) -> int:
    return await act.run(
        "UPDATE carer_admission SET ended_at = app_now() WHERE case_id = $1 AND person_id = $2 AND ended_at IS NULL",
        at.case, known(carer),
    )  # fmt: skip


async def bar(act: Act, at: Scene, carer: str, wait: int = 0, days: int | None = None) -> int:
    """Bar contact from so many days ahead, for so many days or for good."""
    return await act.run(
        """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
           VALUES ($1, $2, $3, 'court_order', app_now() + make_interval(days => $4),
                   app_now() + make_interval(days => $4 + $5), $6)""",
        new_id(), await pupil_now(act, at), known(carer), wait, days, act.who.membership_id,
    )  # fmt: skip


async def lift(act: Act, at: Scene, carer: str) -> int:
    return await act.run(
        "UPDATE contact_bar SET until_at = greatest(from_at, app_now()) WHERE pupil_id = $1 AND person_id = $2",
        await pupil_now(act, at), known(carer),
    )  # fmt: skip


async def correct_birth(act: Act, at: Scene, born_on: date | None) -> int:
    return int(await act.value("SELECT correct_birth($1, $2)", at.pupil, born_on) is not None)


TEXTS = {
    "case_brief": "(case_id, reason, strengths, level, updated_at) SELECT $2, '', '', '2', app_now() FROM (SELECT $1::uuid, $3::text)",
    "identified_barrier": """(id, case_id, category, code, how_identified, detail, updated_at)
                             VALUES ($1, $2, $3, 'CI01', 'assessment', '', app_now())""",
    "note": "(id, case_id, category, text, written_at) VALUES ($1, $2, $3, '', app_now())",
    "action": """(id, case_id, category, title, owner_agency_id, due_on, added_at, updated_at)
                 VALUES ($1, $2, $3, '', $4, '2022-06-01', app_now(), app_now())""",
    "review_contribution": """(id, review_id, case_id, category, text, written_at)
                              SELECT $1, id, $2, $3, '', app_now() FROM review WHERE case_id = $2 LIMIT 1""",
    "outcome": "(id, case_id, category, title, added_at, updated_at) VALUES ($1, $2, $3, '', app_now(), app_now())",
    "measurement": """(id, outcome_id, case_id, category, measured_on, value, written_at)
                      SELECT $1, id, $2, $3, '2022-02-18', 1, app_now() FROM outcome WHERE case_id = $2 AND category = $3 LIMIT 1""",
    "provision": """(id, case_id, category, title, who, how_often, starts_on, added_at, updated_at)
                    VALUES ($1, $2, $3, '', '', '', '2022-02-18', app_now(), app_now())""",
    "case_view": """(id, case_id, category, whose, text, given_on, written_at)
                    VALUES ($1, $2, $3, 'pupil', '', '2022-02-18', app_now())""",
    "health_alert": "(id, case_id, text) SELECT $1, $2, 'an allergy' FROM (SELECT $3::text)",
}


async def write(act: Act, at: Scene, table: str, category: str, owner: str) -> int:
    """A row of text; an action is for the agency `owner` to do. What is said at a review needs one, what is measured an outcome."""
    needs = {
        "review_contribution": "SELECT EXISTS (SELECT FROM review WHERE case_id = $1 AND $2 = $2)",
        "measurement": "SELECT EXISTS (SELECT FROM outcome WHERE case_id = $1 AND category = $2)",
    }
    if table in needs and not await act.value(needs[table], at.case, category):
        return 0
    if not await act.value("SELECT claim_authorship($1, $2, $3, $4)", new_id(), new_id(), at.case, category):
        return 0
    more = [at.agency(owner)] if table == "action" else []
    return await act.run(f"INSERT INTO {table} {TEXTS[table]}", new_id(), at.case, category, *more)


async def tell(act: Act, at: Scene) -> int:
    """A carer says what they think, for themselves."""
    return await act.run(f"INSERT INTO case_view {TEXTS['case_view']}", new_id(), at.case, "family")


async def settle(act: Act, at: Scene, table: str) -> int:
    """Change outcomes or provisions one may change."""
    return await act.run(f"UPDATE {table} SET title = 'new' WHERE case_id = $1", at.case)


async def review(act: Act, at: Scene) -> int:
    """Say that people sat together."""
    return await act.run("INSERT INTO review (id, case_id, held_on) VALUES ($1, $2, '2022-03-01')", new_id(), at.case)


async def turn(act: Act, at: Scene, kind: str) -> int:
    """Close, reopen or void the case, or say that the pupil has died, or not."""
    outcome = "other" if kind in ("closed", "died") else None
    died_on = date(2022, 2, 18) if kind == "died" else None
    return await act.run(
        "INSERT INTO case_turn (id, case_id, kind, outcome, died_on) VALUES ($1, $2, $3, $4, $5)",
        new_id(), at.case, kind, outcome, died_on,
    )  # fmt: skip


async def correct(act: Act, at: Scene, kind: str) -> int:
    """Say that the newest row of a kind that one can see was entered in error."""
    table = {"view": "case_view", "contribution": "review_contribution"}.get(kind, kind)
    return await act.run(
        f"""INSERT INTO correction (id, kind, subject_id, reason)
            SELECT $1, $2, id, '' FROM {table} WHERE case_id = $3 ORDER BY id DESC LIMIT 1""",
        new_id(), kind, at.case,
    )  # fmt: skip


async def unsay(act: Act, at: Scene, carer: str) -> int:
    """Say that a carer's newest answer was written down in error."""
    return await act.run(
        """INSERT INTO consent_event (id, proposal_id, kind, recorded_by_membership_id, corrects_event_id)
           SELECT $1, proposal_id, 'entered_in_error', $2, id FROM consent_event e WHERE case_id = $3 AND person_id = $4
           AND kind IN ('given', 'refused', 'withdrawn')
           AND NOT EXISTS (SELECT FROM consent_event x WHERE x.corrects_event_id = e.id) ORDER BY number DESC LIMIT 1""",
        new_id(), act.who.membership_id, at.case, known(carer),
    )  # fmt: skip


async def go(act: Act, at: Scene, days: int) -> int:
    """The pupil leaves the school so many days from now, or left before."""
    last_on = await today(act) + timedelta(days=days)
    return len(
        await act.rows("SELECT * FROM leave_school($1, $2, $3, 'unknown', NULL)", [new_id()], [at.pupil], last_on)
    )


async def stay(act: Act, at: Scene) -> int:
    """They stay after all."""
    rows = await act.rows(
        "SELECT stay_at_school(id) AS done FROM departure WHERE pupil_id = $1 AND stayed_at IS NULL", at.pupil
    )
    return sum(row["done"] is not None for row in rows)


async def enrol(act: Act, at: Scene, school: str, days: int) -> int:
    """The pupil comes to a school (again), so many days from now."""
    from_on = await today(act) + timedelta(days=days)
    return int(await act.value("SELECT enrol($1, $2, $3, $4)", new_id(), at.pupil, at.agency(school), from_on))


async def move_class(act: Act, at: Scene, name: str | None) -> int:
    """The pupil changes class, or is in none."""
    return int(await act.value("SELECT move_class($1, $2)", await pupil_now(act, at), name))


async def offer(act: Act, at: Scene, school: str) -> int:
    return int(
        await act.value(
            "SELECT offer_case($1, $2, $3, 'moved_home', '{}', $4, 'in_person')",
            new_id(),
            at.case,
            at.agency(school),
            await today(act),
        )
    )


async def take_offer_back(act: Act, at: Scene) -> int:
    return int(await act.value(f"SELECT count(end_offer(id, NULL)) FROM ({OFFER}) o", at.case))


async def take(act: Act, at: Scene, lead: str, own: bool = False) -> int:
    """Take the case over: with the record that comes with it, or with the school's own."""
    taken = f"SELECT count(take_case(id, $2, $3, $4)) FROM ({OFFER}) o"
    return int(await act.value(taken, at.case, at.twin if own else None, new_id(), at.seat(lead)))


OFFER = "SELECT id FROM case_handover WHERE case_id = $1 AND status = 'offered'"


async def reword(act: Act, at: Scene) -> int:
    """Write the brief anew."""
    return await act.run("UPDATE case_brief SET reason = 'new' WHERE case_id = $1", at.case)


VERBS: dict[str, Callable[..., Awaitable[int]]] = {
    f.__name__: f for f in (open_case, hand_over, invite, accept, decline, take_back, end, assign, ask, say, admit,
                            dismiss, bar, lift, correct_birth, write, tell, settle, review, turn, correct, unsay,
                            go, stay, enrol, move_class, offer, take_offer_back, take, reword, *SHARING)
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """On this day somebody tries this; the database may refuse."""

    day: float
    who: str
    verb: str
    args: tuple[Any, ...] = ()

    async def take(self, act: Act, at: Scene) -> bool:
        """Whether it was done."""
        return await VERBS[self.verb](act, at, *self.args) > 0


@dataclass(frozen=True)
class World:
    """A pupil, what happens in order of time, and where on the line of boundaries (0 to 1) to look."""

    born_on: date | None
    steps: tuple[Step, ...]
    look: float
