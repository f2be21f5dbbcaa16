"""What somebody says about two records."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.duplicates.rules import Choice
from ecm.web.text import Text

FieldName = Literal[
    "first_name", "last_name", "preferred_name", "pronouns", "date_of_birth", "upn", "uln", "nhs_number", "year_group",
    "class_name", "sen_provision", "needs",
]  # fmt: skip


class Merging(BaseModel):
    """Put one record into the other. `version` is both records' together, as they were read.

    `take`: whose detail is right, where they differ; what is not said stays as `rules.choices` has it. `join`: lines of
    carers that end in the line of the same person.
    """

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(title="the version", ge=2, le=2_000_000_000)]
    take: Annotated[dict[FieldName, Choice], Field(title="which detail is right")] = {}
    join: Annotated[list[UUID], Field(title="the parents or carers", max_length=20)] = []
    reason: Annotated[Text, Field(title="how you know that they are one pupil", max_length=500)]


class Settling(BaseModel):
    """What came of speaking with the other school."""

    model_config = ConfigDict(extra="forbid")
    outcome: Annotated[
        Literal["moved", "dual_registration", "mistyped", "not_same"], Field(title="what you found out together")
    ]
