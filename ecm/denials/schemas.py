"""Intentions about what closes, as they cross the border."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.denials.rules import MOST_NAMED

ConflictKind = Literal["own_family", "close_friend", "neighbour", "other"]
RestrictionReason = Literal["staff_family", "publicity", "at_risk", "other"]
OrderKind = Literal[
    "child_arrangements", "prohibited_steps", "specific_issue", "non_molestation", "special_guardianship", "care", "other"
]  # fmt: skip
Named = Annotated[list[UUID], Field(title="who may see the case", max_length=MOST_NAMED)]


class Nothing(BaseModel):
    """Only that it be done."""

    model_config = ConfigDict(extra="forbid")


class NewConflict(BaseModel):
    """Somebody is too close to a pupil. Without a worker: whoever says so."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[ConflictKind, Field(title="how close you are")]
    worker_id: Annotated[UUID | None, Field(title="the colleague")] = None


class NewRestriction(BaseModel):
    """A case for named people only: their memberships."""

    model_config = ConfigDict(extra="forbid")
    reason_code: Annotated[RestrictionReason, Field(title="the reason")]
    named: Named = []


class OneMore(BaseModel):
    """Somebody to be named."""

    model_config = ConfigDict(extra="forbid")
    worker_id: Annotated[UUID, Field(title="the worker")]


class OrderPage(BaseModel):
    """An order of a court about one adult; the page knows which."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[OrderKind, Field(title="the kind of order")]
    made_on: Annotated[date, Field(title="the day it was made")]
    until_on: Annotated[date | None, Field(title="the last day")] = None
    bars_sharing: Annotated[bool, Field(title="whether the order bars sharing")]


class NewOrder(OrderPage):
    """An order of a court about one adult."""

    carer_id: Annotated[UUID, Field(title="the parent or carer")]
