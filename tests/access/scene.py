"""Where a step of a world happens, and what is asked of it again and again."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ecm.clock import LONDON
from ecm.database import Act
from tests.access.cast import Cast

Scope = tuple[str, str, str]  # agency, category, purpose


@dataclass(frozen=True)
class Scene:
    """Where a step happens."""

    cast: Cast
    pupil: UUID
    case: UUID
    twin: UUID | None = None  # the record of the same pupil at the next school

    def agency(self, name: str) -> UUID:
        return self.cast.agencies[name].id

    def seat(self, name: str | None) -> UUID | None:
        return self.cast.seats[name].principal if name else None


async def pupil_now(act: Act, at: Scene) -> UUID:
    """The record that the case is about now, for who sees it: the next school may have one of its own."""
    return await act.value("SELECT pupil_id FROM support_case WHERE id = $1", at.case) or at.pupil


async def today(act: Act) -> date:
    return (await act.value("SELECT app_now()")).astimezone(LONDON).date()
