"""Intentions about consent, as they cross the border."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category
from ecm.web.text import Line, MaybeLine, MaybeText

Purpose = Literal["support", "assessment", "planning", "review"]
Channel = Literal["online", "in_person", "phone", "paper", "interpreter_call"]
Decision = Literal["given", "refused"]
How = Literal["link", "in_person"]


class NewProposal(BaseModel):
    """Share these kinds of information with this agency for this purpose?"""

    model_config = ConfigDict(extra="forbid")
    agency_id: Annotated[UUID, Field(title="the organisation")]
    categories: Annotated[list[Category], Field(title="the kinds of information", min_length=1, max_length=7)]
    purpose: Annotated[Purpose, Field(title="the purpose")]


class Asking(BaseModel):
    """One carer asked about some proposals; by link they are written to, in person nobody is."""

    model_config = ConfigDict(extra="forbid")
    carer_id: Annotated[UUID, Field(title="the parent or carer")]
    proposals: Annotated[list[NewProposal], Field(title="the organisations", min_length=1, max_length=20)]
    language: Annotated[Literal["en"], Field(title="the language")] = "en"
    how: Annotated[How, Field(title="how to ask")] = "link"


class NewDecision(BaseModel):
    """A yes or a no to one proposal."""

    model_config = ConfigDict(extra="forbid")
    proposal_id: Annotated[UUID, Field(title="the question")]
    decision: Annotated[Decision, Field(title="yes or no")]


class Answers(BaseModel):
    """A carer's answers: their own (online), or recorded by a worker with who gave them and who was there."""

    model_config = ConfigDict(extra="forbid")
    channel: Annotated[Channel, Field(title="how the answer was given")]
    decisions: Annotated[list[NewDecision], Field(title="the answers", min_length=1, max_length=140)]
    witness: Annotated[MaybeLine, Field(title="who else was there")] = ""
    given_by: Annotated[MaybeLine, Field(title="who gave the answer")] = ""


class Withdrawing(BaseModel):
    """A yes taken back. Nobody has to say why."""

    model_config = ConfigDict(extra="forbid")
    channel: Annotated[Channel, Field(title="how it was said")]
    reason: Annotated[MaybeText, Field(title="the reason", max_length=500)] = ""
    witness: Annotated[MaybeLine, Field(title="who else was there")] = ""


class AskingProposal(BaseModel):
    """One organisation on the asking page; with nothing ticked it is not asked about."""

    model_config = ConfigDict(extra="forbid")
    agency_id: UUID
    categories: Annotated[list[Category], Field(title="the kinds of information", max_length=7)] = []
    purpose: Annotated[Purpose, Field(title="the purpose")] = "support"


class AskingPage(BaseModel):
    """The asking page as it is sent."""

    model_config = ConfigDict(extra="forbid")
    carer_id: Annotated[UUID, Field(title="the parent or carer")]
    how: Annotated[How, Field(title="how to ask")]
    proposals: Annotated[list[AskingProposal], Field(title="the organisations", max_length=20)] = []
    change: str | None = None


class PageAnswer(BaseModel):
    """One question on an answering page, named by its first proposal: yes (with kinds), no, or talk first."""

    model_config = ConfigDict(extra="forbid")
    question: UUID
    say: Annotated[Literal["yes", "no", "talk", ""], Field(title="an answer")] = ""
    kinds: Annotated[list[UUID], Field(title="the kinds of information")] = []


class PageAnswers(BaseModel):
    """A carer's answering page; `change` asks for it again with what was ticked."""

    model_config = ConfigDict(extra="forbid")
    answers: Annotated[list[PageAnswer], Field(title="the answers", max_length=80)] = []
    change: str | None = None


class RecordPage(PageAnswers):
    """The page on which a worker writes down what a carer said."""

    channel: Annotated[Literal["in_person", "phone", "paper", "interpreter_call"], Field(title="how they answered")]
    given_by: Annotated[Line, Field(title="who gave the answer")]
    witness: Annotated[Line, Field(title="who else was there")]
    read: Annotated[Literal[True], Field(title="that they read or heard the words above")]


class Confirmed(BaseModel):
    """A check page sent back: nothing on it is typed."""

    model_config = ConfigDict(extra="forbid")


class WithdrawPage(BaseModel):
    """The page on which a worker writes down that a yes was taken back."""

    model_config = ConfigDict(extra="forbid")
    channel: Annotated[Literal["in_person", "phone", "paper", "interpreter_call"], Field(title="how they said it")]
    witness: Annotated[Line, Field(title="who else was there")]


class Code(BaseModel):
    """The six digits from the text message, as typed."""

    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(title="the 6 digits from the text message", min_length=1, max_length=40)]
