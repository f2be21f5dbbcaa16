"""Intentions about sharing that does not rest on consent, as they cross the border."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.web.text import MaybeLine, MaybeText, Text

Basis = Literal["service_agreement", "statutory", "override"]
Shareable = Literal["classroom", "education", "health", "social_care", "family", "safeguarding"]
Channel = Literal["in_person", "phone", "paper", "interpreter_call"]

LONGEST_REASON = 2000
MOST_TOLD = 10


class Telling(BaseModel):
    """Who of the family was told and when; or why nobody was, and when that is looked at again."""

    model_config = ConfigDict(extra="forbid")
    told_on: Annotated[date | None, Field(title="the day they were told")] = None
    told_carer_ids: Annotated[list[UUID], Field(title="who was told", max_length=MOST_TOLD)] = []
    not_told_code: Annotated[
        Literal["puts_at_risk", "harms_enquiry", "not_reached", "not_yet"] | None, Field(title="why not")
    ] = None
    revisit_on: Annotated[date | None, Field(title="the day to look at it again")] = None


class GroundPage(Telling):
    """One reason to share with one organisation, as a page sends it; the basis is in its address."""

    agency_id: Annotated[UUID, Field(title="the organisation")]
    code: Annotated[MaybeLine, Field(title="the reason in law", max_length=40)]
    categories: Annotated[list[Shareable], Field(title="the kinds of information", min_length=1, max_length=6)]
    until_on: Annotated[date | None, Field(title="the last day")] = None
    reason: Annotated[MaybeText, Field(title="why", max_length=LONGEST_REASON)] = ""
    consulted: Annotated[MaybeText, Field(title="who was asked for advice", max_length=500)] = ""
    carer_id: Annotated[UUID | None, Field(title="who agreed")] = None
    channel: Annotated[Channel | None, Field(title="how they said it")] = None
    change: str | None = None


class NewGround(GroundPage):
    """The same for a program: with its basis."""

    basis: Annotated[Basis, Field(title="the basis")]


class Ending(BaseModel):
    """Sharing ends. A worker says why; a parent or carer does not have to."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[MaybeText, Field(title="why it ends", max_length=500)] = ""


class Answering(BaseModel):
    """What was decided about an objection, and why: the parent or carer reads it."""

    model_config = ConfigDict(extra="forbid")
    answer: Annotated[Text, Field(title="what you decided and why", max_length=1000)]


class Objecting(BaseModel):
    """What a parent or carer says against it, if they want to say something."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[MaybeText, Field(title="what you want to say", max_length=1000)] = ""
