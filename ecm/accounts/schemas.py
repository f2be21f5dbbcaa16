"""What crosses the border when somebody signs in."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ecm.notifications.pieces import EMAIL
from ecm.web.text import Line, MaybeLine


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


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text) or len(text) > 254 or "." not in text.rpartition("@")[2]:
        raise PydanticCustomError("value_error", "Not an e-mail address.")
    return text.casefold()


Email = Annotated[Line, AfterValidator(_email)]
Typed = Annotated[str, Field(min_length=1, max_length=1024)]


class Details(BaseModel):
    """What others see of somebody, and where they are reached."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[Line, Field(title="your name", max_length=100)]
    telephone: Annotated[MaybeLine, Field(title="your telephone number at work", max_length=30)] = ""
    phone: Annotated[MaybeLine, Field(title="your mobile number", max_length=30)] = ""


class PasswordChange(BaseModel):
    """The password one has, and the one one wants."""

    model_config = ConfigDict(extra="forbid")
    current: Annotated[Typed, Field(title="the password you have now")]
    password: Annotated[Typed, Field(title="the new password")]


class NewPassword(BaseModel):
    """The password one wants, from a link."""

    model_config = ConfigDict(extra="forbid")
    password: Annotated[Typed, Field(title="the new password")]


class AddressChange(BaseModel):
    """Another e-mail address, and one's password, because whoever has the address can get in."""

    model_config = ConfigDict(extra="forbid")
    email: Annotated[Email, Field(title="the new e-mail address")]
    current: Annotated[Typed, Field(title="your password")]


class Forgotten(BaseModel):
    """The address of an account whose password is forgotten."""

    model_config = ConfigDict(extra="forbid")
    email: Annotated[Email, Field(title="your e-mail address")]


class Nothing(BaseModel):
    """A button that says it all."""

    model_config = ConfigDict(extra="forbid")
