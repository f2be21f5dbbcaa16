"""Who may see what, and why, in plain Python: the second opinion about `case_access`. It knows no database and was
written from the rules alone, never from the SQL: where the two differ, one of them is wrong."""

from calendar import isleap
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import chain, product
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

ALWAYS = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)
A_DAY, HOURS, FORTNIGHT = timedelta(days=1), timedelta(hours=4), timedelta(days=14)  # emergency, override at most

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


class Answer(NamedTuple):  # what somebody said about a scope
    id: UUID
    corrects: UUID | None  # set on the word that an earlier answer was entered in error
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
    by_court: bool


class Ground(NamedTuple):  # what rests on no consent: a service agreed to, a gateway in law, a safeguarding override
    agency: Agency
    basis: str
    categories: tuple[str, ...]
    from_at: datetime
    until_at: datetime | None
    ended_at: datetime | None


class Spell(NamedTuple):  # of an emergency, or of being away while somebody covers
    membership: UUID
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None


class Named(NamedTuple):  # on a restricted case, or for a shielded fact
    membership: UUID
    from_at: datetime
    ended_at: datetime | None


class Restriction(NamedTuple):
    from_at: datetime
    ended_at: datetime | None
    named: tuple[Named, ...]


class Conflict(NamedTuple):  # of a person who is too close to the pupil
    person: UUID
    from_at: datetime
    ended_at: datetime | None


class Shield(NamedTuple):  # a fact about the pupil
    id: UUID
    from_at: datetime
    ended_at: datetime | None
    readers: tuple[Named, ...]


class Row(NamedTuple):
    category: str
    authors: tuple[UUID, ...]  # the membership that wrote it, and its agency's desk for the category
    at: datetime


class Term(NamedTuple):  # on the roll of a school: first and last day, and who teaches the class that it is in
    from_on: date
    to_on: date | None
    class_desk: UUID | None = None


Lasting = Restriction | Named | Conflict | Shield


class Facts(NamedTuple):
    school: Agency  # that keeps the case now
    kept_since: datetime | None  # since it was handed over to it; None: it opened the case
    roll: tuple[Term, ...]  # of the pupil at that school
    before: tuple[Agency, tuple[Term, ...]] | None  # the school that handed it over, and the pupil's times there
    lead: UUID
    opened_at: datetime
    born_on: date | None
    involvements: tuple[Involvement, ...]
    answers: tuple[Answer, ...]
    admissions: tuple[Admission, ...]
    bars: tuple[Bar, ...]
    rows: tuple[Row, ...]
    grounds: tuple[Ground, ...]
    emergencies: tuple[Spell, ...]
    restrictions: tuple[Restriction, ...]
    conflicts: tuple[Conflict, ...]
    shields: tuple[Shield, ...]
    covers: Mapping[UUID, tuple[Spell, ...]]  # by who covers: for whom, from midnight to midnight
    acts_for: Mapping[UUID, Collection[UUID]]  # the agency, its desk and the classes that a worker's role reads for


def midnight(day: date) -> datetime:
    """The beginning of a day in London."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)


def on_roll(roll: Iterable[Term]) -> list[tuple[Span, UUID | None]]:
    """When a school has the pupil, in which class: to the end of the last day. The first time counts once written down."""
    terms = sorted(roll, key=lambda term: (term.from_on, term.to_on or date.max))
    ends = [midnight(term.to_on + A_DAY) if term.to_on else FOREVER for term in terms]
    return [((midnight(t.from_on) if n else ALWAYS, ends[n]), t.class_desk) for n, t in enumerate(terms)]


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


def without(spans: Iterable[Span], gaps: Iterable[Span]) -> list[Span]:
    """Those instants of the spans that are in no gap."""
    return reduce(lambda left, gap: both(left, [(ALWAYS, gap[0]), (gap[1], FOREVER)]), gaps, union(spans))


def lasting(fact: Lasting) -> Span:
    return fact.from_at, fact.ended_at or FOREVER


def reasons(facts: Facts) -> set[Reason]:
    """Every reason to see something of the case; the spans of one (principal, category, basis) are disjoint."""
    spans: dict[tuple[UUID, str, str], list[Span]] = defaultdict(list)
    for principal, category, basis, span in _opened(facts):
        spans[principal, category, basis].append(span)
    return {(*key, *span) for key, stated in spans.items() for span in union(stated)}


def holds(fact: Lasting, at: datetime) -> bool:
    return fact.from_at <= at < lasting(fact)[1]


def conflicted(facts: Facts, person: UUID, at: datetime) -> bool:
    """Whether this person sees nothing of the pupil, unless as their own parent or carer."""
    return any(each.person == person and holds(each, at) for each in facts.conflicts)


def restricted(facts: Facts) -> list[Span]:
    return union(map(lasting, facts.restrictions))


def shut_out(facts: Facts, membership: UUID, at: datetime) -> bool:
    """Whether the case is restricted and this worker not named: then an emergency alone opens it."""
    return any(a <= at < b for a, b in without(restricted(facts), _named(facts).get(membership, [])))


def covered(facts: Facts, who: UUID, at: datetime) -> set[UUID]:
    """For whom somebody stands in: colleagues who are away, with their classes. Nobody in a restricted case, unless named."""
    away = {s.membership for s in facts.covers.get(who, ()) if s.from_at <= at < min(s.until_at, s.ended_at or FOREVER)}
    return set() if shut_out(facts, who, at) else away.union(*(facts.acts_for[each] for each in away))


def reads_shielded(facts: Facts, membership: UUID, fact: UUID, at: datetime) -> bool:
    """Whether this worker is named for a shielded fact that still is one; nothing else opens it."""
    named = (r for s in facts.shields if s.id == fact and holds(s, at) for r in s.readers)
    return any(each.membership == membership and holds(each, at) for each in named)


def opens(reason: Reason, category: str, authors: Collection[UUID]) -> bool:
    """Whether this reason shows a row: of its category, and for `own_record` written by that very principal."""
    return reason[1] == category and (reason[2] != "own_record" or reason[0] in authors)


def _named(facts: Facts) -> dict[UUID, list[Span]]:
    """When whom may be named: the lead practitioner always is."""
    found: dict[UUID, list[Span]] = defaultdict(list, {facts.lead: restricted(facts)})
    for restriction, named in ((each, named) for each in facts.restrictions for named in each.named):
        found[named.membership] += both([lasting(restriction)], [lasting(named)])
    return found


def _opened(facts: Facts) -> Iterator[tuple[UUID, str, str, Span]]:
    """What is stated, as a restriction leaves it: to workers only if named, by their own name; and every emergency."""
    shut, named = restricted(facts), _named(facts)
    for principal, category, basis, span in _stated(facts):
        families = basis == "own_child"
        yield from ((principal, category, basis, left) for left in without([span], [] if families else shut))
        for worker, spans in named.items():
            if worker == principal or (not families and basis != "own_record" and principal in facts.acts_for[worker]):
                yield from ((worker, category, basis, kept) for kept in both([span], spans))
    for e, category in product(facts.emergencies, ("core", "safeguarding")):
        until = min(e.until_at, e.ended_at or FOREVER, e.from_at + HOURS)
        yield e.membership, category, "emergency", (e.from_at, until)


def _stated(facts: Facts) -> Iterator[tuple[UUID, str, str, Span]]:
    since, roll = [(facts.kept_since or facts.opened_at, FOREVER)], on_roll(facts.roll)
    kept = both(since, union(span for span, _ in roll))
    for span, category in product(kept, ("core", "classroom", "education", "family")):
        yield facts.school.id, category, "opened_by", span
        yield facts.lead, category, "assignment", span
    yield from ((facts.school.safeguarding_desk, "core", "opened_by", span) for span in kept)
    for term, desk in roll:
        yield from ((desk, "classroom", "opened_by", span) for span in both(since, [term]) if desk)
    table = [(facts.school, None, kept), *((i.agency, i.assignee, _working(i)) for i in facts.involvements)]
    for agency, category, basis, agreed in chain(_agreed(facts), _grounds(facts)):
        for _, assignee, working in (seat for seat in table if seat[0] == agency):
            for span, shared in product(both(agreed, working), ("core", category)):
                yield agency.desk(shared), shared, basis, span
                if assignee and agency.desk(shared) == agency.id:
                    yield assignee, shared, "assignment", span
    for row in facts.rows:
        yield from ((author, row.category, "own_record", (row.at, FOREVER)) for author in row.authors)
    for admission in facts.admissions:
        spans = [(admission.admitted_at, min(admission.ended_at or FOREVER, birthday(facts.born_on, 18)))]
        spans = without(spans, [(b.from_at, b.until_at or FOREVER) for b in facts.bars if b.person == admission.person])
        yield from ((admission.person, c, "own_child", span) for c in admission.categories for span in spans)


def _working(involvement: Involvement) -> list[Span]:
    accepted = involvement.answered_at if involvement.status in ("accepted", "ended") else None
    return [(accepted, involvement.ended_at or FOREVER)] if accepted else []


def _grounds(facts: Facts) -> Iterator[tuple[Agency, str, str, list[Span]]]:
    """Per agency, category and basis: when a ground holds, whatever the family says."""
    for g in facts.grounds:
        at_most = {"override": g.from_at + FORTNIGHT, "service_agreement": birthday(facts.born_on, 16)}
        until = min(g.until_at or FOREVER, g.ended_at or FOREVER, at_most.get(g.basis, FOREVER))
        yield from ((g.agency, category, g.basis, [(g.from_at, until)]) for category in g.categories)


def _agreed(facts: Facts) -> Iterator[tuple[Agency, str, str, list[Span]]]:
    """When somebody's yes holds, if nobody's latest answer is a no. What was entered in error was never said."""
    mistaken = {answer.corrects for answer in facts.answers}
    latest: dict[tuple[Agency, str, str], dict[UUID, Answer]] = defaultdict(dict)
    for answer in sorted(facts.answers, key=lambda each: each.number):
        if answer.id not in mistaken and answer.corrects is None:
            latest[answer.agency, answer.category, answer.purpose][answer.person] = answer
    for (agency, category, _), minds in latest.items():
        if all(answer.kind == "given" for answer in minds.values()):
            spans = [(a.at, min(a.until_at or FOREVER, birthday(facts.born_on, 16))) for a in minds.values()]
            yield agency, category, "consent", union(spans)
