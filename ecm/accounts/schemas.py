"""What crosses the border when somebody signs in."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ecm.web.text import Line


class SignIn(BaseModel):
    """Somebody's e-mail address and password, as typed."""

    model_config = ConfigDict(extra="forbid")
    email: Annotated[Line, Field(title="your e-mail address", max_length=254)]
    password: Annotated[str, Field(title="your password", min_length=1, max_length=1024)]


class PageSignIn(SignIn):
    """The same from the page, which knows where to go afterwards."""

    next: str | None = None


class Choice(BaseModel):
    """The membership to act in; empty to act as oneself."""

    model_config = ConfigDict(extra="forbid")
    membership_id: UUID | None = None
