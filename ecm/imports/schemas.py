"""Intentions about a file of pupils."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ecm.pupils.schemas import Version


class Approval(BaseModel):
    """Approve what was looked at; without `version`, what there is now."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[Version | None, Field(title="the version")] = None
