"""Pupils of a made-up school, and who cares for them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from ecm.clock import midnight
from ecm.pupils.rules import birthday, make_upn, school_year_starts, search_key, year_group_code
from ecm.synthetic.names import adult_name, family_name, pupil_name
from ecm.synthetic.places import Area, Place, class_names, years_of
from ecm.synthetic.shape import CASES_IN_100, needs, provision

SIBLING = 0.25
LANGUAGES = ("pl", "ur", "ro", "pa", "ar", "bn", "so", "uk", "vi", "cy", "bfi", "pt")
RELATIONSHIPS = ("mother", "father", "grandparent", "mother", "father", "guardian")


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody who cares for a pupil. `verified`: responsibility was seen, and the number rung."""

    id: UUID
    person: UUID
    name: str
    verified: bool
    language: str


@dataclass(slots=True)
class Pupil:
    """Somebody on a school's roll."""

    id: UUID
    first: str
    last: str
    preferred: str | None
    born: date
    year: int
    class_name: str
    provision: str
    since: date
    has_case: bool = False
    needs: list[str] = field(default_factory=list)
    carers: list[Carer] = field(default_factory=list)

    @property
    def sixteen(self) -> datetime:
        """From when on the pupil decides, not the carer."""
        return midnight(birthday(self.born, 16))


@dataclass(slots=True)
class Household:
    """The grown-ups of brothers and sisters: person, name, number checked."""

    culture: int
    last: str
    adults: list[tuple[UUID, str, bool]] = field(default_factory=list)


def enrol(area: Area, school: Place, cases: int) -> list[Pupil]:
    """Everybody on the roll of this school, written; so many of them will have a case."""
    pupils = _children(area, school)
    # Who has a plan is likelier to have a case than who has support, and that likelier than anybody else.
    likely = {"E": 0.0, "K": 0.35, "N": 1.0}
    by_need = sorted(range(len(pupils)), key=lambda place: likely[pupils[place].provision] + area.draw.random())
    for place in by_need[:cases]:
        pupils[place].has_case = True
    household, numbered = None, Counter[int]()
    for pupil in pupils:
        household = _household(area, household)
        _write(area, school, numbered, pupil, household)
    return pupils


def cases_until(pupils: int) -> int:
    """How many cases there are among the first so many pupils."""
    return pupils * CASES_IN_100 // 100


def _children(area: Area, school: Place) -> list[Pupil]:
    plan, draw = school.plan, area.draw
    assert plan is not None
    made = []
    for year, class_name in zip(years_of(plan), class_names(plan), strict=True):
        given = provision(plan.phase, year, draw)
        since = _joined(area, plan.phase, year)
        pupil = Pupil(area.rows.new_id(), "", "", None, _born(area.day, year, draw), year, class_name, given, since)
        pupil.needs = needs(plan.phase, given, draw)
        made.append(pupil)
    draw.shuffle(made)
    return made


def _born(day: date, year: int, draw: Random) -> date:
    """Old enough for the year, by the rule of `year_group`."""
    return date(school_year_starts(day).year - 5 - year, 9, 1) + timedelta(days=draw.randrange(365))


def _joined(area: Area, phase: str, year: int) -> date:
    first = {"primary": 0, "secondary": 7, "special": 1}[phase]
    ago = area.draw.randrange(year - first + 1) if area.draw.random() < 0.15 else year - first
    this_year = school_year_starts(area.day)
    return min(this_year.replace(year=this_year.year - ago), area.day - timedelta(days=40))


def _household(area: Area, before: Household | None) -> Household:
    if before and area.draw.random() < SIBLING:
        return before
    culture, last = family_name(area.draw)
    many = area.draw.choices((1, 2, 3), cum_weights=(38, 94, 100))[0]
    return Household(culture, last, [_adult(area, last) for _ in range(many)])


def _adult(area: Area, last: str) -> tuple[UUID, str, bool]:
    draw, key = area.draw, area.rows.new_id()
    name = adult_name(draw, last if draw.random() < 0.8 else family_name(draw)[1])
    checked = draw.random() < 0.6
    phone = f"+447700900{draw.randrange(1000):03}" if checked or draw.random() < 0.9 else None
    email = f"{key.hex[-12:]}@home.{area.host}" if draw.random() < 0.7 else None
    area.rows.add(
        "person", id=key, name=name, email=email, phone=phone,
        phone_verified_at=area.now - timedelta(days=draw.randrange(30, 900)) if checked else None,
    )  # fmt: skip
    return key, name, checked


def _write(area: Area, school: Place, numbered: Counter[int], pupil: Pupil, household: Household) -> None:
    pupil.first, pupil.last, pupil.preferred = pupil_name(area.draw, household.culture, household.last)
    entered = pupil.born.year + 5
    numbered[entered] += 1
    area.rows.add(
        "pupil", id=pupil.id, first_name=pupil.first, last_name=pupil.last, preferred_name=pupil.preferred,
        date_of_birth=pupil.born, search_key=search_key(pupil.first, pupil.last, pupil.preferred or ""),
    )  # fmt: skip
    area.rows.add(
        "enrolment", id=area.rows.new_id(), pupil_id=pupil.id, school_id=school.id,
        upn=make_upn(school.number, entered, numbered[entered]),
        year_group=year_group_code(pupil.year), class_name=pupil.class_name, from_on=pupil.since,
    )  # fmt: skip
    ranked = ", ".join(f'{{"rank": {rank}, "type": "{need}"}}' for rank, need in enumerate(pupil.needs, start=1))
    area.rows.add("sen_status", pupil_id=pupil.id, sen_provision=pupil.provision, needs=f"[{ranked}]")
    pupil.carers = list(_carers(area, pupil, household))


def _carers(area: Area, pupil: Pupil, household: Household) -> Iterator[Carer]:
    for place, (person, name, checked) in enumerate(household.adults):
        draw, key = area.draw, area.rows.new_id()
        responsible = place < 2
        seen = responsible and (pupil.has_case or draw.random() < 0.3)
        language = draw.choice(LANGUAGES) if household.culture > 2 and draw.random() < 0.3 else "en"
        area.rows.add(
            "carer", id=key, pupil_id=pupil.id, person_id=person, relationship=RELATIONSHIPS[(place + pupil.year) % 6],
            has_parental_responsibility=responsible, authority_seen="birth certificate" if seen else None,
            authority_verified_at=area.now - timedelta(days=draw.randrange(1, 900)) if seen else None, language=language,
            needs_interpreter=language != "en" and draw.random() < 0.5,
            format=draw.choices(("standard", "large_print", "telephone"), cum_weights=(94, 97, 100))[0],
        )  # fmt: skip
        yield Carer(key, person, name, checked and seen, language)


def called(pupil: Pupil) -> str:
    """What the school calls the pupil when it writes to the family."""
    return pupil.preferred or pupil.first
