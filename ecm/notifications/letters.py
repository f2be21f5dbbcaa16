"""Every message there is. A closed list, in which no pupil, no service and no note can be named.

A letter has typed parameters only, each checked for its shape: an address, the secret of a link, six digits, a case
reference. Its words are in `templates/letters/`. Nothing of a case is ever attached.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

EMAIL = re.compile(r"[^@\s<>,;\x00-\x1f]{1,64}@[^@\s<>,;\x00-\x1f]{1,255}")
MOBILE = re.compile(r"\+[1-9]\d{6,14}")
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
DIGITS = re.compile(r"\d{6}")
REFERENCE = re.compile(r"ECM-[0-9A-Z]{4}-[0-9A-Z]{2}")


def _must(shape: re.Pattern[str], text: str) -> None:
    if not shape.fullmatch(text):
        raise ValueError(f"not {shape.pattern}")


@dataclass(frozen=True, slots=True)
class CarerLink:
    """To a carer: there is a question for you. `to` is an e-mail address, or a mobile number where there is none."""

    name: ClassVar[str] = "carer_link"
    subject: ClassVar[str] = "A question from your child’s school"
    to: str
    secret: str
    days: int

    def __post_init__(self) -> None:
        _must(EMAIL if "@" in self.to else MOBILE, self.to)
        _must(SECRET, self.secret)

    @property
    def channel(self) -> str:
        """`email` or `sms`."""
        return "email" if "@" in self.to else "sms"


@dataclass(frozen=True, slots=True)
class LinkCode:
    """To a carer's verified mobile number: the code that opens the question."""

    name: ClassVar[str] = "link_code"
    subject: ClassVar[str] = ""
    channel: ClassVar[str] = "sms"
    to: str
    code: str
    minutes: int

    def __post_init__(self) -> None:
        _must(MOBILE, self.to)
        _must(DIGITS, self.code)


@dataclass(frozen=True, slots=True)
class TalkWanted:
    """To the worker who asked: somebody wants to talk before they answer."""

    name: ClassVar[str] = "talk_wanted"
    subject: ClassVar[str] = "Somebody wants to talk before they answer"
    channel: ClassVar[str] = "email"
    to: str
    reference: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(REFERENCE, self.reference)


Letter = CarerLink | LinkCode | TalkWanted
LETTERS: tuple[type[Letter], ...] = (CarerLink, LinkCode, TalkWanted)
