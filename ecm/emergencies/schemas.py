"""Intentions about emergencies, as they cross the border."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.emergencies.rules import SHORTEST_REASON
from ecm.emergencies.words import Reason, Verdict
from ecm.web.text import Line, MaybeLine, Text

LONGEST_ALERT = 200


class Opening(BaseModel):
    """Whose record, by UPN or by names and date of birth, and why. A program may prove its password by a fresh token."""

    model_config = ConfigDict(extra="forbid")
    upn: Annotated[Line | None, Field(title="the UPN", max_length=20)] = None
    first_name: Annotated[Line | None, Field(title="the first name")] = None
    last_name: Annotated[MaybeLine | None, Field(title="the last name")] = None
    date_of_birth: Annotated[date | None, Field(title="the date of birth")] = None
    reason_code: Annotated[Reason, Field(title="what has happened")]
    reason: Annotated[Text, Field(title="the reason", min_length=SHORTEST_REASON, max_length=2000)]
    password: Annotated[str | None, Field(title="your password", max_length=200)] = None


class PageOpening(Opening):
    """The same on a page, where the password is always asked for again."""

    password: Annotated[str, Field(title="your password", min_length=1, max_length=200)]


class Judging(BaseModel):
    """What somebody else says of it afterwards."""

    model_config = ConfigDict(extra="forbid")
    verdict: Annotated[Verdict, Field(title="what you found")]
    text: Annotated[Text, Field(title="what you looked at and found", max_length=2000)]


class OnDuty(BaseModel):
    """Who goes on duty."""

    model_config = ConfigDict(extra="forbid")
    membership_id: Annotated[UUID, Field(title="who goes on duty")]


class NewAlert(BaseModel):
    """What somebody must know in an emergency."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[Line, Field(title="the health alert", max_length=LONGEST_ALERT)]
