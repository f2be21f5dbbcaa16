"""What crosses the border when people come, change and go."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.accounts.schemas import Email
from ecm.web.text import Line, MaybeLine

Receiver = UUID | Literal["desk"]


Role = Literal[
    "senco", "headteacher", "dsl", "teacher", "practitioner", "manager", "case_officer", "agency_admin", "auditor",
    "data_protection_officer", "system_admin",
]  # fmt: skip
Classes = Annotated[MaybeLine, Field(title="the classes")]
Lasting = Annotated[Literal["permanent", "temporary"], Field(title="how long they work here")]
LastDay = Annotated[date | None, Field(title="the last day")]


class ColleagueInvitation(BaseModel):
    """Somebody who is to work here: in which role, and for how long. Class names have commas between."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[Line, Field(title="the name", max_length=100)]
    email: Annotated[Email, Field(title="the e-mail address")]
    role: Annotated[Role, Field(title="the role")]
    class_names: Classes = ""
    starts_on: Annotated[date | None, Field(title="the first day")] = None
    lasting: Lasting
    ends_on: LastDay = None


class RoleChange(BaseModel):
    """Another role for a colleague, from now on."""

    model_config = ConfigDict(extra="forbid")
    role: Annotated[Role, Field(title="the role")]
    class_names: Classes = ""
    lasting: Lasting
    ends_on: LastDay = None


class Ending(BaseModel):
    """When somebody's work here ends."""

    model_config = ConfigDict(extra="forbid")
    when: Annotated[Literal["now", "later"], Field(title="when it ends")]
    ends_on: Annotated[date | None, Field(title="the last day")] = None
    without_handover: bool = False


class HandOver(BaseModel):
    """Who takes over what: all of it, or case by case. `desk` is nobody in particular."""

    model_config = ConfigDict(extra="forbid")
    everything: Annotated[UUID | None, Field(title="the colleague")] = None
    lead: Annotated[dict[UUID, UUID], Field(title="the colleague", max_length=1000)] = {}
    involvement: Annotated[dict[UUID, Receiver], Field(title="the colleague", max_length=1000)] = {}
    action: Annotated[Receiver | None, Field(title="the colleague")] = None


class NewCover(BaseModel):
    """Who stands in, from the first to the last day."""

    model_config = ConfigDict(extra="forbid")
    covering_id: Annotated[UUID, Field(title="the colleague")]
    from_on: Annotated[date, Field(title="the first day")]
    until_on: Annotated[date, Field(title="the last day")]


class Telephone(BaseModel):
    """Where the agency is rung."""

    model_config = ConfigDict(extra="forbid")
    telephone: Annotated[MaybeLine, Field(title="the telephone number", max_length=30)] = ""


class Joining(BaseModel):
    """A newcomer's name and password; somebody with an account gives neither."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[MaybeLine, Field(title="your name", max_length=100)] = ""
    password: Annotated[str, Field(title="the password", max_length=1024)] = ""
