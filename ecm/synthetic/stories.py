"""One made-up case from its opening to this day: what it is about, what was tried, how it was reviewed and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from ecm.barriers.catalogue import Barrier
from ecm.cases.rules import DEFAULT_FOR_CARERS, HOW_IDENTIFIED, reference_of
from ecm.synthetic import sentences
from ecm.synthetic.people import Pupil, called
from ecm.synthetic.places import Area, Place, Worker

CLOSED, VOIDED, REOPENED = 0.22, 0.01, 0.03
OLDEST_DAYS = 900
OUTCOMES = ("outcomes_met", "stepped_up", "stepped_down", "moved", "declined_by_family", "no_longer_needed", "other")
WRONG_NOTE = 0.01


@dataclass(frozen=True)
class Partner:
    """A service at work on a case, from when until when; `agreed`: the family's yes holds now."""

    place: Place
    worker: Worker
    categories: tuple[str, ...]
    since: datetime
    until: datetime
    agreed: bool


@dataclass
class Case:
    """A case being told. `last`: when it ended, or now. `authors`: who wrote in which category, and since when."""

    area: Area
    school: Place
    pupil: Pupil
    id: UUID
    lead: Worker
    opened: datetime
    status: str
    last: datetime
    authors: dict[tuple[UUID, str], datetime] = field(default_factory=dict)

    @property
    def draw(self) -> Random:
        """What everything here is drawn from."""
        return self.area.draw

    def between(self, first: datetime, last: datetime) -> datetime:
        """An instant between these two, in the hours of a working day as far as that fits."""
        drawn = first + (last - first) * self.draw.random()
        drawn -= timedelta(days=max(0, drawn.weekday() - 4))
        return max(first, min(last, drawn.replace(hour=9 + drawn.hour % 8)))

    def signed(self, place: Place, worker: Worker, category: str, at: datetime) -> dict[str, UUID]:
        """The columns that say who wrote it; they are an author from then on."""
        desk = place.desk(category)
        for principal in (worker.id, desk):
            self.authors[principal, category] = min(at, self.authors.get((principal, category), at))
        return {"author_agency_id": place.id, "author_membership_id": worker.id, "author_desk_id": desk}


def open_case(area: Area, school: Place, pupil: Pupil, references: set[str]) -> Case:
    """The case with its brief, its barriers and the carers admitted to it; not yet written: `close_case` does."""
    draw = area.draw
    key = area.rows.new_id()
    while reference_of(key) in references:
        key = area.rows.new_id()
    references.add(reference_of(key))
    lead = school.workers[draw.choices(("senco", "dsl", "headteacher"), cum_weights=(92, 97, 100))[0]][0]
    age = draw.randrange(2, max(3, min(OLDEST_DAYS, (area.day - pupil.since).days)))
    opened = (area.now - timedelta(days=age)).replace(hour=8 + draw.randrange(8), minute=draw.randrange(60))
    drawn = draw.random()
    status = "voided" if drawn < VOIDED else "closed" if drawn < VOIDED + CLOSED and age > 60 else "open"
    case = Case(area, school, pupil, key, lead, opened, status, area.now)
    if status != "open":
        case.last = case.between(opened + timedelta(days=1 if status == "voided" else 45), area.now)
    return case


def describe(case: Case) -> list[Barrier]:
    """Its brief and its barriers; the barriers. The case is written before: `head`."""
    draw, rows = case.draw, case.area.rows
    barriers = draw.sample(sentences.nameable(), draw.choices((1, 2, 3, 4), cum_weights=(25, 65, 90, 100))[0])
    rows.add(
        "case_brief", case_id=case.id, reason=sentences.reason(draw, called(case.pupil), barriers[0]),
        strengths=sentences.strengths(draw), level=draw.choices("1234", cum_weights=(15, 60, 92, 100))[0],
        updated_at=case.opened, **case.signed(case.school, case.lead, "education", case.opened),
    )  # fmt: skip
    for each in barriers:
        rows.add(
            "identified_barrier", id=rows.new_id(), case_id=case.id, category=each.default_category, code=each.code,
            how_identified=draw.choice(HOW_IDENTIFIED), detail=sentences.detail(draw, each), updated_at=case.opened,
            **case.signed(case.school, case.lead, each.default_category, case.opened),
        )  # fmt: skip
    return barriers


def write_head(case: Case, next_review_on: date | None) -> None:
    """The case itself, as it stands now."""
    case.area.rows.add(
        "support_case", id=case.id, reference=reference_of(case.id), pupil_id=case.pupil.id, school_id=case.school.id,
        lead_membership_id=case.lead.id, status=case.status, next_review_on=next_review_on, opened_at=case.opened,
        updated_at=case.between(case.opened, case.last), version=case.draw.randrange(1, 5),
    )  # fmt: skip


def write_authors(case: Case) -> None:
    """Who has written in which category, so that it stays theirs."""
    for (principal, category), at in case.authors.items():
        case.area.rows.add(
            "case_author",
            id=case.area.rows.new_id(),
            case_id=case.id,
            principal=principal,
            category=category,
            since_at=at,
        )


def admit_carers(case: Case, barred: set[UUID]) -> None:
    """Some carers see the case themselves; of a case opened in error nobody does any more."""
    for carer in case.pupil.carers[:2]:
        if carer.person in barred or case.draw.random() > 0.4:
            continue
        at = case.between(case.opened, case.last)
        over = case.status == "voided" or case.draw.random() < 0.05
        case.area.rows.add(
            "carer_admission", id=case.area.rows.new_id(), case_id=case.id, carer_id=carer.id, person_id=carer.person,
            categories=list(DEFAULT_FOR_CARERS), authority_seen="birth certificate", admitted_by_membership_id=case.lead.id,
            admitted_at=at, ended_at=case.between(at, case.last) if over else None,
        )  # fmt: skip


def bar_contact(case: Case) -> set[UUID]:
    """Now and then one of two carers must see nothing; who."""
    carers = case.pupil.carers
    if len(carers) < 2 or case.draw.random() > 0.02:
        return set()
    at = case.between(case.opened, case.last)
    case.area.rows.add(
        "contact_bar", id=case.area.rows.new_id(), pupil_id=case.pupil.id, person_id=carers[1].person,
        reason_code=case.draw.choice(("court_order", "safety", "other")), from_at=at,
        until_at=case.between(at, case.last) + timedelta(minutes=1) if case.draw.random() < 0.2 else None,
        set_by_membership_id=case.school.workers["dsl"][0].id,
    )  # fmt: skip
    return {carers[1].person}


def write_notes(case: Case, partners: Sequence[Partner]) -> None:
    """What the school and the services wrote down on the way."""
    for _ in range(case.draw.randrange(2, 7)):
        category = case.draw.choice(("education", "education", "classroom", "family"))
        _note(case, case.school, case.lead, category, case.between(case.opened, case.last))
    if case.draw.random() < 0.04:
        _note(case, case.school, case.school.workers["dsl"][0], "safeguarding", case.between(case.opened, case.last))
    for partner in partners:
        if case.draw.random() < 0.7:
            category = case.draw.choice(partner.categories)
            _note(case, partner.place, partner.worker, category, case.between(partner.since, partner.until))


def _note(case: Case, place: Place, worker: Worker, category: str, at: datetime) -> None:
    key, wrong = case.area.rows.new_id(), case.draw.random() < WRONG_NOTE
    signed = case.signed(place, worker, category, at)
    case.area.rows.add(
        "note",
        id=key,
        case_id=case.id,
        category=category,
        text=sentences.note(case.draw),
        written_at=at,
        in_error=wrong,
        **signed,
    )
    if wrong:
        case.area.rows.add(
            "correction", id=case.area.rows.new_id(), case_id=case.id, category=category, kind="note", subject_id=key,
            reason="Meant for another pupil.", author_agency_id=place.id, author_membership_id=worker.id,
            by_membership_id=worker.id, at=case.between(at, case.last),
        )  # fmt: skip


def hold_reviews(case: Case, partners: Sequence[Partner]) -> date | None:
    """A review every school term or so; the day of the next one while the case is open."""
    at = case.opened + timedelta(days=case.draw.randrange(40, 100))
    while at < case.last - timedelta(hours=1):
        key, following = case.area.rows.new_id(), at + timedelta(days=case.draw.randrange(60, 120))
        case.area.rows.add(
            "review", id=key, case_id=case.id, held_on=at.date(), next_review_on=following.date(),
            held_by_membership_id=case.lead.id, written_at=at,
        )  # fmt: skip
        _contribution(case, key, case.school, case.lead, "education", at)
        for partner in partners:
            if partner.since <= at <= partner.until:
                _contribution(case, key, partner.place, partner.worker, partner.categories[0], at)
        at = following
    # A few are held later than they should be.
    late = case.draw.random() < 0.1
    return (at - timedelta(days=40) if late else at).date() if case.status == "open" else None


def _contribution(case: Case, review: UUID, place: Place, worker: Worker, category: str, at: datetime) -> None:
    case.area.rows.add(
        "review_contribution", id=case.area.rows.new_id(), review_id=review, case_id=case.id, category=category,
        text=sentences.contribution(case.draw), written_at=at, **case.signed(place, worker, category, at),
    )  # fmt: skip


def turn(case: Case) -> None:
    """How it ended, if it did; a few were closed once before and opened again."""
    if case.status == "open" and case.draw.random() < REOPENED and case.last - case.opened > timedelta(days=90):
        closed = case.between(case.opened + timedelta(days=30), case.last - timedelta(days=40))
        _turn(case, "closed", closed, "no_longer_needed")
        _turn(case, "reopened", closed + timedelta(days=30), None)
    elif case.status == "closed":
        _turn(case, "closed", case.last, case.draw.choice(OUTCOMES))
    elif case.status == "voided":
        _turn(case, "voided", case.last, None)


def _turn(case: Case, kind: str, at: datetime, outcome: str | None) -> None:
    reason = {"reopened": "The old worry is back.", "voided": "Opened for the wrong pupil."}.get(kind)
    case.area.rows.add(
        "case_turn", id=case.area.rows.new_id(), case_id=case.id, kind=kind, outcome=outcome,
        reason=reason or case.draw.choice(sentences.ENDS), by_membership_id=case.lead.id, at=at,
    )  # fmt: skip
