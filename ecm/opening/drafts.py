"""A case being opened, kept at each step: read by its writer alone, in the membership it was written in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Stale
from ecm.opening.rules import STEPS, gaps
from ecm.pupils.queries import read_pupil
from ecm.pupils.rules import display_name

MY_DRAFTS = """
SELECT d.pupil_id, d.updated_at, d.answers, u.first_name, u.last_name, u.preferred_name
FROM case_draft d JOIN pupil u ON u.id = d.pupil_id ORDER BY d.updated_at DESC, d.id
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written so far about opening a case for one pupil; `reference` names the case that is open already."""

    pupil: dict[str, Any]
    reference: str | None = None
    version: int = 0
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def said(self, step: str) -> dict[str, Any]:
        """What the step holds; empty when nobody has been there."""
        found: dict[str, Any] = self.answers.get(step, {}).get("said", {})
        return found

    def version_of(self, step: str) -> int:
        """The draft's version when this step was last changed; 0 when it never was."""
        return int(self.answers.get(step, {}).get("version", 0))

    def gaps(self, step: str) -> dict[str, str]:
        """What the step still needs."""
        return gaps(step, self.said(step), helpers=len(self.said("helpers").get("helpers", ())))

    def finished(self, step: str) -> bool:
        """Whether somebody has been at this step and left nothing out."""
        return step in self.answers and not self.gaps(step)

    @property
    def next_step(self) -> str:
        """The first step that is not finished; `check` when all are."""
        return next((step for step in STEPS if not self.finished(step)), "check")


async def my_drafts(act: Act) -> list[dict[str, Any]]:
    """The writer's unfinished drafts, newest first."""
    return [_line(row) for row in await act.rows(MY_DRAFTS)]


def _line(row: Record) -> dict[str, Any]:
    draft = Draft({}, answers=json.loads(row["answers"]))
    name = display_name(row["first_name"], row["last_name"], row["preferred_name"] or "")
    return {"pupil_id": row["pupil_id"], "name": name, "updated_at": row["updated_at"], "next_step": draft.next_step}


async def read_draft(act: Act, pupil_id: UUID, *, lock: bool = False) -> Draft:
    """The actor's draft for this pupil, empty when there is none; with `lock`, nobody changes it before the end.

    Raises: NotFound for a pupil whom the actor may not look up; NotAllowed where they may open no case.
    """
    pupil = await read_pupil(act, pupil_id)
    if not await act.value("SELECT may_open_case($1, $2)", pupil_id, act.who.membership_id):
        raise NotAllowed
    if lock:
        key = f"draft {act.who.membership_id} {pupil_id}"
        await act.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
    reference = await act.value(
        "SELECT reference FROM support_case WHERE pupil_id = $1 AND school_id = $2 AND status = 'open'",
        pupil_id, act.who.agency_id,
    )  # fmt: skip
    row = await act.row("SELECT version, answers FROM case_draft WHERE pupil_id = $1", pupil_id)
    if row is None:
        return Draft(pupil, reference)
    return Draft(pupil, reference, row["version"], json.loads(row["answers"]))


async def save_step(actor: Actor, pupil_id: UUID, step: str, version: int, said: Mapping[str, Any]) -> Draft:
    """Keep what was said at a step; `version` is the step's, as it was read. Records draft:saved.

    The same said twice is kept once. Raises: NotFound; NotAllowed; Stale when the step was changed elsewhere, with
    what it says now.
    """
    async with acting_as(actor, "open_case") as act:
        draft = await read_draft(act, pupil_id, lock=True)
        if draft.reference:
            raise Stale({"reference": draft.reference})
        if draft.version_of(step) != version and draft.said(step) != said:
            raise Stale({"version": draft.version_of(step), "said": draft.said(step)})
        if draft.said(step) != said or step not in draft.answers:
            await _write(act, pupil_id, draft, step, said)
        act.record(Event.DRAFT_SAVED, pupils=[pupil_id], step=step)
        return await read_draft(act, pupil_id)


async def _write(act: Act, pupil_id: UUID, draft: Draft, step: str, said: Mapping[str, Any]) -> None:
    answers = json.dumps({**draft.answers, step: {"version": draft.version + 1, "said": said}})
    if draft.version:
        await act.run(
            "UPDATE case_draft SET answers = $2, updated_at = app_now(), version = version + 1 WHERE pupil_id = $1",
            pupil_id, answers,
        )  # fmt: skip
    else:
        await act.run(
            "INSERT INTO case_draft (id, membership_id, pupil_id, answers, updated_at) VALUES ($1, $2, $3, $4, app_now())",
            new_id(), act.who.membership_id, pupil_id, answers,
        )  # fmt: skip


async def show_draft(actor: Actor, pupil_id: UUID) -> Draft:
    """The actor's draft for this pupil. Records draft:shown. Raises: NotFound, NotAllowed."""
    async with acting_as(actor, "open_case") as act:
        draft = await read_draft(act, pupil_id)
        act.record(Event.DRAFT_SHOWN, pupils=[pupil_id], outcome="shown")
        return draft


async def throw_away(actor: Actor, pupil_id: UUID) -> None:
    """End a draft for good. Records draft:thrown_away. Raises: NotFound when there is none; NotAllowed."""
    async with acting_as(actor, "open_case") as act:
        await read_draft(act, pupil_id, lock=True)
        if not await act.value("SELECT throw_draft_away($1)", pupil_id):
            raise NotFound
        act.record(Event.DRAFT_THROWN_AWAY, pupils=[pupil_id])
