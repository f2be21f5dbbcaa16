"""What is needed to write or change outcomes, provision and views. Row-level security decides what each reader gets."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.head import Head, read_head
from ecm.cases.outcomes import outcomes_of, provisions_of, views_of
from ecm.cases.rules import tidy_reference, writable
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound

CASE = """
SELECT c.id, c.reference, c.status, c.pupil_id, (c.opened_at AT TIME ZONE 'Europe/London')::date AS opened_on
FROM support_case c
"""
MAY_READ = "SELECT DISTINCT category FROM case_access WHERE case_id = $1 AND basis <> 'own_record'"
CHILD = """
SELECT coalesce(nullif(u.preferred_name, ''), u.first_name) FROM support_case c JOIN pupil u ON u.id = c.pupil_id WHERE c.id = $1
"""
# Asking for the weakest lock asks the policy that guards changes: no row, no right to change it.
CHANGEABLE = {
    "outcome": "SELECT EXISTS (SELECT FROM outcome WHERE id = $1 FOR KEY SHARE)",
    "provision": "SELECT EXISTS (SELECT FROM provision WHERE id = $1 FOR KEY SHARE)",
}

# An outcome and its numbers, as far as the reader may say that they were a mistake.
MISTAKES = """
SELECT id FROM outcome WHERE id = $1 AND may_correct(case_id, category, author_membership_id, NULL)
UNION ALL SELECT id FROM measurement WHERE outcome_id = $1 AND may_correct(case_id, category, author_membership_id, NULL)
"""
PROVISION_MISTAKE = "SELECT may_correct(case_id, category, author_membership_id, NULL) FROM provision WHERE id = $1"


async def read_line(act: Act, key: UUID | str) -> Record:
    """Just enough of a case to hang something on, by id or reference. Raises: NotFound."""
    column, value = ("id", key) if isinstance(key, UUID) else ("reference", tidy_reference(key))
    row = await act.row(f"{CASE} WHERE c.{column} = $1", value)
    if row is None:
        raise NotFound
    return row


async def read_outcome(act: Act, outcome_id: UUID) -> dict[str, Any]:
    """An outcome as the case shows it. Raises: NotFound."""
    case_id = await act.value("SELECT case_id FROM outcome WHERE id = $1", outcome_id)
    return _one(await outcomes_of(act, case_id) if case_id else [], outcome_id)


async def read_provision(act: Act, provision_id: UUID) -> dict[str, Any]:
    """A provision as the case shows it. Raises: NotFound."""
    case_id = await act.value("SELECT case_id FROM provision WHERE id = $1", provision_id)
    return _one(await provisions_of(act, case_id) if case_id else [], provision_id)


async def read_view(act: Act, view_id: UUID) -> dict[str, Any]:
    """A view as the case shows it. Raises: NotFound."""
    case_id = await act.value("SELECT case_id FROM case_view WHERE id = $1", view_id)
    return _one(await views_of(act, case_id) if case_id else [], view_id)


async def read_measurement(act: Act, measurement_id: UUID) -> dict[str, Any]:
    """A measurement, also one that a later one of the same day has replaced. Raises: NotFound."""
    row = await act.row(
        """SELECT x.id, x.measured_on, x.value::float8 AS value, x.note, w.name AS author FROM measurement x
           JOIN membership m ON m.id = x.author_membership_id JOIN person w ON w.id = m.person_id WHERE x.id = $1""",
        measurement_id,
    )
    if row is None:
        raise NotFound
    return dict(row)


def _one(rows: list[dict[str, Any]], row_id: UUID) -> dict[str, Any]:
    found = next((each for each in rows if each["id"] == row_id), None)
    if found is None:
        raise NotFound
    return found


async def show_measurement(actor: Actor, measurement_id: UUID) -> dict[str, Any]:
    """One measurement, for a program. Records case:shown. Raises: NotFound."""
    async with acting_as(actor, "show_case") as act:
        found = await read_measurement(act, measurement_id)
        case_id = await act.value("SELECT case_id FROM measurement WHERE id = $1", measurement_id)
        await _shown(act, case_id)
        return found


async def show_outcome(actor: Actor, outcome_id: UUID) -> dict[str, Any]:
    """One outcome, the head of its case, and what the reader may do. `mistakes`: it, and of its numbers those that the
    reader may say were entered in error. Records case:shown. Raises: NotFound."""
    async with acting_as(actor, "show_case") as act:
        found = await read_outcome(act, outcome_id)
        head = await _shown(act, found["case_id"])
        may = (
            head.status == "open" and act.who.may("outcome:add") and await act.value(CHANGEABLE["outcome"], outcome_id)
        )
        measures = found["category"] in await kinds(act, head.id) and act.who.may("note:write")
        mistakes = {row["id"] for row in await act.rows(MISTAKES, outcome_id)}
        measurable = measures and head.status == "open"
        return {"outcome": found, "head": head, "changeable": may, "measurable": measurable, "mistakes": mistakes}


async def show_provision(actor: Actor, provision_id: UUID) -> dict[str, Any]:
    """One provision, the head of its case, and whether the reader may change it. Records case:shown. Raises: NotFound."""
    async with acting_as(actor, "show_case") as act:
        found = await read_provision(act, provision_id)
        head = await _shown(act, found["case_id"])
        may = head.status == "open" and act.who.may("outcome:add")
        changeable = may and await act.value(CHANGEABLE["provision"], provision_id)
        correctable = await act.value(PROVISION_MISTAKE, provision_id)
        return {"provision": found, "head": head, "changeable": changeable, "correctable": correctable}


async def show_form(actor: Actor, reference: str, verb: str) -> dict[str, Any]:
    """A case that something is to be added to, and the kinds of information the actor may write there.

    Records case:shown. Raises: NotFound; NotAllowed for a role without the verb.
    """
    async with acting_as(actor, "show_case") as act:
        head = await _shown(act, reference)
        if not act.who.may(verb):
            raise NotAllowed
        return {"head": head, "kinds": await kinds(act, head.id)}


async def show_own_views(actor: Actor, reference: str) -> dict[str, Any]:
    """A carer's case: the child's name, and what this carer has written so far. Records case:shown.

    Raises: NotFound; NotAllowed for a worker at work.
    """
    async with acting_as(actor, "show_case") as act:
        head = await _shown(act, reference)
        if act.who.membership_id is not None:
            raise NotAllowed
        mine = [each for each in await views_of(act, head.id) if each["role"] is None]
        return {"head": head, "child": await act.value(CHILD, head.id), "views": mine}


async def _shown(act: Act, key: UUID | str) -> Head:
    head = await read_head(act, key)
    act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown")
    return head


async def kinds(act: Act, case_id: UUID) -> list[str]:
    """The kinds of information the actor may write in this case, in their order."""
    return writable(act.who.may, {row["category"] for row in await act.rows(MAY_READ, case_id)})
