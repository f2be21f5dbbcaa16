"""Intentions about an action, as they cross the border."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ecm.actions.lists import Whose
from ecm.actions.rules import LONGEST_PROGRESS, LONGEST_TITLE
from ecm.agencies.words import ActionStatus, Category
from ecm.web.text import Line, MaybeText

MOST_CHOSEN = 50

Version = Annotated[int, Field(title="the version", ge=1, le=2_000_000_000)]
Title = Annotated[Line, Field(title="what will be done", max_length=LONGEST_TITLE)]
DueOn = Annotated[date, Field(title="the date")]
Status = Annotated[ActionStatus, Field(title="where it stands")]
Progress = Annotated[MaybeText, Field(title="the line of progress", max_length=LONGEST_PROGRESS)]


class NewAction(BaseModel):
    """Something to be done: what, by whom, by when, and who may read about it.

    Without `assignee_id` it goes to whom the owner agency has put on the case, else to the agency's desk.
    """

    model_config = ConfigDict(extra="forbid")
    title: Title
    due_on: DueOn
    owner_agency_id: Annotated[UUID, Field(title="who will do it")]
    assignee_id: Annotated[UUID | None, Field(title="the person")] = None
    category: Annotated[Category, Field(title="the kind of information")]


class ActionChange(BaseModel):
    """What is to be different; `version` is the one that was read. `assignee_id` null: nobody in particular."""

    model_config = ConfigDict(extra="forbid")
    version: Version
    status: Status | None = None
    progress: Progress | None = None
    title: Title | None = None
    due_on: DueOn | None = None
    assignee_id: Annotated[UUID | None, Field(title="the person")] = None


class PageStep(BaseModel):
    """One click and one sentence, in a list: on a page an empty line of progress is an empty line."""

    model_config = ConfigDict(extra="forbid")
    version: Version
    status: Status | None = None
    progress: Progress = ""


class PageChange(PageStep):
    """The whole form of one action. `anybody` is how a page says nobody in particular."""

    title: Title
    due_on: DueOn
    assignee_id: Annotated[UUID | Literal["anybody"], Field(title="the person")] = "anybody"


class Chosen(BaseModel):
    """An action of a list as it was read, on a page `<id>.<version>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: UUID
    version: Version


def _chosen(typed: object) -> object:
    if not isinstance(typed, str):
        return typed
    action_id, _, version = typed.partition(".")
    return {"id": action_id, "version": version}


Choice = Annotated[
    list[Annotated[Chosen, BeforeValidator(_chosen)]], Field(title="the actions", min_length=1, max_length=MOST_CHOSEN)
]


class Choosing(BaseModel):
    """What was ticked in a list."""

    model_config = ConfigDict(extra="ignore")
    chosen: Choice


class HandOver(BaseModel):
    """Actions, each with the version that was read, and the colleague who is to do them."""

    model_config = ConfigDict(extra="forbid")
    chosen: Choice
    assignee_id: Annotated[UUID, Field(title="a colleague")]


ActionColumn = Literal[
    "title", "pupil", "reference", "due_on", "status", "overdue", "progress", "owner", "assignee", "updated_at"
]


class ActionFilter(BaseModel):
    """A list as its address describes it. What it does not know it leaves alone: addresses are passed on."""

    model_config = ConfigDict(extra="ignore")
    whose: Annotated[Whose, Field(title="whose actions")] = "mine"
    status: Annotated[Literal["open", "todo", "doing", "done", "cancelled"], Field(title="where they stand")] = "open"
    overdue: Literal["yes"] | None = None
    due_before: Annotated[date | None, Field(title="the date")] = None
    agency_id: Annotated[UUID | None, Field(title="the organisation")] = None


class ActionExport(BaseModel):
    """The columns of a list to take away."""

    model_config = ConfigDict(extra="forbid")
    columns: Annotated[list[ActionColumn], Field(title="the columns", min_length=1, max_length=20)]
