"""Making a plan: what the maker may see, numbered, frozen and drawn; and copies of the day, which are kept by nobody."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from json import dumps
from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.cases.queries import read_case
from ecm.clock import new_id
from ecm.config import settings
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.plans.content import content_of
from ecm.plans.document import PlanDocument, content_hash, snapshot
from ecm.plans.pdf import Renderer, RenderFailed
from ecm.plans.queries import file_name, history, plan, read_plan, same_plan
from ecm.plans.schemas import NewCopy, NewPlan
from ecm.plans.words import Audience

RENDERER = Renderer(own=lambda: settings().data.absolute() / "templates" / "plans")


FEW_AT_ONCE = asyncio.Semaphore(2)
"""Held while a plan is begun: that takes a connection, and nobody's page is to queue for one behind a hundred plans."""


async def make_plan(actor: Actor, case_id: UUID, new: NewPlan) -> dict[str, Any]:
    """Begin a plan and finish it: the plan as a list shows it. Records and raises what the two do."""
    async with FEW_AT_ONCE:
        begun = await begin_plan(actor, case_id, new)
    return await finish_plan(actor, begun)


async def begin_plan(actor: Actor, case_id: UUID, new: NewPlan) -> dict[str, Any]:
    """Number and freeze what the maker may read now: its `id`, and what is `to_draw`. Records plan:made.

    When the newest version of this kind says just the same, that one is answered, `unchanged`, and nothing is to draw. A
    plan for the family holds only what a carer sees by default.
    Raises: NotFound; NotAllowed; Refused for the report of a review that was not held.
    """
    plan_id = new_id()
    async with acting_as(actor, "make_plan") as act:
        await act.run("SELECT lock_case($1)", case_id)
        case = await read_case(act, case_id)
        if not act.who.may("plan:make"):
            raise NotAllowed
        content = await content_of(act, case, new.plan_type, new.audience)
        if same := await same_plan(act, case_id, content):
            act.record(
                Event.PLAN_SHOWN, case=case_id, subject=same["id"], pupils=[case["pupil"]["id"]], outcome="shown"
            )
            return plan(same) | {"unchanged": True}
        document = await _insert(act, plan_id, case_id, content)
        act.record(
            Event.PLAN_MADE, case=case_id, subject=plan_id, pupils=[case["pupil"]["id"]],
            audience=new.audience, plan_type=new.plan_type,
        )  # fmt: skip
    return {"id": plan_id, "to_draw": document}


async def finish_plan(actor: Actor, begun: dict[str, Any]) -> dict[str, Any]:
    """Draw what was begun, outside any transaction; the plan as a list shows it. Records plan:finished.

    One that has nothing to draw is answered as it is. If the maker's rights narrowed meanwhile, or 15 minutes have passed,
    it is never finished and nobody can open it. Raises: NotFound then.
    """
    document = begun.get("to_draw")
    if document is None:
        return begun
    try:
        drawn = await RENDERER.render(document)
    except RenderFailed:
        return await _finish(actor, begun["id"], "failed", None)
    return await _finish(actor, begun["id"], "ready", drawn)


async def copy_plan(actor: Actor, case_id: UUID, new: NewCopy) -> tuple[str, bytes]:
    """File name and bytes of a copy for whoever asks, of what they may see today: not numbered and not kept.

    It is written for the family when somebody who cares for the pupil asks, else for professionals. A version that says
    just the same is not drawn again. Records plan:copied, or plan:downloaded for that version.
    Raises: NotFound; Refused for a review that was not held, or when it could not be drawn.
    """
    async with acting_as(actor, "copy_plan") as act:
        case = await read_case(act, case_id)
        audience: Audience = "professionals" if act.who.membership_id else "family"
        document = await content_of(act, case, new.plan_type, audience)
        pupils = [case["pupil"]["id"]]
        if same := await same_plan(act, case_id, document):
            act.record(
                Event.PLAN_DOWNLOADED, case=case_id, subject=same["id"], pupils=pupils, outcome="shown", sha256=same["sha256"]
            )  # fmt: skip
            return file_name(same), await act.value("SELECT document FROM plan WHERE id = $1", same["id"])
        act.record(
            Event.PLAN_COPIED, case=case_id, pupils=pupils, outcome="shown", audience=audience, plan_type=new.plan_type
        )  # fmt: skip
    try:
        return file_name({**snapshot(document), "number": "copy"}), await RENDERER.render(document)
    except RenderFailed as failed:
        raise Refused({"": str(failed)}) from None


async def _insert(act: Act, plan_id: UUID, case_id: UUID, content: PlanDocument) -> PlanDocument:
    """Insert the plan's row, numbered among plans that all its readers may read; what is to be drawn."""
    categories = sorted(content.categories)
    kind = content.plan_type, content.audience, categories
    number = await act.value("SELECT next_plan_number($1, $2, $3, $4)", case_id, *kind)
    document = replace(content, number=number, history=await history(act, case_id, content))
    await act.run(
        """INSERT INTO plan (id, case_id, number, plan_type, audience, categories, made_by_membership_id, made_at, status,
                             snapshot, content)
           VALUES ($1, $2, $3, $4, $5, $6, $7, app_now(), 'preparing', $8, $9)""",
        plan_id, case_id, number, *kind, act.who.membership_id, dumps(snapshot(document)), content_hash(content),
    )  # fmt: skip
    return document


async def _finish(actor: Actor, plan_id: UUID, status: str, drawn: bytes | None) -> dict[str, Any]:
    async with acting_as(actor, "make_plan") as act:
        digest = sha256(drawn).hexdigest() if drawn else None
        if not await act.run(
            """UPDATE plan SET status = $2, document = $3, sha256 = $4
               WHERE id = $1 AND plan_status(status, made_at) = 'preparing'""",
            plan_id,
            status,
            drawn,
            digest,
        ):
            raise NotFound
        row = await read_plan(act, plan_id)
        act.record(Event.PLAN_FINISHED, case=row["case_id"], subject=plan_id, state=status, sha256=digest)
        return plan(row) | {"unchanged": False}
