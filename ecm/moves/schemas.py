"""Intentions about a move, as they cross the border."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.moves.rules import MOST_PUPILS
from ecm.pupils.schemas import ClassName, YearGroup
from ecm.web.text import Line

Destination = Annotated[Literal["school", "elsewhere", "home", "unknown"], Field(title="where the pupil goes")]
Answer = Literal["hand_over", "keep"]
Cases = Annotated[dict[UUID, Answer], Field(title="what happens to the cases", max_length=MOST_PUPILS)]
Lead = Annotated[UUID, Field(title="the lead practitioner")]
LastOn = Annotated[date, Field(title="the last day")]
NextSchool = Annotated[UUID | None, Field(title="the next school")]
Change = Annotated[Literal["yes"] | None, Field(title="whether to change something")]


class Leaving(BaseModel):
    """The last day, where to, and what happens to each open case."""

    model_config = ConfigDict(extra="forbid")
    last_on: LastOn
    destination: Destination
    next_school_id: NextSchool = None
    cases: Cases = {}


class PageLeaving(Leaving):
    """The same from a page, which can go back to be changed."""

    change: Change = None

    @property
    def leaving(self) -> Leaving:
        """Without the button."""
        return Leaving(**self.model_dump(include=set(Leaving.model_fields)))


class ManyLeaving(BaseModel):
    """The same for many pupils, in the order of the page; of which year and class its list was, to show it again."""

    model_config = ConfigDict(extra="forbid")
    year_group: YearGroup = None
    class_name: ClassName = None
    pupils: Annotated[list[UUID], Field(title="at least one pupil", min_length=1, max_length=MOST_PUPILS)]
    last_on: LastOn
    destination: Destination
    next_school_id: NextSchool = None
    cases: Cases = {}
    change: Change = None

    @property
    def leaving(self) -> Leaving:
        """Without the list and the button."""
        return Leaving(**self.model_dump(include=set(Leaving.model_fields)))


class LeavingFilter(BaseModel):
    """Whose pupils are listed to choose from, as the address says it."""

    model_config = ConfigDict(extra="ignore")
    year_group: YearGroup = None
    class_name: ClassName = None


class Offer(BaseModel):
    """A case offered to another school, in codes only."""

    model_config = ConfigDict(extra="forbid")
    to_school_id: Annotated[UUID, Field(title="the school")]
    joins_on: Annotated[date, Field(title="the first day")]
    reason_code: Annotated[
        Literal["next_phase", "moved_home", "changed_school", "managed_move", "other"], Field(title="the reason")
    ]
    family_told: Annotated[
        Literal["in_person", "phone", "in_writing", "not_reached", "not_safe"],
        Field(title="whether the family has been told"),
    ]
    wishes: Annotated[
        list[Literal["please_ring", "please_meet", "please_soon"]], Field(title="what you ask of them", max_length=3)
    ] = []


class Taking(BaseModel):
    """A case taken over: with the school's own record of the pupil, or without one, by putting them on the roll."""

    model_config = ConfigDict(extra="forbid")
    pupil_id: Annotated[UUID | None, Field(title="the pupil")] = None
    lead_practitioner_id: Lead


class PageTaking(BaseModel):
    """The same from a page: `pupil` is one of the roll, or `new`."""

    model_config = ConfigDict(extra="forbid")
    pupil: Annotated[UUID | Literal["new"], Field(title="who the pupil is")]
    lead_practitioner_id: Lead

    @property
    def taking(self) -> Taking:
        """As the command takes it."""
        pupil = None if self.pupil == "new" else self.pupil
        return Taking(pupil_id=pupil, lead_practitioner_id=self.lead_practitioner_id)


class ChosenPupil(BaseModel):
    """Who was chosen on a page that is shown again."""

    model_config = ConfigDict(extra="forbid")
    pupil_id: UUID | None = None


class OwnPupilSearch(BaseModel):
    """Words to find a pupil on the own roll by; they stay out of the address."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[Line, Field(title="a name or UPN", max_length=100)]


class OfferRefusal(BaseModel):
    """Why a case is not taken over."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[Literal["not_joining", "not_yet", "more_needed", "own_case", "other"], Field(title="the reason")]


class Nothing(BaseModel):
    """A button without boxes."""

    model_config = ConfigDict(extra="forbid")
