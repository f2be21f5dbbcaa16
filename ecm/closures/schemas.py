"""Intentions about how a case ends, as they cross the border. `version` is the one that was read."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.actions.rules import LONGEST_PROGRESS
from ecm.closures.rules import LONGEST_REASON
from ecm.web.text import MaybeText, Text

Reason = Annotated[Text, Field(title="the reason", max_length=LONGEST_REASON)]
Version = Annotated[int | None, Field(title="the version", ge=1, le=2_000_000_000)]
Outcome = Literal[
    "outcomes_met", "stepped_up", "stepped_down", "moved", "declined_by_family", "no_longer_needed", "other"
]  # fmt: skip


class Reopening(BaseModel):
    """Why the case goes on."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason
    version: Version = None


class Voiding(Reopening):
    """Why the case should never have been opened."""


class Closure(Reopening):
    """Why the case ends, and what came of it."""

    outcome: Annotated[Outcome, Field(title="what came of it")]


class Settled(BaseModel):
    """What became of an action that was open; cancelled needs a line that says why."""

    model_config = ConfigDict(extra="forbid")
    status: Annotated[Literal["done", "cancelled"], Field(title="whether it is done or cancelled")]
    progress: Annotated[MaybeText, Field(title="the line", max_length=LONGEST_PROGRESS)] = ""


class PageClosure(BaseModel):
    """A closure together with what became of each open action, by the action's id; in the order of the page."""

    model_config = ConfigDict(extra="forbid")
    actions: Annotated[dict[UUID, Settled], Field(title="the open actions", max_length=500)] = {}
    outcome: Annotated[Outcome, Field(title="what came of it")]
    reason: Reason
    version: Version = None

    @property
    def closure(self) -> Closure:
        """The closure by itself."""
        return Closure(outcome=self.outcome, reason=self.reason, version=self.version)


class Death(BaseModel):
    """The day a pupil died."""

    model_config = ConfigDict(extra="forbid")
    died_on: Annotated[date, Field(title="the date")]
    version: Version = None
