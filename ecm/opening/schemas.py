"""The steps of opening a case, as they cross the border. Nothing is required yet: a draft may be half said.

What each step needs before the case opens is `rules.gaps`; what a box may hold at all is here.
"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ecm.agencies.words import Category, InvitationReason
from ecm.barriers.catalogue import barrier
from ecm.cases.rules import LONGEST_DETAIL, LONGEST_TEXT, MOST_BARRIERS
from ecm.cases.schemas import BarrierCode, HowIdentified, Level
from ecm.errors import NotFound
from ecm.involvements.rules import LONGEST_MESSAGE
from ecm.opening.rules import LONGEST_HAPPENING, LONGEST_TRIED, MOST_HELPERS
from ecm.web.text import Line, MaybeLine, MaybeText

SENT = ConfigDict(extra="forbid")
Version = Annotated[int, Field(title="the version", ge=0, le=2_000_000_000)]


def _known(code: str) -> str:
    try:
        return barrier(code).code
    except NotFound:
        raise PydanticCustomError("enum", "Not a barrier of the catalogue.") from None


Code = Annotated[BarrierCode, AfterValidator(_known), Field(title="the barrier", max_length=10)]


class Why(BaseModel):
    """Step 2: what goes well, then what is happening, since when, what has been tried."""

    model_config = SENT
    strengths: Annotated[MaybeText, Field(title="what is going well", max_length=LONGEST_TEXT)] = ""
    happening: Annotated[MaybeText, Field(title="what is happening", max_length=LONGEST_HAPPENING)] = ""
    since: Annotated[MaybeLine, Field(title="since when")] = ""
    tried: Annotated[MaybeText, Field(title="what has been tried", max_length=LONGEST_TRIED)] = ""
    level: Annotated[Level | None, Field(title="the level of support")] = None


class DraftBarrier(BaseModel):
    """A barrier chosen in step 3, and which of its strategies are to be tried (their places, from 0)."""

    model_config = SENT
    code: Code
    how_identified: Annotated[HowIdentified | None, Field(title="how it was identified")] = None
    detail: Annotated[MaybeText, Field(title="what it looks like in class", max_length=LONGEST_DETAIL)] = ""
    strategies: Annotated[list[Literal["0", "1", "2"]], Field(title="the strategies", max_length=3)] = []


class Barriers(BaseModel):
    """Step 3."""

    model_config = SENT
    barriers: Annotated[list[DraftBarrier], Field(title="the barriers", max_length=MOST_BARRIERS)] = []


class Helper(BaseModel):
    """A service chosen in step 4, what it is asked for and what it needs to know."""

    model_config = SENT
    agency_id: Annotated[UUID, Field(title="the organisation")]
    reason_code: Annotated[InvitationReason | None, Field(title="what you ask for")] = None
    categories: Annotated[list[Category], Field(title="the kinds of information", max_length=7)] = []
    message: Annotated[MaybeText, Field(title="the message", max_length=LONGEST_MESSAGE)] = ""


class Helpers(BaseModel):
    """Step 4."""

    model_config = SENT
    helpers: Annotated[list[Helper], Field(title="the services", max_length=MOST_HELPERS)] = []


class Family(BaseModel):
    """Step 5: who is asked, how, and whether they see the case themselves."""

    model_config = SENT
    carer_id: Annotated[UUID | None, Field(title="who is asked")] = None
    how: Annotated[Literal["link", "in_person", "later"] | None, Field(title="how the family is asked")] = None
    later_reason: Annotated[MaybeText, Field(title="why later", max_length=500)] = ""
    authority_seen: Annotated[MaybeLine, Field(title="the authority you saw")] = ""
    safe_to_share: Annotated[Literal[True] | None, Field(title="that it is safe to share")] = None


class Try(BaseModel):
    """An adopted strategy on the check page: `key` is the barrier's code and the strategy's place, such as CI01-0."""

    model_config = SENT
    key: Annotated[str, Field(title="the strategy", max_length=20)]
    title: Annotated[Line, Field(title="what will be tried")]
    due_on: Annotated[date, Field(title="the date")]


class Tries(BaseModel):
    """Step 6: what can still be put right there."""

    model_config = SENT
    tries: Annotated[list[Try], Field(title="what will be tried", max_length=3 * MOST_BARRIERS)] = []


Then = Annotated[Literal["on", "later", "keep"], Field(title="what next")]


class WhyPage(Why):
    """Step 2 as it is sent; `version` is the one that was read, 0 for a step not written yet."""

    version: Version = 0
    then: Then = "on"


class BarriersPage(Barriers):
    """Step 3 as it is sent: also a barrier to add or take away, or words to look for."""

    version: Version = 0
    then: Then = "on"
    add: Code | None = None
    drop: Annotated[int | None, Field(title="the barrier", ge=0, le=MOST_BARRIERS)] = None
    find: Literal["yes"] | None = None
    q: Annotated[MaybeLine, Field(title="the words to look for")] = ""


class HelpersPage(Helpers):
    """Step 4 as it is sent: also a service to add or take away."""

    version: Version = 0
    then: Then = "on"
    add: Annotated[UUID | None, Field(title="the organisation")] = None
    drop: Annotated[int | None, Field(title="the service", ge=0, le=MOST_HELPERS)] = None


class FamilyPage(Family):
    """Step 5 as it is sent."""

    version: Version = 0
    then: Then = "on"


class CheckPage(Tries):
    """Step 6 as it is sent; `version` is the whole draft's."""

    version: Version = 0
    then: Annotated[Literal["open", "later", "keep"], Field(title="what next")] = "open"


class Confirmed(BaseModel):
    """A page on which nothing is typed."""

    model_config = SENT


STORED: dict[str, type[BaseModel]] = {
    "why": Why, "barriers": Barriers, "helpers": Helpers, "family": Family, "tries": Tries,
}  # fmt: skip
SENT_AS: dict[str, type[BaseModel]] = {
    "why": WhyPage, "barriers": BarriersPage, "helpers": HelpersPage, "family": FamilyPage,
}  # fmt: skip


def said_on(step: str, sent: BaseModel) -> dict[str, Any]:
    """What a sent page says of its step, as a draft keeps it."""
    return sent.model_dump(mode="json", include=set(STORED[step].model_fields))
