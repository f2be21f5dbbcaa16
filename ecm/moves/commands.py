"""A pupil leaves a school, or stays after all. Each is one transaction and one audit event.

What the school sees of the pupil's cases ends with the enrolment, by the clock: ecm/access. Source: docs/states.md.
"""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound, Refused
from ecm.moves.queries import leaving_school, on_roll, open_cases, read_departure
from ecm.moves.rules import case_problems, last_day_problem
from ecm.moves.schemas import Leaving

CHOOSE_SCHOOL = "Choose the next school from the list."
NO_SCHOOL = "Leave the next school empty, or choose that the pupil goes to another school that uses ECM."
LEAVES_ALREADY = "It is recorded already that {} leaves. If that is wrong, say first that they stay."
NOT_ANY_MORE = "This cannot be undone any more: another school has taken over a case of this pupil."
CAME_BACK = "This pupil is on your roll again. There is nothing to undo."


async def end_enrolments(actor: Actor, pupil_ids: list[UUID], leaving: Leaving) -> list[UUID]:
    """These pupils leave the actor's school after a last day, with an answer for each open case; the departures made.

    From the midnight after it the school reads of their cases only what it wrote. Records pupil:left.
    Raises: NotAllowed; NotFound when one is not on the roll; Refused for a day or place that cannot be, or a case
    without an answer: then nobody leaves.
    """
    async with acting_as(actor, "end_enrolment") as act:
        leaving_school(act)
        await check(act, pupil_ids, leaving)
        cases = {each["id"]: each["reference"] for each in await open_cases(act, pupil_ids)}
        if problems := case_problems(cases, leaving.cases, leaving.destination):
            raise Refused(problems)
        made = {pupil_id: new_id() for pupil_id in dict.fromkeys(pupil_ids)}
        gone = await _leave(act, made, leaving)
        if set(gone) != set(made):
            raise NotFound
        act.record(
            Event.PUPIL_LEFT, subject=gone[0] if len(gone) == 1 else None, pupils=gone, count=len(gone),
            result=leaving.destination, agency=leaving.next_school_id, cases=len(cases),
        )  # fmt: skip
        return list(made.values())


async def check_leaving(actor: Actor, pupil_ids: list[UUID], leaving: Leaving) -> Leaving:
    """Whether they can leave so, before the cases are asked about; changes nothing. Records pupils:listed. Raises: as above."""
    async with acting_as(actor, "end_enrolment") as act:
        leaving_school(act)
        await check(act, pupil_ids, leaving)
        act.record(Event.PUPILS_LISTED, pupils=set(pupil_ids), outcome="shown", count=len(set(pupil_ids)))
        return leaving


async def check(act: Act, pupil_ids: list[UUID], leaving: Leaving) -> None:
    """Raises: NotFound; Refused."""
    problems: dict[str, str] = {}
    for row in await on_roll(act, pupil_ids):
        if row["last_on"] is not None:
            problems[""] = LEAVES_ALREADY.format(f"{row['first_name']} {row['last_name']}".strip())
        elif problem := last_day_problem(leaving.last_on, today(), row["from_on"]):
            problems["last_on"] = problem
    if (leaving.destination == "school") != (leaving.next_school_id is not None):
        problems["next_school_id"] = CHOOSE_SCHOOL if leaving.destination == "school" else NO_SCHOOL
    if problems:
        raise Refused(problems)


async def _leave(act: Act, made: dict[UUID, UUID], leaving: Leaving) -> list[UUID]:
    try:
        rows = await act.rows(
            "SELECT * FROM leave_school($1, $2, $3, $4, $5)",
            list(made.values()), list(made), leaving.last_on, leaving.destination, leaving.next_school_id,
        )  # fmt: skip
    except asyncpg.CheckViolationError:
        raise Refused({"next_school_id": CHOOSE_SCHOOL}) from None
    return [row[0] for row in rows]


async def stay(actor: Actor, departure_id: UUID) -> dict[str, Any]:
    """The pupil did not leave after all: the enrolment goes on, and offers of their cases are taken back.

    Records pupil:stayed. Raises: NotAllowed; NotFound, also when it was undone before; Refused once another school has
    taken a case over, or the pupil is on the roll again.
    """
    async with acting_as(actor, "end_enrolment") as act:
        leaving_school(act)
        found = await read_departure(act, departure_id)
        try:
            pupil_id = await act.value("SELECT stay_at_school($1)", departure_id)
        except asyncpg.CheckViolationError as error:
            raise Refused({"": NOT_ANY_MORE if error.constraint_name == "departure_accepted" else CAME_BACK}) from None
        except asyncpg.UniqueViolationError:
            raise Refused({"": CAME_BACK}) from None
        if pupil_id is None:
            raise NotFound
        act.record(Event.PUPIL_STAYED, subject=pupil_id, pupils=[pupil_id])
        return found
