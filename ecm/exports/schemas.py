"""What somebody says when they take something away."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Purpose = Literal["work", "another_system", "records", "report", "request"]
Part = Literal["names", "numbers", "nhs_number", "born", "class", "sen", "contacts"]


class SchoolExport(BaseModel):
    """Everything a school keeps, and what for."""

    model_config = ConfigDict(extra="forbid")
    purpose: Annotated[Purpose, Field(title="what you need it for")]


class PupilExport(BaseModel):
    """Pupils of a list, what of each, and what for. Names are always there."""

    model_config = ConfigDict(extra="forbid")
    parts: Annotated[list[Part], Field(title="what you need", min_length=1, max_length=20)]
    purpose: Annotated[Purpose, Field(title="what you need it for")]
