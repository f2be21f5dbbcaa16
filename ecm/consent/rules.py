"""What is true of consent: pure, each rule with its source."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from ecm.pupils.rules import birthday

# Source: ICO, "Consent": review and refresh it; the Act sets no length. At most a school year round; ADR 0009.
LASTS_MONTHS = 12
# Source: design 5, "The emailed link is only an invitation"; OWASP ASVS 5.0, 6.4.1 (initial secrets expire).
LINK_LIFETIME = timedelta(days=7)
LINK_SESSION = timedelta(minutes=20)
# Texts cost money and patience: a link that was started this often is done with. Source: product choice.
MOST_CODES = 10

PURPOSES = ("support", "assessment", "planning", "review")
WORKER_CHANNELS = ("in_person", "phone", "paper", "interpreter_call")
DECIDES_ALONE_AT = 16

_PURPOSE_OF = {"assessment": "assessment", "coordination": "planning"}


def purpose_of(reason_code: str) -> str:
    """The purpose to ask consent for, from what an agency was invited for. Source: product choice, the nearest one."""
    return _PURPOSE_OF.get(reason_code, "support")


def decides_alone(born: date | None, on: date) -> bool:
    """Whether the pupil is 16 on this day (Europe/London) and so decides, not the carer; unknown birth: no.

    Source: design 5, "at 16 and 18 rights move"; Mental Capacity Act 2005, s 2(5).
    """
    return born is not None and on >= birthday(born, DECIDES_ALONE_AT)


@dataclass(frozen=True, slots=True)
class Event:
    """One consent event. `number` orders all events of a case; `until` is set on a yes only; `corrects` names the event
    that this one says was entered in error."""

    number: int
    proposal: UUID
    person: UUID
    agency: UUID
    category: str
    purpose: str
    kind: str
    at: datetime
    until: datetime | None = None
    id: UUID | None = None
    corrects: UUID | None = None


@dataclass(frozen=True, slots=True)
class State:
    """How one proposal stands: the contract's word, since when, and until when where that is known."""

    word: str
    since: datetime | None = None
    until: datetime | None = None


NOT_ASKED = State("not_asked")


def states(events: Iterable[Event], now: datetime) -> dict[UUID, State]:
    """How every proposal stands that these events speak of.

    The carer's latest answer to a scope (agency, category, purpose) counts for all proposals of that scope, whichever
    it was given on; a proposal asked since then is `requested`. A yes is `expired` from its end on, and `paused` while
    another carer's latest answer to the same scope is a no: one no closes a scope until it is resolved. What was entered
    in error was never said.
    Source: design 5, "a refusal by a carer who was asked wins until resolved"; ecm/access/policies.sql, `case_reasons`.
    """
    scopes: dict[tuple[UUID, str, str], list[Event]] = defaultdict(list)
    for event in sound(events):
        scopes[event.agency, event.category, event.purpose].append(event)
    return {proposal: state for scope in scopes.values() for proposal, state in _scope(scope, now).items()}


def sound(events: Iterable[Event]) -> list[Event]:
    """The events in their order, without those entered in error and without the word that they were.

    Source: UK GDPR, Article 5(1)(d) (accuracy); docs/states.md, consent.
    """
    found = sorted(events, key=lambda e: e.number)
    mistaken = {e.corrects for e in found}
    return [e for e in found if e.corrects is None and (e.id is None or e.id not in mistaken)]


def _scope(events: Sequence[Event], now: datetime) -> dict[UUID, State]:
    answers = {e.person: e for e in events if e.kind != "requested"}
    latest = {e.proposal: e for e in events}
    return {proposal: _state(asked, answers, now) for proposal, asked in latest.items()}


def _state(latest: Event, answers: Mapping[UUID, Event], now: datetime) -> State:
    """`latest` is the last event of the proposal, `answers` the last answer of each carer to its scope."""
    answer = answers.get(latest.person)
    if answer is None or (latest.kind == "requested" and latest.number > answer.number):
        return State("requested", latest.at)
    if answer.kind != "given":
        return State(answer.kind, answer.at)
    if answer.until is not None and now >= answer.until:
        return State("expired", answer.until)
    noes = [e.at for e in answers.values() if e.kind != "given"]
    if noes:
        return State("paused", max(answer.at, *noes), answer.until)
    return State("given", answer.at, answer.until)


# What one cell of the sharing grid says when several carers or purposes meet in it: what stops sharing comes first.
_WEIGHT = ("paused", "refused", "withdrawn", "given", "requested", "expired", "not_asked")


def weightiest(found: Iterable[State]) -> State:
    """The state that decides whether this agency sees this kind of information; `not_asked` when there is none.

    Source: design 5, "a refusal by a carer who was asked wins until resolved".
    """
    return min(found, key=lambda s: _WEIGHT.index(s.word), default=NOT_ASKED)
