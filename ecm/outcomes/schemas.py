"""Intentions about outcomes, provision and views, as they cross the border."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category, OutcomeStatus, Whose
from ecm.outcomes.rules import FURTHEST, LONGEST_NOTE, LONGEST_TITLE, LONGEST_VIEW, MOST_MINUTES, MOST_WEEKS
from ecm.web.text import Line, MaybeLine, MaybeText, Text

Version = Annotated[int, Field(title="the version", ge=1, le=2_000_000_000)]
Kind = Annotated[Category, Field(title="the kind of information")]
Number = Annotated[Decimal, Field(ge=-FURTHEST, le=FURTHEST, decimal_places=2, allow_inf_nan=False)]
Title = Annotated[Line, Field(title="what is to be different", max_length=LONGEST_TITLE)]
Measure = Annotated[Line | None, Field(title="what is measured", max_length=LONGEST_TITLE)]
Baseline = Annotated[Number | None, Field(title="the number at the start")]
Target = Annotated[Number | None, Field(title="the number to reach")]
DueOn = Annotated[date | None, Field(title="the date")]
What = Annotated[Line, Field(title="what the pupil gets", max_length=LONGEST_TITLE)]
Who = Annotated[Line, Field(title="who gives it", max_length=LONGEST_TITLE)]
HowOften = Annotated[Line, Field(title="how often", max_length=LONGEST_TITLE)]
Minutes = Annotated[int | None, Field(title="the minutes", ge=1, le=MOST_MINUTES)]
Weeks = Annotated[int | None, Field(title="the weeks", ge=1, le=MOST_WEEKS)]


class NewOutcome(BaseModel):
    """What is to be different; a number at the start and one to reach need words for what is measured."""

    model_config = ConfigDict(extra="forbid")
    title: Title
    due_on: DueOn = None
    measure: Measure = None
    baseline: Baseline = None
    target: Target = None
    category: Kind


class OutcomeChange(BaseModel):
    """What is to be different; `version` is the one that was read. Null empties what may be empty."""

    model_config = ConfigDict(extra="forbid")
    version: Version
    status: Annotated[OutcomeStatus | None, Field(title="where it stands")] = None
    title: Title | None = None
    due_on: DueOn = None
    measure: Measure = None
    baseline: Baseline = None
    target: Target = None


class PageOutcome(OutcomeChange):
    """The whole form of one outcome: an empty box is empty."""

    title: Title
    status: Annotated[OutcomeStatus, Field(title="where it stands")]


class NewMeasurement(BaseModel):
    """A number that was measured, today if no day is said."""

    model_config = ConfigDict(extra="forbid")
    value: Annotated[Number, Field(title="the number")]
    measured_on: Annotated[date | None, Field(title="the date")] = None
    note: Annotated[MaybeText, Field(title="the note", max_length=LONGEST_NOTE)] = ""


class NewProvision(BaseModel):
    """What the pupil gets, from whom, how often, how long at a time and for how many weeks; from today if no day is said."""

    model_config = ConfigDict(extra="forbid")
    title: What
    who: Who
    how_often: HowOften
    minutes: Minutes = None
    weeks: Weeks = None
    starts_on: Annotated[date | None, Field(title="the first day")] = None
    category: Kind


class ProvisionChange(BaseModel):
    """What is to be different; `version` is the one that was read. Null empties what may be empty."""

    model_config = ConfigDict(extra="forbid")
    version: Version
    title: What | None = None
    who: Who | None = None
    how_often: HowOften | None = None
    minutes: Minutes = None
    weeks: Weeks = None
    ended_on: Annotated[date | None, Field(title="the last day")] = None


class PageProvision(ProvisionChange):
    """The whole form of one provision: an empty box is empty."""

    title: What
    who: Who
    how_often: HowOften


class NewView(BaseModel):
    """What pupil or family say, in their own words; how it was given; today if no day is said.

    Without a category, what a pupil says is about what helps in class, and what a family says is about the family.
    """

    model_config = ConfigDict(extra="forbid")
    whose: Annotated[Whose, Field(title="whose words these are")]
    text: Annotated[Text, Field(title="what they say", max_length=LONGEST_VIEW)]
    how: Annotated[MaybeLine, Field(title="how they said it", max_length=LONGEST_TITLE)] = ""
    given_on: Annotated[date | None, Field(title="the date")] = None
    category: Annotated[Category | None, Field(title="the kind of information")] = None


class FamilyView(BaseModel):
    """What a parent or carer writes: for themselves, or what their child says."""

    model_config = ConfigDict(extra="forbid")
    whose: Annotated[Whose, Field(title="whose words these are")]
    text: Annotated[Text, Field(title="what you want to say", max_length=LONGEST_VIEW)]
