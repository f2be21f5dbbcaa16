"""Conflicts of interest: who is too close to a pupil to work for them, or to look. Each is one transaction."""

from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.cases.queries import display
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, proof
from ecm.denials.schemas import NewConflict
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.notifications.letters import ConflictDeclared
from ecm.notifications.outbox import write_to_worker

ALREADY = "A conflict of interest with this pupil is recorded for this person already."
NOT_A_COLLEAGUE = "Choose somebody who works in your organisation now."
OWN = "Your own conflict of interest can only be ended by somebody else, such as your manager."

# Whose pupil it is shows only to whoever may see the pupil; to everybody else the conflict is about "a pupil".
CONFLICTS = """
SELECT x.id, x.kind, x.from_at, x.ended_at, x.person_id = $1 AS own, w.name AS worker, x.pupil_id AS about,
       u.id AS pupil_id, u.first_name, u.last_name, u.preferred_name
FROM conflict_of_interest x JOIN person w ON w.id = x.person_id LEFT JOIN pupil u ON u.id = x.pupil_id
WHERE x.ended_at IS NULL
"""
COLLEAGUES = """
SELECT DISTINCT ON (w.name, m.person_id) m.id, w.name, m.role FROM membership m JOIN person w ON w.id = m.person_id
WHERE m.agency_id = $1 AND m.person_id <> $2 AND m.started_at <= app_now() AND (m.ended_at IS NULL OR m.ended_at > app_now())
ORDER BY w.name, m.person_id, m.id
"""


async def declare_conflict(actor: Actor, pupil_id: UUID, new: NewConflict) -> UUID:
    """From now on the actor, or a colleague of the actor's organisation, sees nothing of this pupil, in any role.

    Those who look after conflicts there are written to. A colleague only by conflict:manage. Ended only by somebody else: `end_conflict`. Records conflict:declared.
    Raises: NotFound for a pupil the actor does not see; NotAllowed; Refused.
    """
    async with acting_as(actor, "declare_conflict") as act:
        await _see_pupil(act, pupil_id)
        person_id = await _whose(act, new.worker_id)
        conflict_id = new_id()
        try:
            await act.run(
                "INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind) VALUES ($1, $2, $3, $4)",
                conflict_id, person_id, pupil_id, new.kind,
            )  # fmt: skip
        except asyncpg.UniqueViolationError:
            raise Refused({"worker_id": ALREADY}) from None
        proved = proof("conflict_managers", conflict_id)
        for each in await act.rows("SELECT * FROM conflict_managers($1, $2)", conflict_id, proved):
            await write_to_worker(act, each[0], ConflictDeclared)
        act.record(Event.CONFLICT_DECLARED, subject=conflict_id, pupils=[pupil_id], reason=new.kind)
        return conflict_id


async def _see_pupil(act: Act, pupil_id: UUID) -> asyncpg.Record:
    row = await act.row("SELECT id, first_name, last_name, preferred_name FROM pupil WHERE id = $1", pupil_id)
    if row is None:
        raise NotFound
    if not act.who.may("conflict:declare") and not act.who.may("conflict:manage"):
        raise NotAllowed
    return row


async def _whose(act: Act, worker_id: UUID | None) -> UUID:
    """The person meant: whoever acts, or the person behind a colleague's membership. Raises: NotAllowed; Refused."""
    verb = "conflict:declare" if worker_id in (None, act.who.membership_id) else "conflict:manage"
    if not act.who.may(verb):
        raise NotAllowed
    if verb == "conflict:declare":
        return act.who.person_id
    rows = await act.rows(COLLEAGUES, act.who.agency_id, act.who.person_id)
    if worker_id not in {row["id"] for row in rows}:
        raise Refused({"worker_id": NOT_A_COLLEAGUE})
    return await act.value("SELECT person_id FROM membership WHERE id = $1", worker_id)


async def end_conflict(actor: Actor, conflict_id: UUID) -> None:
    """The conflict is over: whoever had it sees again what they have a reason to see. Records conflict:ended.

    Raises: NotFound; NotAllowed for one's own, and without conflict:manage.
    """
    async with acting_as(actor, "end_conflict") as act:
        row = await act.row(f"{CONFLICTS} AND x.id = $2", act.who.person_id, conflict_id)
        if row is None:
            raise NotFound
        if row["own"] or not act.who.may("conflict:manage"):
            raise NotAllowed
        await act.run("UPDATE conflict_of_interest SET ended_at = app_now() WHERE id = $1", conflict_id)
        act.record(Event.CONFLICT_ENDED, subject=conflict_id, pupils=[row["about"]])


async def conflicts(actor: Actor) -> list[dict[str, Any]]:
    """Live conflicts, newest first: the actor's own, and for conflict:manage those of the actor's organisation.

    `pupil` is None where the actor may not see whose it is. Records conflicts:listed. Raises: NotAllowed for no worker.
    """
    async with acting_as(actor, "list_conflicts") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        rows = await act.rows(f"{CONFLICTS} ORDER BY x.from_at DESC, x.id DESC LIMIT 500", act.who.person_id)
        shown = [row["pupil_id"] for row in rows if row["pupil_id"]]
        act.record(Event.CONFLICTS_LISTED, pupils=set(shown), outcome="shown", count=len(rows))
        may_end = act.who.may("conflict:manage")
        return [_conflict(row, may_end and not row["own"]) for row in rows]


def _conflict(row: asyncpg.Record, endable: bool) -> dict[str, Any]:
    pupil = {"id": row["pupil_id"], "name": display(row)} if row["pupil_id"] else None
    keys = ("id", "worker", "kind", "own")
    return {key: row[key] for key in keys} | {"pupil": pupil, "since": row["from_at"], "endable": endable}


async def show_conflict_form(actor: Actor, pupil_id: UUID) -> dict[str, Any]:
    """Whom a conflict would be about, and which colleagues the actor may say it of. Records pupil:shown.

    Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "declare_conflict") as act:
        row = await _see_pupil(act, pupil_id)
        manages = act.who.may("conflict:manage")
        colleagues = await act.rows(COLLEAGUES, act.who.agency_id, act.who.person_id) if manages else []
        reference = await act.value(
            "SELECT reference FROM support_case WHERE pupil_id = $1 ORDER BY opened_at DESC LIMIT 1", pupil_id
        )
        act.record(Event.PUPIL_SHOWN, pupils=[pupil_id], outcome="shown")
        return {
            "pupil": {"id": pupil_id, "name": display(row)},
            "reference": reference,
            "own_id": act.who.membership_id,
            "colleagues": [dict(each) for each in colleagues],
        }
