"""Intentions about a review, as they cross the border."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecm.agencies.words import Category
from ecm.reviews.rules import LONGEST_TEXT
from ecm.web.text import MaybeText, Text

HeldOn = Annotated[date, Field(title="the date of the review")]
NextOn = Annotated[date | None, Field(title="the date of the next review")]


class NewContribution(BaseModel):
    """What was said about one kind of information."""

    model_config = ConfigDict(extra="forbid")
    category: Annotated[Category, Field(title="the kind of information")]
    text: Annotated[Text, Field(title="what was said", max_length=LONGEST_TEXT)]


class NewReview(BaseModel):
    """A review that was held; without a next date when the case is going to close."""

    model_config = ConfigDict(extra="forbid")
    held_on: HeldOn
    contributions: Annotated[list[NewContribution], Field(title="the contributions", min_length=1, max_length=20)]
    next_review_on: NextOn = None


class PageReview(BaseModel):
    """The whole form of a review: a box for each kind of information, and a next date or the word that there is none."""

    model_config = ConfigDict(extra="forbid")
    held_on: HeldOn
    texts: Annotated[
        dict[Category, Annotated[MaybeText, Field(max_length=LONGEST_TEXT)]], Field(title="what was said")
    ] = {}
    next_review_on: NextOn = None
    ends: Annotated[Literal[True] | None, Field(title="whether the case will close")] = None
    change: Annotated[Literal["yes"] | None, Field(title="whether to change something")] = None


class PageContributions(BaseModel):
    """What somebody adds to a review: a box for each kind of information."""

    model_config = ConfigDict(extra="forbid")
    texts: Annotated[
        dict[Category, Annotated[MaybeText, Field(max_length=LONGEST_TEXT)]], Field(title="what was said")
    ] = {}
