"""Making, approving and ending sharing agreements. Each is one transaction and one audit event."""

from uuid import UUID

import asyncpg

from ecm.agreements.rules import dates_problem
from ecm.agreements.schemas import NewAgreement, NewClause, NewParty
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused

MANAGES = "agreement:manage"


async def draft_agreement(actor: Actor, new: NewAgreement) -> UUID:
    """Begin an agreement; the id. Records agreement:drafted. Raises: NotAllowed; Refused for its dates."""
    async with acting_as(actor, "draft_agreement") as act:
        _must_manage(act)
        if problem := dates_problem(new.from_on, new.until_on):
            raise Refused({"until_on": problem})
        agreement_id = new_id()
        await act.run(
            "INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at) VALUES ($1, $2, $3, $4, app_now())",
            agreement_id, new.title, new.from_on, new.until_on,
        )  # fmt: skip
        act.record(Event.AGREEMENT_DRAFTED, subject=agreement_id)
    return agreement_id


async def add_clause(actor: Actor, agreement_id: UUID, new: NewClause) -> None:
    """Write a clause into a draft. Records agreement:clause_added. Raises: NotAllowed; NotFound; Refused."""
    async with acting_as(actor, "draft_agreement") as act:
        await _must_be(act, agreement_id, "draft")
        try:
            await act.run(
                "INSERT INTO agreement_clause (id, agreement_id, number, categories, purposes) VALUES ($1, $2, $3, $4, $5)",
                new_id(), agreement_id, new.number, list(dict.fromkeys(new.categories)), list(dict.fromkeys(new.purposes)),
            )  # fmt: skip
        except asyncpg.UniqueViolationError:
            raise Refused({"number": "This agreement has a clause with that number. Give another number."}) from None
        act.record(Event.AGREEMENT_CLAUSE_ADDED, subject=agreement_id)


async def drop_clause(actor: Actor, agreement_id: UUID, clause_id: UUID) -> None:
    """Take a clause out of a draft. Records agreement:clause_dropped. Raises: NotAllowed; NotFound; Refused."""
    async with acting_as(actor, "draft_agreement") as act:
        await _must_be(act, agreement_id, "draft")
        if not await act.run(
            "DELETE FROM agreement_clause WHERE id = $1 AND agreement_id = $2", clause_id, agreement_id
        ):
            raise NotFound
        act.record(Event.AGREEMENT_CLAUSE_DROPPED, subject=agreement_id)


async def add_party(actor: Actor, agreement_id: UUID, new: NewParty) -> None:
    """An organisation has signed. Records agreement:signed. Raises: NotAllowed; NotFound; Refused."""
    async with acting_as(actor, "sign_agreement") as act:
        await _must_be(act, agreement_id, "going")
        if not await act.value(
            "SELECT EXISTS (SELECT FROM agency WHERE id = $1 AND kind <> 'partnership')", new.agency_id
        ):
            raise Refused({"agency_id": "Choose an organisation from the list."})
        try:
            await act.run(
                "INSERT INTO agreement_party (id, agreement_id, agency_id, joined_at) VALUES ($1, $2, $3, app_now())",
                new_id(), agreement_id, new.agency_id,
            )  # fmt: skip
        except asyncpg.UniqueViolationError:
            raise Refused({"agency_id": "This organisation has signed already."}) from None
        act.record(Event.AGREEMENT_SIGNED, subject=agreement_id, agency=new.agency_id)


async def remove_party(actor: Actor, agreement_id: UUID, party_id: UUID) -> None:
    """An organisation leaves: no more invitations rest on its signature, and no work that goes on ends.

    Records agreement:left. Raises: NotAllowed; NotFound; Refused.
    """
    async with acting_as(actor, "sign_agreement") as act:
        await _must_be(act, agreement_id, "going")
        left = "UPDATE agreement_party SET left_at = app_now() WHERE id = $1 AND agreement_id = $2 AND left_at IS NULL"
        if not await act.run(left, party_id, agreement_id):
            raise NotFound
        act.record(Event.AGREEMENT_LEFT, subject=agreement_id)


async def approve_agreement(actor: Actor, agreement_id: UUID) -> None:
    """From now on, and from its first day, invitations may rest on it; its clauses stand.

    Records agreement:approved. Raises: NotAllowed; NotFound; Refused without a clause or two organisations.
    """
    async with acting_as(actor, "approve_agreement") as act:
        await _must_be(act, agreement_id, "draft")
        complete = await act.value(
            """SELECT EXISTS (SELECT FROM agreement_clause WHERE agreement_id = $1)
                  AND 2 <= (SELECT count(*) FROM agreement_party WHERE agreement_id = $1 AND left_at IS NULL)""",
            agreement_id,
        )
        if not complete:
            raise Refused({"": "An agreement needs a clause, and two organisations that have signed."})
        await act.run("UPDATE sharing_agreement SET approved_at = app_now() WHERE id = $1", agreement_id)
        act.record(Event.AGREEMENT_APPROVED, subject=agreement_id)


async def end_agreement(actor: Actor, agreement_id: UUID) -> None:
    """No more invitations rest on it; work that goes on is not touched. Records agreement:ended.

    Raises: NotAllowed; NotFound; Refused when it has ended.
    """
    async with acting_as(actor, "end_agreement") as act:
        await _must_be(act, agreement_id, "going")
        await act.run("UPDATE sharing_agreement SET ended_at = app_now() WHERE id = $1", agreement_id)
        act.record(Event.AGREEMENT_ENDED, subject=agreement_id)


def _must_manage(act: Act) -> None:
    if not act.who.may(MANAGES):
        raise NotAllowed


async def _must_be(act: Act, agreement_id: UUID, state: str) -> None:
    """Raises: NotAllowed; NotFound; Refused when it is not a draft any more, or has ended."""
    _must_manage(act)
    if not await act.value("SELECT EXISTS (SELECT FROM sharing_agreement WHERE id = $1)", agreement_id):
        raise NotFound
    if not await act.value("SELECT agreement_is($1, $2)", agreement_id, state):
        raise Refused({"": "This agreement has been approved or has ended. Begin another one."})
