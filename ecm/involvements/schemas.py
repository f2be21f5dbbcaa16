"""Intentions about an agency's involvement, as they cross the border."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category, InvitationReason
from ecm.involvements.rules import LONGEST_MESSAGE, LONGEST_REASON
from ecm.web.text import MaybeText, Text

RefusalReason = Literal[
    "not_our_service", "criteria_not_met", "at_capacity", "already_known", "more_information_needed",
    "conflict_of_interest", "other",
]  # fmt: skip
Status = Literal["invited", "waiting_for_basis", "active", "declined", "withdrawn", "ended"]


class Invitation(BaseModel):
    """An agency asked to help: why (coded), which kinds of information it would be offered, and a message.

    `basis` says on what the sharing is to rest; in a case opened by a school that is the family's consent.
    """

    model_config = ConfigDict(extra="forbid")
    agency_id: Annotated[UUID, Field(title="the organisation")]
    reason_code: Annotated[InvitationReason, Field(title="what you ask for")]
    categories: Annotated[list[Category], Field(title="the kinds of information", min_length=1, max_length=7)]
    message: Annotated[MaybeText, Field(title="the message", max_length=LONGEST_MESSAGE)] = ""
    basis: Annotated[Literal["consent"], Field(title="the basis")] = "consent"


class Acceptance(BaseModel):
    """A yes, and who will do the work."""

    model_config = ConfigDict(extra="forbid")
    assignee_id: Annotated[UUID | None, Field(title="who will do the work")] = None


class Refusal(BaseModel):
    """A no, with a reason the school finds useful."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[RefusalReason, Field(title="the reason")]
    message: Annotated[MaybeText, Field(title="the message", max_length=LONGEST_MESSAGE)] = ""


class Withdrawal(BaseModel):
    """An invitation taken back before it was answered."""

    model_config = ConfigDict(extra="forbid")


class Ending(BaseModel):
    """The end of the work, and why."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[Text, Field(title="the reason", max_length=LONGEST_REASON)]


class Assignment(BaseModel):
    """Who does the work from now on; nobody by name when empty. `version` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(title="the version", ge=1, le=2_000_000_000)]
    assignee_id: Annotated[UUID | None, Field(title="who will do the work")] = None
