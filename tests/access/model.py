"""Who may see what, and why, in plain Python: the second opinion about `case_access`. It knows no database.

Written from the rules alone (docs/access.md), never from the SQL: where the two differ, one of them is wrong.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
ALWAYS = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
AT_SCHOOL = ("core", "classroom", "education", "family")

Span = tuple[datetime, datetime]
Reason = tuple[UUID, str, str, datetime, datetime]


@dataclass(frozen=True)
class Agency:
    id: UUID
    kind: str
    safeguarding_desk: UUID

    def desk(self, category: str) -> UUID:
        """Who reads this category for the agency: only a school keeps a safeguarding desk of its own."""
        return self.safeguarding_desk if self.kind == "school" and category == "safeguarding" else self.id


@dataclass(frozen=True)
class Involvement:
    agency: Agency
    status: str
    answered_at: datetime | None
    ended_at: datetime | None
    assignee: UUID | None


@dataclass(frozen=True)
class Answer:
    person: UUID
    agency: Agency
    category: str
    purpose: str
    kind: str
    at: datetime
    number: int
    until_at: datetime | None


@dataclass(frozen=True)
class Admission:
    person: UUID
    categories: tuple[str, ...]
    admitted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Bar:
    person: UUID
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True)
class Row:
    category: str
    authors: tuple[UUID, UUID]  # the membership that wrote it, and its agency's desk for the category
    at: datetime


@dataclass(frozen=True)
class Facts:
    school: Agency
    lead: UUID
    opened_at: datetime
    born_on: date | None
    involvements: tuple[Involvement, ...] = ()
    answers: tuple[Answer, ...] = ()
    admissions: tuple[Admission, ...] = ()
    bars: tuple[Bar, ...] = ()
    rows: tuple[Row, ...] = ()


def birthday(born_on: date | None, age: int) -> datetime:
    """London midnight of that birthday; of 1 March for somebody born on 29 February, in a common year."""
    if born_on is None:
        return FOREVER
    try:
        day = born_on.replace(year=born_on.year + age)
    except ValueError:
        day = date(born_on.year + age, 3, 1)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def union(spans: Iterable[Span]) -> list[Span]:
    """The same instants as disjoint, non-touching spans in order; empty ones are left out."""
    merged: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def both(these: Iterable[Span], those: list[Span]) -> list[Span]:
    return union((max(a, c), min(b, d)) for a, b in these for c, d in those)


def without(spans: Iterable[Span], denied: Iterable[Span]) -> list[Span]:
    left = union(spans)
    for start, end in denied:
        left = both(left, [(ALWAYS, start), (end, FOREVER)])
    return left


def reasons(facts: Facts) -> set[Reason]:
    """Every reason to see something of the case; the spans of one (principal, category, basis) are disjoint."""
    spans: dict[tuple[UUID, str, str], list[Span]] = defaultdict(list)
    for principal, category, basis, span in _stated(facts):
        spans[principal, category, basis].append(span)
    return {(*key, *span) for key, found in spans.items() for span in union(found)}


def seen(row: Any, why: Iterable[Reason], principals: Iterable[UUID], at: datetime) -> set[tuple[str, datetime]]:
    """The bases (and since when) on which somebody with these principals sees the row (category, authors) at this instant."""
    return {
        (basis, start) for principal, category, basis, start, end in why
        if principal in principals and category == row.category and start <= at < end
        and (basis != "own_record" or principal in row.authors)
    }  # fmt: skip


def _stated(facts: Facts) -> Iterator[tuple[UUID, str, str, Span]]:
    since = (facts.opened_at, FOREVER)
    for category in AT_SCHOOL:
        yield facts.school.id, category, "opened_by", since
        yield facts.lead, category, "assignment", since
    yield facts.school.safeguarding_desk, "core", "opened_by", since
    for agency, category, agreed in _agreed(facts):
        for span in both(agreed, _at_the_table(facts, agency)):
            yield agency.desk(category), category, "consent", span
            yield agency.id, "core", "consent", span
        for work in (i for i in facts.involvements if i.agency == agency and i.assignee):
            for span in both(agreed, _working(work)):
                yield work.assignee, "core", "assignment", span
                if agency.desk(category) == agency.id:  # what only the safeguarding lead holds, no assignee gets
                    yield work.assignee, category, "assignment", span
    for row in facts.rows:
        for author in row.authors:
            yield author, row.category, "own_record", (row.at, FOREVER)
    for admission in facts.admissions:
        cared_for = (admission.admitted_at, min(admission.ended_at or FOREVER, birthday(facts.born_on, 18)))
        barred = [(b.from_at, b.until_at or FOREVER) for b in facts.bars if b.person == admission.person]
        for category in admission.categories:
            for span in without([cared_for], barred):
                yield admission.person, category, "own_child", span


def _at_the_table(facts: Facts, agency: Agency) -> list[Span]:
    opened = [(facts.opened_at, FOREVER)] if agency == facts.school else []
    return union(opened + [s for i in facts.involvements if i.agency == agency for s in _working(i)])


def _working(involvement: Involvement) -> list[Span]:
    if involvement.status not in ("accepted", "ended") or involvement.answered_at is None:
        return []
    return [(involvement.answered_at, involvement.ended_at or FOREVER)]


def _agreed(facts: Facts) -> Iterator[tuple[Agency, str, list[Span]]]:
    """Per recipient, category and purpose: when somebody's yes holds and nobody's latest answer is no."""
    latest: dict[tuple[Agency, str, str], dict[UUID, Answer]] = defaultdict(dict)
    for answer in sorted(facts.answers, key=lambda a: (a.at, a.number)):
        latest[answer.agency, answer.category, answer.purpose][answer.person] = answer
    for (agency, category, _), by_carer in latest.items():
        if all(a.kind == "given" for a in by_carer.values()):
            end = birthday(facts.born_on, 16)
            yield agency, category, union((a.at, min(a.until_at or FOREVER, end)) for a in by_carer.values())
