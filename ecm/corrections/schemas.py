"""Intentions about what was entered in error, as they cross the border."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ecm.corrections.rules import LONGEST_REASON
from ecm.web.text import Text


class Correcting(BaseModel):
    """Why this should not be there."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[Text, Field(title="the reason", max_length=LONGEST_REASON)]
