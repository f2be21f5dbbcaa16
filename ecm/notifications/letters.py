"""Every message there is. A closed list, in which no pupil, no service and no note can be named.

A letter is made of typed pieces only (ecm/notifications/pieces.py), each checked for its shape: an address, the secret
of a link, six digits, a case reference, a number. Its words are in `templates/letters/<name>.txt`. Nothing of a case is
ever attached.
To add one: a class here with `name`, `subject`, `channel` and `to`, added to `Letter` and `LETTERS`; its words; a
sound example in tests/notifications. What it links to runs out: say when in a field `minutes`, `hours` or `days`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, get_args

from ecm.notifications.languages import FIRST_LINES
from ecm.notifications.pieces import (
    Checked,
    Count,
    Digits,
    Email,
    EmailOrMobile,
    Language,
    Lasting,
    Mobile,
    Reference,
    Secret,
    YesOrNo,
)

USEFUL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CarerLink(Checked):
    """To a carer: there is a question for you. `to` is an e-mail address, or a mobile number where there is none.

    `language` is the code of the one they read; `interpreter` and `large_print` are what they asked for.
    """

    name: ClassVar[str] = "carer_link"
    subject: ClassVar[str] = "A question from your child’s school"
    to: EmailOrMobile
    secret: Secret
    days: Lasting
    language: Language = "en"
    interpreter: YesOrNo = False
    large_print: YesOrNo = False

    @property
    def first_line(self) -> str:
        """What this is, in the language they read; empty where we have no words in it."""
        return FIRST_LINES.get(self.language, "")

    @property
    def channel(self) -> str:
        """`email` or `sms`."""
        return "email" if "@" in self.to else "sms"


@dataclass(frozen=True, slots=True)
class LinkCode(Checked):
    """To a carer's verified mobile number: the code that opens the question."""

    name: ClassVar[str] = "link_code"
    subject: ClassVar[str] = ""
    channel: ClassVar[str] = "sms"
    to: Mobile
    code: Digits
    minutes: Lasting


@dataclass(frozen=True, slots=True)
class Mail(Checked):
    """What goes to an e-mail address."""

    channel: ClassVar[str] = "email"
    to: Email


@dataclass(frozen=True, slots=True)
class AboutCase(Mail):
    """To a worker who knows the case by its reference."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class WithLink(Mail):
    """With a link that works once."""

    secret: Secret


class TalkWanted(AboutCase):
    """To the worker who asked: somebody wants to talk before they answer."""

    name: ClassVar[str] = "talk_wanted"
    subject: ClassVar[str] = "Somebody wants to talk before they answer"


class ObjectionMade(AboutCase):
    """To whoever leads the case: a parent or carer objects to what is shared without consent."""

    name: ClassVar[str] = "objection_made"
    subject: ClassVar[str] = "Somebody objects to what is shared"


@dataclass(frozen=True, slots=True)
class Reminders(Mail):
    """To a worker, once a day at most: how much of what waits for them. Kinds and numbers, never whose."""

    name: ClassVar[str] = "reminders"
    subject: ClassVar[str] = "What waits for you"
    overdue: Count
    due_soon: Count
    reviews: Count
    unanswered: Count
    invitations: Count
    handovers: Count


@dataclass(frozen=True, slots=True)
class ColleagueLink(WithLink):
    """To a colleague-to-be: you are invited to work here. The page behind the link says by whom."""

    name: ClassVar[str] = "colleague_link"
    subject: ClassVar[str] = "You are invited to ECM"
    days: Lasting


@dataclass(frozen=True, slots=True)
class PasswordLink(WithLink):
    """To somebody who has forgotten their password: a link to set a new one."""

    name: ClassVar[str] = "password_link"
    subject: ClassVar[str] = "Set a new password"
    minutes: Lasting


@dataclass(frozen=True, slots=True)
class AddressLink(WithLink):
    """To a new address: confirm that it is yours."""

    name: ClassVar[str] = "address_link"
    subject: ClassVar[str] = "Is this your e-mail address?"
    hours: Lasting


class PasswordChanged(Mail):
    """Your password was changed."""

    name: ClassVar[str] = "password_changed"
    subject: ClassVar[str] = "Your password was changed"


class AddressChanged(Mail):
    """To the old address: another one is used from now on."""

    name: ClassVar[str] = "address_changed"
    subject: ClassVar[str] = "Your e-mail address was changed"


class MembershipEnds(Mail):
    """One of your roles has an end date now, or another one."""

    name: ClassVar[str] = "membership_ends"
    subject: ClassVar[str] = "One of your roles in ECM ends soon"


class MembershipEnded(Mail):
    """One of your roles has ended."""

    name: ClassVar[str] = "membership_ended"
    subject: ClassVar[str] = "One of your roles in ECM has ended"


class YouCover(Mail):
    """You cover for a colleague."""

    name: ClassVar[str] = "you_cover"
    subject: ClassVar[str] = "You cover for a colleague"


class CaseEnded(AboutCase):
    """To a worker: a case they work on was closed, or was opened in error."""

    name: ClassVar[str] = "case_ended"
    subject: ClassVar[str] = "A case you work on was closed"


class RequestEnded(Mail):
    """To a worker whose agency was asked to help and has not seen the case: it is not asked any more."""

    name: ClassVar[str] = "request_ended"
    subject: ClassVar[str] = "A request for help was taken back"


class PupilMatched(Mail):
    """To a lead of a school: a pupil of yours may be on another school's roll too. Who and where is on a page."""

    name: ClassVar[str] = "pupil_matched"
    subject: ClassVar[str] = "A pupil of your school may be known to another school"


class CaseOffered(Mail):
    """To whoever may answer at a school: another school offers to hand a case over."""

    name: ClassVar[str] = "case_offered"
    subject: ClassVar[str] = "A school offers to hand a case over to you"


class OfferEnded(Mail):
    """To the other school of such an offer: it was refused, or taken back."""

    name: ClassVar[str] = "offer_ended"
    subject: ClassVar[str] = "The offer to hand a case over has ended"


class CaseMoved(AboutCase):
    """To a worker on a case, or who led it: another school keeps it now."""

    name: ClassVar[str] = "case_moved"
    subject: ClassVar[str] = "Another school keeps a case you work on"


class RequestMoved(Mail):
    """To a worker whose agency was asked to help and has not seen the case: another school asks now."""

    name: ClassVar[str] = "request_moved"
    subject: ClassVar[str] = "Another school asks for your help now"


class SchoolChanges(Mail):
    """To a carer who sees a case: the school offers the next one to go on with it."""

    name: ClassVar[str] = "school_changes"
    subject: ClassVar[str] = "Your child’s school plans the move to the next one"


class SchoolChanged(Mail):
    """To a carer who sees a case: the next school has taken it over."""

    name: ClassVar[str] = "school_changed"
    subject: ClassVar[str] = "The next school goes on with your child’s support"


class OverrideRecorded(Mail):
    """To a data protection officer: a safeguarding override was recorded, or one goes on. Whose is on a page."""

    name: ClassVar[str] = "override_recorded"
    subject: ClassVar[str] = "A safeguarding override was recorded"


class ConflictDeclared(Mail):
    """To whoever looks after conflicts of interest: there is one more. Whose, and about whom, is on a page."""

    name: ClassVar[str] = "conflict_declared"
    subject: ClassVar[str] = "A conflict of interest was declared"


class EmergencyOpened(AboutCase):
    """To a lead practitioner: somebody opened the case in an emergency."""

    name: ClassVar[str] = "emergency_opened"
    subject: ClassVar[str] = "A case was opened in an emergency"


class EmergencyToReview(Mail):
    """To whoever may review it: somebody used emergency access, or tried to."""

    name: ClassVar[str] = "emergency_to_review"
    subject: ClassVar[str] = "An emergency access waits for your review"


class EmergencyLate(Mail):
    """To a data protection officer of the partnership: nobody of the organisation has reviewed it in time, or can."""

    name: ClassVar[str] = "emergency_late"
    subject: ClassVar[str] = "An emergency access has come to you for review"


Letter = (
    CarerLink | LinkCode | TalkWanted | ObjectionMade | Reminders | ColleagueLink | PasswordLink | AddressLink
    | PasswordChanged | AddressChanged | MembershipEnds | MembershipEnded | YouCover
    | CaseEnded | RequestEnded | PupilMatched
    | CaseOffered | OfferEnded | CaseMoved | RequestMoved | SchoolChanges | SchoolChanged
    | OverrideRecorded | ConflictDeclared | EmergencyOpened | EmergencyToReview | EmergencyLate
)  # fmt: skip
LETTERS: tuple[type[Letter], ...] = get_args(Letter)


def useful_for(letter: Letter) -> timedelta:
    """How long this letter is worth sending: as long as what it links to works, else 30 days."""
    lasting = {unit: getattr(letter, unit) for unit in ("minutes", "hours", "days") if hasattr(letter, unit)}
    return timedelta(**lasting) if lasting else USEFUL
