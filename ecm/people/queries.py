"""What can be seen of colleagues and of their work. No case content: references and numbers."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.accounts.links import proof_of
from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound
from ecm.people.rules import may_cover, may_receive

KINDS_OF_WORK = ("lead", "involvement", "action")


async def list_people(actor: Actor) -> dict[str, Any]:
    """Colleagues of one's own agency; for who looks after them also invitations and work left behind.

    Records people:listed. Raises: NotAllowed for who does not work here.
    """
    async with acting_as(actor, "list_people") as act:
        rows = await read_colleagues(act)
        manages = act.who.may("people:manage")
        invitations = (
            await act.rows("SELECT * FROM colleague_invitations($1)", _mine(act, "invitations")) if manages else []
        )
        left = await act.rows("SELECT * FROM work_left_behind($1)", _mine(act, "left_behind")) if manages else []
        act.record(Event.PEOPLE_LISTED, outcome="shown", count=len(rows))
    return {"colleagues": rows, "invitations": invitations, "left_behind": left, "manages": manages}


async def show_own_agency(actor: Actor) -> dict[str, Any]:
    """The kind of the agency whose people one looks after, and its telephone. Records people:listed. Raises: NotAllowed."""
    async with acting_as(actor, "show_agency") as act:
        must_manage(act)
        act.record(Event.PEOPLE_LISTED, outcome="shown")
        return {"kind": act.who.agency_kind or "", "telephone": act.who.telephone}


async def show_colleague(actor: Actor, membership_id: UUID, *, own: bool = False) -> dict[str, Any]:
    """One colleague, and who could stand in for them. Records people:listed.

    `own`: shown to the colleague themself, too. Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "show_colleague") as act:
        if not (act.who.may("people:manage") or (own and act.who.membership_id is not None)):
            raise NotAllowed
        one = await read_colleague(act, membership_id)
        kind = act.who.agency_kind or ""
        stand_ins = [
            each for each in await read_colleagues(act)
            if each["is_current"] and each["id"] != membership_id and may_cover(kind, one["role"], each["role"])
        ]  # fmt: skip
        act.record(Event.PEOPLE_LISTED, outcome="shown", subject=membership_id)
    return {"one": one, "stand_ins": stand_ins, "manages": act.who.may("people:manage"), "kind": kind}


async def show_work(actor: Actor, membership_id: UUID) -> dict[str, Any]:
    """What a colleague leads and does, and which colleagues may take each kind. Records work:listed.

    Raises: NotAllowed; NotFound.
    """
    async with acting_as(actor, "show_work") as act:
        must_manage(act)
        one = await read_colleague(act, membership_id)
        work = await read_work(act, membership_id)
        others = [each for each in await read_colleagues(act) if each["is_current"] and each["id"] != membership_id]
        kind = act.who.agency_kind or ""
        act.record(Event.WORK_LISTED, outcome="shown", subject=membership_id)
    receivers = {what: [o for o in others if may_receive(kind, o["role"], what)] for what in KINDS_OF_WORK}
    wanted = {each["kind"] for each in work}
    everything = [o for o in others if all(o in receivers[what] for what in wanted)]
    return {"one": one, "work": work, "receivers": receivers, "everything": everything}


def must_manage(act: Act) -> None:
    """Raises: NotAllowed for everybody who does not look after people."""
    if not act.who.may("people:manage"):
        raise NotAllowed


async def read_colleagues(act: Act) -> list[Record]:
    """Everybody who works at the reader's agency. Raises: NotAllowed for who does not."""
    if act.who.membership_id is None:
        raise NotAllowed
    return await act.rows("SELECT * FROM colleagues(NULL, $1)", proof_of("colleagues", act.who.membership_id))


async def read_colleague(act: Act, membership_id: UUID) -> Record:
    """One of them, also when it is over. Raises: NotFound."""
    proof = proof_of("colleagues", act.who.membership_id, membership_id)
    row = await act.row("SELECT * FROM colleagues($1, $2)", membership_id, proof)
    if row is None:
        raise NotFound
    return row


async def read_work(act: Act, membership_id: UUID) -> list[Record]:
    """Led cases and involvements, each a row; open actions, one row with their number."""
    proof = proof_of("work", act.who.agency_id, membership_id)
    return await act.rows("SELECT * FROM work_to_hand_over($1, $2)", membership_id, proof)


def _mine(act: Act, what: str) -> bytes:
    return proof_of(what, act.who.agency_id)
