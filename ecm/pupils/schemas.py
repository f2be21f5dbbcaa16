"""Intentions about a pupil's adults."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class NewContactBar(BaseModel):
    """A carer who must see nothing of this pupil from now on, until a day or for good."""

    model_config = ConfigDict(extra="forbid")
    carer_id: Annotated[UUID, Field(title="the parent or carer")]
    reason_code: Annotated[Literal["court_order", "safety", "other"], Field(title="the reason")]
    until_on: Annotated[date | None, Field(title="the last day")] = None
