"""Intentions about sharing agreements, as they cross the border."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category, InvitationReason
from ecm.agreements.rules import LONGEST_NUMBER, LONGEST_TITLE
from ecm.web.text import Text


class NewAgreement(BaseModel):
    """A draft: what it is called, and its first and last day."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[Text, Field(title="the title", max_length=LONGEST_TITLE)]
    from_on: Annotated[date, Field(title="the first day")]
    until_on: Annotated[date, Field(title="the last day")]


class NewClause(BaseModel):
    """A clause, by its number on the paper: which kinds of information for which purposes."""

    model_config = ConfigDict(extra="forbid")
    number: Annotated[Text, Field(title="the number", max_length=LONGEST_NUMBER)]
    categories: Annotated[list[Category], Field(title="the kinds of information", min_length=1, max_length=7)]
    purposes: Annotated[list[InvitationReason], Field(title="the purposes", min_length=1, max_length=6)]


class NewParty(BaseModel):
    """An organisation that has signed."""

    model_config = ConfigDict(extra="forbid")
    agency_id: Annotated[UUID, Field(title="the organisation")]
