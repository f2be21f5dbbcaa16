"""Intentions about a case, as they cross the border."""

from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category
from ecm.cases.rules import LONGEST_DETAIL, LONGEST_TEXT, MOST_BARRIERS
from ecm.web.text import Line, MaybeLine, MaybeText, Text

Level = Literal["1", "2", "3", "4"]
BarrierCode = NewType("BarrierCode", str)  # chosen from the catalogue, not typed
HowIdentified = Literal[
    "teacher_observation", "assessment", "screening", "pupil_voice", "family_view", "specialist_advice", "diagnosis", "records"
]  # fmt: skip


class NewBarrier(BaseModel):
    """A barrier from the catalogue; without a category, the catalogue's own."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[BarrierCode, Field(title="the barrier", max_length=10)]
    how_identified: Annotated[HowIdentified, Field(title="how it was identified")]
    detail: Annotated[MaybeText, Field(title="what it looks like", max_length=LONGEST_DETAIL)] = ""
    category: Annotated[Category | None, Field(title="the kind of information")] = None


class NewCase(BaseModel):
    """What a SENCO says when opening a case."""

    model_config = ConfigDict(extra="forbid")
    pupil_id: Annotated[UUID, Field(title="the pupil")]
    reason: Annotated[Text, Field(title="what is happening and why now", max_length=LONGEST_TEXT)]
    level: Annotated[Level, Field(title="the level of support")]
    strengths: Annotated[MaybeText, Field(title="what is going well", max_length=LONGEST_TEXT)] = ""
    lead_practitioner_id: Annotated[UUID | None, Field(title="the lead practitioner")] = None
    barriers: Annotated[list[NewBarrier], Field(title="the barriers", max_length=MOST_BARRIERS)] = []


class CaseChange(BaseModel):
    """What is to be different; `version` is the one that was read."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(title="the version", ge=1, le=2_000_000_000)]
    level: Annotated[Level | None, Field(title="the level of support")] = None
    lead_practitioner_id: Annotated[UUID | None, Field(title="the lead practitioner")] = None
    reason: Annotated[Text | None, Field(title="what is happening and why now", max_length=LONGEST_TEXT)] = None
    strengths: Annotated[MaybeText | None, Field(title="what is going well", max_length=LONGEST_TEXT)] = None


class NewNote(BaseModel):
    """A note, in one category."""

    model_config = ConfigDict(extra="forbid")
    category: Annotated[Category, Field(title="the kind of information")]
    text: Annotated[Text, Field(title="the note", max_length=LONGEST_TEXT)]


class Admission(BaseModel):
    """A carer let in to a case: which authority was seen, and that it is safe."""

    model_config = ConfigDict(extra="forbid")
    carer_id: Annotated[UUID, Field(title="the parent or carer")]
    authority_seen: Annotated[Text | Literal[True], Field(title="the authority you saw")]
    safe_to_share: Annotated[Literal[True], Field(title="that it is safe to share")]


class CaseFilter(BaseModel):
    """A worklist as its address describes it. What it does not know it leaves alone: addresses are passed on."""

    model_config = ConfigDict(extra="ignore")
    whose: Annotated[Literal["all", "mine"], Field(title="whose cases")] = "all"
    status: Annotated[Literal["open", "closed", "voided"] | None, Field(title="the status")] = None
    level: Annotated[Level | None, Field(title="the level")] = None
    area: Annotated[MaybeLine | None, Field(title="the area", max_length=60)] = None
    agency_id: Annotated[UUID | None, Field(title="the organisation")] = None
    due: Annotated[Literal["overdue", "week", "month"] | None, Field(title="what is due")] = None
    sort: Annotated[Literal["activity", "due"], Field(title="the order")] = "activity"

    @property
    def sifts(self) -> bool:
        """Whether cases are left out by what is in them, not only by their seats."""
        return any((self.level, self.area, self.agency_id, self.due))

    @property
    def narrows(self) -> bool:
        """Whether this is less than every case of that status."""
        return self.sifts or self.whose == "mine"


class CaseSearch(BaseModel):
    """Words of a search. They never come in an address: a name in it would stay behind in histories and logs."""

    model_config = ConfigDict(extra="forbid")
    q: Annotated[Line, Field(title="a name, a UPN or a case reference", max_length=100)]


CaseColumn = Literal["pupil", "year", "reference", "status", "level", "lead", "due_next", "last_activity_at"]


class CaseExport(BaseModel):
    """The columns of a list to take away."""

    model_config = ConfigDict(extra="forbid")
    columns: Annotated[list[CaseColumn], Field(title="the columns", min_length=1, max_length=20)]
