"""Handing work over and standing in: what one colleague did, another does."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg import Record

from ecm.accounts.links import proof_of
from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.notifications.letters import YouCover
from ecm.notifications.outbox import write_to_worker
from ecm.people.queries import must_manage, read_colleague, read_work
from ecm.people.rules import cover_problem
from ecm.people.schemas import HandOver, NewCover

NOT_THEIRS = "This colleague’s role cannot take that over. Choose somebody else for it."
NOBODY = "Choose who takes over."
NOT_COVER = "This colleague cannot cover here. Choose somebody else."
COVERED = "Somebody covers on some of these days already. End that cover first, or choose other days."
COVER_REFUSALS = {"cover_receiver": {"covering_id": NOT_COVER}, "cover_once": {"from_on": COVERED}}


async def hand_over(actor: Actor, from_id: UUID, wanted: HandOver) -> int:
    """Give cases, involvements and open actions to colleagues; how many cases and involvements still need somebody.

    What a receiver may not hold stays, or goes to the desk it belongs to; of that nothing is told here.
    Records work:handed_over, once for each case. Raises: NotAllowed; NotFound; Refused.
    """
    async with acting_as(actor, "hand_over") as act:
        must_manage(act)
        await read_colleague(act, from_id)
        moves = list(_moves(await read_work(act, from_id), wanted))
        if not moves:
            raise Refused({"everything": NOBODY})
        said = json.dumps(moves, default=str)
        try:
            moved = await act.rows(
                "SELECT * FROM hand_over($1, $2, $3)", from_id, said, proof_of("hand_over", from_id, said)
            )
        except asyncpg.CheckViolationError as broken:
            if broken.constraint_name != "handover_receiver":
                raise
            raise Refused({"everything": NOT_THEIRS}) from None
        for case_id, kinds in _by_case(moved).items():
            act.record(
                Event.WORK_HANDED_OVER, case=case_id, subject=from_id, lead="lead" in kinds,
                involvement="involvement" in kinds, actions=kinds["action"],
            )  # fmt: skip
        if not moved:
            act.record(Event.WORK_HANDED_OVER, subject=from_id, moved=0)
        return sum(each["kind"] != "action" for each in await read_work(act, from_id))


def _moves(work: list[Record], wanted: HandOver) -> Iterator[dict[str, Any]]:
    """What goes where, for what there is: as chosen for it, else as chosen for everything."""
    chosen: dict[str, dict[Any, Any]] = {
        "lead": dict(wanted.lead), "involvement": dict(wanted.involvement), "action": {None: wanted.action},
    }  # fmt: skip
    for each in work:
        if to := chosen[each["kind"]].get(each["id"]) or wanted.everything:
            yield {"kind": each["kind"], "id": each["id"], "to": None if to == "desk" else to}


def _by_case(moved: list[Record]) -> dict[UUID, Counter[str]]:
    cases: dict[UUID, Counter[str]] = {}
    for each in moved:
        cases.setdefault(each["case_id"], Counter())[each["kind"]] += 1
    return cases


async def set_cover(actor: Actor, absent_id: UUID, new: NewCover) -> None:
    """From the first day's midnight in London to the last's, one colleague also sees what another does.

    Records cover:set. Raises: NotAllowed for whoever neither looks after people nor is the one absent; NotFound; Refused.
    """
    async with acting_as(actor, "set_cover") as act:
        if not (act.who.may("people:manage") or act.who.membership_id == absent_id):
            raise NotAllowed if act.who.membership_id is None else NotFound
        await read_colleague(act, absent_id)
        if problems := cover_problem(new.from_on, new.until_on, today()):
            raise Refused(problems)
        cover_id = new_id()
        words = (cover_id, absent_id, new.covering_id, new.from_on, new.until_on)
        try:
            done = await act.value("SELECT set_cover($1, $2, $3, $4, $5, $6)", *words, proof_of("cover", *words))
        except asyncpg.CheckViolationError as broken:
            if broken.constraint_name not in COVER_REFUSALS:
                raise
            raise Refused(COVER_REFUSALS[broken.constraint_name]) from None
        if not done:
            raise NotFound
        await write_to_worker(act, new.covering_id, YouCover)
        act.record(Event.COVER_SET, subject=cover_id, absent=absent_id, covering=new.covering_id)


async def end_cover(actor: Actor, cover_id: UUID) -> UUID:
    """End a cover now; whose it was. Records cover:ended. Raises: NotFound; NotAllowed for who does not work here."""
    async with acting_as(actor, "end_cover") as act:
        if act.who.membership_id is None:
            raise NotAllowed
        whose = await act.value("SELECT end_cover($1, $2)", cover_id, proof_of("end_cover", cover_id))
        if whose is None:
            raise NotFound
        act.record(Event.COVER_ENDED, subject=cover_id)
    return UUID(str(whose))
