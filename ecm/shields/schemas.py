"""Intentions about shielded facts, as they cross the border."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.shields.rules import LONGEST_FACT
from ecm.web.text import Text

ShieldKind = Literal["address", "placement", "telephone", "other"]


class Nothing(BaseModel):
    """Only that it be done."""

    model_config = ConfigDict(extra="forbid")


class NewShield(BaseModel):
    """Something about a pupil that would let somebody find them."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[ShieldKind, Field(title="what it is")]
    text: Annotated[Text, Field(title="the fact", max_length=LONGEST_FACT)]


class OneReader(BaseModel):
    """Somebody who is to read it."""

    model_config = ConfigDict(extra="forbid")
    worker_id: Annotated[UUID, Field(title="the worker")]
