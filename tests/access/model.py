"""Who may see what, and why, in plain Python: the second opinion about `case_access`. It knows no database and was
written from the rules alone, never from the SQL: where the two differ, one of them is wrong."""

from calendar import isleap
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

ALWAYS = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]
Reason = tuple[UUID, str, str, datetime, datetime]  # principal, category, basis, from, until


class Agency(NamedTuple):
    id: UUID
    kind: str
    safeguarding_desk: UUID

    def desk(self, category: str) -> UUID:
        """Who reads this category for the agency: a school keeps a desk of its own for safeguarding."""
        return self.safeguarding_desk if self.kind == "school" and category == "safeguarding" else self.id


class Involvement(NamedTuple):
    agency: Agency
    status: str
    answered_at: datetime | None
    ended_at: datetime | None
    assignee: UUID | None


class Answer(NamedTuple):
    """What somebody said about a scope; `corrects` is set on the word that an earlier answer was entered in error."""

    id: UUID
    corrects: UUID | None
    person: UUID
    agency: Agency
    category: str
    purpose: str
    kind: str
    at: datetime
    number: int
    until_at: datetime | None


class Admission(NamedTuple):
    person: UUID
    categories: tuple[str, ...]
    admitted_at: datetime
    ended_at: datetime | None


class Bar(NamedTuple):
    person: UUID
    from_at: datetime
    until_at: datetime | None


class Row(NamedTuple):
    category: str
    authors: tuple[UUID, ...]  # the membership that wrote it, and its agency's desk for the category
    at: datetime


class Term(NamedTuple):
    """A pupil's time on the roll of a school, first and last day."""

    from_on: date
    to_on: date | None


class Past(NamedTuple):
    """The school that had the case before it was handed over, and the pupil's times there."""

    school: Agency
    roll: tuple[Term, ...]


class Facts(NamedTuple):
    school: Agency  # that keeps the case now
    kept_since: datetime | None  # since it was handed over to it; None: it opened the case
    roll: tuple[Term, ...]  # of the pupil at that school
    before: Past | None
    lead: UUID
    opened_at: datetime
    born_on: date | None
    involvements: tuple[Involvement, ...]
    answers: tuple[Answer, ...]
    admissions: tuple[Admission, ...]
    bars: tuple[Bar, ...]
    rows: tuple[Row, ...]


def midnight(day: date) -> datetime:
    """The beginning of a day in London."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)


def on_roll(roll: Iterable[Term]) -> list[Span]:
    """When a school has the pupil: to the end of the last day. The first time counts as soon as it is written down."""
    return union(
        (
            ALWAYS if place == 0 else midnight(term.from_on),
            midnight(term.to_on + timedelta(days=1)) if term.to_on else FOREVER,
        )
        for place, term in enumerate(sorted(roll, key=lambda each: each.from_on))
    )


def birthday(born_on: date | None, age: int) -> datetime:
    """London midnight of that birthday; of 1 March for somebody born on 29 February, in a common year."""
    if born_on is None:
        return FOREVER
    year, leap_day = born_on.year + age, (born_on.month, born_on.day) == (2, 29)
    return midnight(date(year, 3, 1) if leap_day and not isleap(year) else born_on.replace(year=year))


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as spans that neither overlap nor touch, in order."""
    merged: list[Span] = []
    for start, until in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            start, until = merged[-1][0], max(until, merged.pop()[1])
        merged.append((start, until))
    return merged


def both(these: Iterable[Span], those: Collection[Span]) -> list[Span]:
    return union((max(a, c), min(b, d)) for a, b in these for c, d in those)


def reasons(facts: Facts) -> set[Reason]:
    """Every reason to see something of the case; the spans of one (principal, category, basis) are disjoint."""
    spans: dict[tuple[UUID, str, str], list[Span]] = defaultdict(list)
    for principal, category, basis, span in _stated(facts):
        spans[principal, category, basis].append(span)
    return {(*key, *span) for key, stated in spans.items() for span in union(stated)}


def opens(reason: Reason, category: str, authors: Collection[UUID]) -> bool:
    """Whether this reason shows a row: of its category, and for `own_record` written by that very principal."""
    return reason[1] == category and (reason[2] != "own_record" or reason[0] in authors)


def _stated(facts: Facts) -> Iterator[tuple[UUID, str, str, Span]]:
    kept = both([(facts.kept_since or facts.opened_at, FOREVER)], on_roll(facts.roll))
    for span, category in product(kept, ("core", "classroom", "education", "family")):
        yield facts.school.id, category, "opened_by", span
        yield facts.lead, category, "assignment", span
    yield from ((facts.school.safeguarding_desk, "core", "opened_by", span) for span in kept)
    table = [(facts.school, None, kept), *((i.agency, i.assignee, _working(i)) for i in facts.involvements)]
    for agency, category, agreed in _agreed(facts):
        for _, assignee, working in (seat for seat in table if seat[0] == agency):
            for span, shared in product(both(agreed, working), ("core", category)):
                yield agency.desk(shared), shared, "consent", span
                if assignee and agency.desk(shared) == agency.id:
                    yield assignee, shared, "assignment", span
    for row in facts.rows:
        yield from ((author, row.category, "own_record", (row.at, FOREVER)) for author in row.authors)
    for admission in facts.admissions:
        spans = [(admission.admitted_at, min(admission.ended_at or FOREVER, birthday(facts.born_on, 18)))]
        for bar in (bar for bar in facts.bars if bar.person == admission.person):
            spans = both(spans, [(ALWAYS, bar.from_at), (bar.until_at or FOREVER, FOREVER)])
        yield from ((admission.person, c, "own_child", span) for c in admission.categories for span in spans)


def _working(involvement: Involvement) -> list[Span]:
    accepted = involvement.answered_at if involvement.status in ("accepted", "ended") else None
    return [(accepted, involvement.ended_at or FOREVER)] if accepted else []


def _agreed(facts: Facts) -> Iterator[tuple[Agency, str, list[Span]]]:
    """Per agency, category and purpose: when somebody's yes holds, if nobody's latest answer is a no.

    What was entered in error was never said.
    """
    mistaken = {answer.corrects for answer in facts.answers}
    latest: dict[tuple[Agency, str, str], dict[UUID, Answer]] = defaultdict(dict)
    for answer in sorted(facts.answers, key=lambda each: each.number):
        if answer.id not in mistaken and answer.corrects is None:
            latest[answer.agency, answer.category, answer.purpose][answer.person] = answer
    for (agency, category, _), minds in latest.items():
        if all(answer.kind == "given" for answer in minds.values()):
            spans = [(a.at, min(a.until_at or FOREVER, birthday(facts.born_on, 16))) for a in minds.values()]
            yield agency, category, union(spans)
