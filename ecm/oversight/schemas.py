"""What an auditor asks for, and what they note down."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from ecm.audit.events import Event
from ecm.web.text import Line

Outcome = Literal["done", "shown", "denied"]
Lately = Literal["1", "7", "31"]
Verdict = Literal["sound", "tampered", "cannot_tell"]
WRONG_ID = "Enter the id as it stands in the list of events, or leave the box empty."
WRONG_ORDER = "The last day must not be before the first day."
LARGEST_LOG = 999_999_999  # what a number in an event can say


def _an_id(typed: object) -> object:
    try:
        return UUID(str(typed).strip())
    except ValueError:
        raise ValueError(WRONG_ID) from None


Id = Annotated[UUID, BeforeValidator(_an_id)]
Size = Annotated[int, Field(ge=0, le=LARGEST_LOG)]


class Search(BaseModel):
    """Which events: ids, kinds and days. `since` and `until` are days in London, both included; `lately` so many days.

    `person` is a worker, in whatever they did at work.
    """

    model_config = ConfigDict(extra="forbid")
    agency: Annotated[Id | None, Field(title="the organisation")] = None
    person: Annotated[Id | None, Field(title="the person")] = None
    event: Annotated[Event | None, Field(title="the kind of event")] = None
    outcome: Annotated[Outcome | None, Field(title="the outcome")] = None
    case: Annotated[Id | None, Field(title="the case’s id")] = None
    pupil: Annotated[Id | None, Field(title="the pupil’s id")] = None
    lately: Annotated[Lately | None, Field(title="the days")] = None
    since: Annotated[date | None, Field(title="the first day")] = None
    until: Annotated[date | None, Field(title="the last day")] = None

    @field_validator("until")
    @classmethod
    def _in_order(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("since")
        if value and first and value < first:
            raise ValueError(WRONG_ORDER)
        return value

    def asks(self) -> dict[str, Any]:
        """What is filled in, as text."""
        return self.model_dump(mode="json", exclude_none=True)


class Day(BaseModel):
    """A day of somebody's work."""

    model_config = ConfigDict(extra="forbid")
    day: Annotated[date | None, Field(title="the day")] = None


class Number(BaseModel):
    """What somebody has on paper."""

    model_config = ConfigDict(extra="forbid")
    number: Annotated[Line, Field(title="the number", max_length=60)]


class NewQuery(BaseModel):
    """The name under which a search is kept."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[Line, Field(title="a name for this search", max_length=60)]


class Nothing(BaseModel):
    """A button is all there is to say."""

    model_config = ConfigDict(extra="forbid")


class BundleAsked(BaseModel):
    """From which entry on: as many as the kept checkpoint covers; all of them when it is left empty."""

    model_config = ConfigDict(extra="forbid")
    first: Annotated[Size | None, Field(title="the number of entries you have seen")] = None


class Checked(BaseModel):
    """How a check from outside ended, and how many entries it covered."""

    model_config = ConfigDict(extra="forbid")
    verdict: Annotated[Verdict, Field(title="how the check ended")]
    size: Annotated[Size, Field(title="the number of entries checked")]


Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class FiguresAsked(BaseModel):
    """Which month the figures end with; the present one when nothing is chosen."""

    model_config = ConfigDict(extra="forbid")
    month: Annotated[Month | None, Field(title="the last month")] = None
