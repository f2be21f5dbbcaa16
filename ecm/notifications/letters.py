"""Every message there is. A closed list, in which no pupil, no service and no note can be named.

A letter has typed parameters only, each checked for its shape: an address, the secret of a link, six digits, a case
reference, a number. Its words are in `templates/letters/<name>.txt`. Nothing of a case is ever attached.
To add one: a class here with `name`, `subject`, `channel` and `to`, added to `Letter` and `LETTERS`; its words; a
sound example in tests/notifications. What it links to runs out: say when in a field `minutes`, `hours` or `days`.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, get_args

from ecm.notifications.languages import FIRST_LINES

EMAIL = re.compile(r"[^@\s<>,;\x00-\x1f]{1,64}@[^@\s<>,;\x00-\x1f]{1,255}")
MOBILE = re.compile(r"\+[1-9]\d{6,14}")
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
DIGITS = re.compile(r"\d{6}")
REFERENCE = re.compile(r"ECM-[0-9A-Z]{4}-[0-9A-Z]{2}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
USEFUL = timedelta(days=30)


def _must(shape: re.Pattern[str], text: str) -> None:
    if not shape.fullmatch(text):
        raise ValueError(f"not {shape.pattern}")


def _count(number: int, least: int = 0) -> None:
    if type(number) is not int or not least <= number <= 9999:
        raise ValueError("not a number")


def _flag(value: bool) -> None:
    if type(value) is not bool:
        raise ValueError("not a yes or no")


@dataclass(frozen=True, slots=True)
class CarerLink:
    """To a carer: there is a question for you. `to` is an e-mail address, or a mobile number where there is none.

    `language` is the code of the one they read; `interpreter` and `large_print` are what they asked for.
    """

    name: ClassVar[str] = "carer_link"
    subject: ClassVar[str] = "A question from your child’s school"
    to: str
    secret: str
    days: int
    language: str = "en"
    interpreter: bool = False
    large_print: bool = False

    def __post_init__(self) -> None:
        _must(EMAIL if "@" in self.to else MOBILE, self.to)
        _must(SECRET, self.secret)
        _count(self.days, 1)
        _must(LANGUAGE, self.language)
        _flag(self.interpreter)
        _flag(self.large_print)

    @property
    def first_line(self) -> str:
        """What this is, in the language they read; empty where we have no words in it."""
        return FIRST_LINES.get(self.language, "")

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
        _count(self.minutes, 1)


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


@dataclass(frozen=True, slots=True)
class Reminders:
    """To a worker, once a day at most: how much of what waits for them. Kinds and numbers, never whose."""

    name: ClassVar[str] = "reminders"
    subject: ClassVar[str] = "What waits for you"
    channel: ClassVar[str] = "email"
    to: str
    overdue: int
    due_soon: int
    reviews: int
    unanswered: int
    invitations: int
    handovers: int

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        for number in (self.overdue, self.due_soon, self.reviews, self.unanswered, self.invitations, self.handovers):
            _count(number)


@dataclass(frozen=True, slots=True)
class ColleagueLink:
    """To a colleague-to-be: you are invited to work here. The page behind the link says by whom."""

    name: ClassVar[str] = "colleague_link"
    subject: ClassVar[str] = "You are invited to ECM"
    channel: ClassVar[str] = "email"
    to: str
    secret: str
    days: int

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(SECRET, self.secret)
        _count(self.days, 1)


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """To somebody who has forgotten their password: a link to set a new one."""

    name: ClassVar[str] = "password_link"
    subject: ClassVar[str] = "Set a new password"
    channel: ClassVar[str] = "email"
    to: str
    secret: str
    minutes: int

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(SECRET, self.secret)
        _count(self.minutes, 1)


@dataclass(frozen=True, slots=True)
class AddressLink:
    """To a new address: confirm that it is yours."""

    name: ClassVar[str] = "address_link"
    subject: ClassVar[str] = "Is this your e-mail address?"
    channel: ClassVar[str] = "email"
    to: str
    secret: str
    hours: int

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(SECRET, self.secret)
        _count(self.hours, 1)


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """To somebody with an account: something about it has changed, and what to do if it was not them."""

    to: str
    channel: ClassVar[str] = "email"

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


class PasswordChanged(AccountNotice):
    """Your password was changed."""

    name: ClassVar[str] = "password_changed"
    subject: ClassVar[str] = "Your password was changed"


class AddressChanged(AccountNotice):
    """To the old address: another one is used from now on."""

    name: ClassVar[str] = "address_changed"
    subject: ClassVar[str] = "Your e-mail address was changed"


class MembershipEnds(AccountNotice):
    """One of your roles has an end date now, or another one."""

    name: ClassVar[str] = "membership_ends"
    subject: ClassVar[str] = "One of your roles in ECM ends soon"


class MembershipEnded(AccountNotice):
    """One of your roles has ended."""

    name: ClassVar[str] = "membership_ended"
    subject: ClassVar[str] = "One of your roles in ECM has ended"


class YouCover(AccountNotice):
    """You cover for a colleague."""

    name: ClassVar[str] = "you_cover"
    subject: ClassVar[str] = "You cover for a colleague"


@dataclass(frozen=True, slots=True)
class CaseEnded:
    """To a worker: a case they work on was closed, or was opened in error."""

    name: ClassVar[str] = "case_ended"
    subject: ClassVar[str] = "A case you work on was closed"
    channel: ClassVar[str] = "email"
    to: str
    reference: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(REFERENCE, self.reference)


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """To a worker whose agency was asked to help and has not seen the case: it is not asked any more."""

    name: ClassVar[str] = "request_ended"
    subject: ClassVar[str] = "A request for help was taken back"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


class PupilMatched(AccountNotice):
    """To a lead of a school: a pupil of yours may be on another school's roll too. Who and where is on a page."""

    name: ClassVar[str] = "pupil_matched"
    subject: ClassVar[str] = "A pupil of your school may be known to another school"


@dataclass(frozen=True, slots=True)
class CaseOffered:
    """To whoever may answer at a school: another school offers to hand a case over."""

    name: ClassVar[str] = "case_offered"
    subject: ClassVar[str] = "A school offers to hand a case over to you"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


@dataclass(frozen=True, slots=True)
class OfferEnded:
    """To the other school of such an offer: it was refused, or taken back."""

    name: ClassVar[str] = "offer_ended"
    subject: ClassVar[str] = "The offer to hand a case over has ended"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


@dataclass(frozen=True, slots=True)
class CaseMoved:
    """To a worker on a case, or who led it: another school keeps it now."""

    name: ClassVar[str] = "case_moved"
    subject: ClassVar[str] = "Another school keeps a case you work on"
    channel: ClassVar[str] = "email"
    to: str
    reference: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)
        _must(REFERENCE, self.reference)


@dataclass(frozen=True, slots=True)
class RequestMoved:
    """To a worker whose agency was asked to help and has not seen the case: another school asks now."""

    name: ClassVar[str] = "request_moved"
    subject: ClassVar[str] = "Another school asks for your help now"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


@dataclass(frozen=True, slots=True)
class SchoolChanges:
    """To a carer who sees a case: the school offers the next one to go on with it."""

    name: ClassVar[str] = "school_changes"
    subject: ClassVar[str] = "Your child’s school plans the move to the next one"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


@dataclass(frozen=True, slots=True)
class SchoolChanged:
    """To a carer who sees a case: the next school has taken it over."""

    name: ClassVar[str] = "school_changed"
    subject: ClassVar[str] = "The next school goes on with your child’s support"
    channel: ClassVar[str] = "email"
    to: str

    def __post_init__(self) -> None:
        _must(EMAIL, self.to)


Letter = (
    CarerLink | LinkCode | TalkWanted | Reminders | ColleagueLink | PasswordLink | AddressLink
    | PasswordChanged | AddressChanged | MembershipEnds | MembershipEnded | YouCover
    | CaseEnded | RequestEnded | PupilMatched
    | CaseOffered | OfferEnded | CaseMoved | RequestMoved | SchoolChanges | SchoolChanged
)  # fmt: skip
LETTERS: tuple[type[Letter], ...] = get_args(Letter)


def useful_for(letter: Letter) -> timedelta:
    """How long this letter is worth sending: as long as what it links to works, else 30 days."""
    lasting = {unit: getattr(letter, unit) for unit in ("minutes", "hours", "days") if hasattr(letter, unit)}
    return timedelta(**lasting) if lasting else USEFUL
