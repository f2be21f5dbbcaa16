"""Schools and services of a made-up area, and who works there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from random import Random
from uuid import UUID

from ecm.agencies.permissions import CATEGORIES
from ecm.agencies.words import REASON_LABELS
from ecm.synthetic.names import WORDS, adult_name, family_name
from ecm.synthetic.rows import Rows
from ecm.synthetic.shape import CLASS_SIZE, FIRST_NUMBER, YEARS, SchoolPlan

PLACES = ("Lane", "Road", "Hill", "Meadow", "Park", "Bridge", "Green", "Street")
ENDINGS = {"primary": "Primary School", "secondary": "Academy", "special": "Special School"}
TREES = ("Alder", "Beech", "Cherry", "Damson")
POINTS = ("", "North ", "South ", "East ", "West ")
INVITATIONS_OF_ONE = 50  # of which about 30 are work that goes on now

# Name, kind, what it offers, which category being involved with it belongs to, how often it is asked.
SERVICES = (
    ("Speech and Language Therapy", "health", ("speech and language therapy",), "core", 20),
    ("Children’s Services", "social_care", ("family help", "assessment"), "core", 14),
    ("Family Hub", "family_support", ("parenting support", "housing advice"), "core", 14),
    ("SEND Team", "local_authority", ("statutory assessment", "advice"), "core", 14),
    ("Partnership", "partnership", ("audit",), "core", 0),
    ("Educational Psychology", "local_authority", ("assessment", "advice to schools"), "core", 14),
    ("Young Minds Clinic", "health", ("mental health support",), "health", 8),
    ("School Nursing", "health", ("school nursing",), "core", 12),
    ("Refuge", "voluntary", ("support after domestic abuse",), "safeguarding", 1),
    ("Occupational Therapy", "health", ("occupational therapy",), "core", 10),
    ("Youth Club Network", "voluntary", ("mentoring", "sport"), "core", 6),
    ("Early Help", "family_support", ("early help",), "core", 10),
)  # fmt: skip
ROLES = {
    "school": ("senco", "headteacher", "dsl", "agency_admin", "data_protection_officer"),
    "partnership": ("auditor", "system_admin"),
    "local_authority": ("manager", "agency_admin", "data_protection_officer", "case_officer"),
}
OTHER_ROLES = ("manager", "agency_admin", "data_protection_officer")


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody in one role at one agency."""

    person: UUID
    id: UUID  # the membership
    name: str
    role: str
    email: str


@dataclass(slots=True, eq=False)
class Place:
    """A school or a service: its workers by role, a school's teachers by class."""

    id: UUID
    name: str
    kind: str
    safeguarding_desk: UUID
    host: str
    category: str = "core"
    weight: int = 0
    plan: SchoolPlan | None = None
    number: int = 0
    corner: int = 0
    workers: dict[str, list[Worker]] = field(default_factory=dict)

    def desk(self, category: str) -> UUID:
        """Who keeps what is written in this category; Source: `desk` in ecm/agencies/policies.sql."""
        return self.safeguarding_desk if self.kind == "school" and category == "safeguarding" else self.id

    def hand(self, draw: Random) -> Worker:
        """Somebody who does the work of a service."""
        return draw.choice(self.workers.get("practitioner") or self.workers["manager"])


@dataclass(frozen=True)
class Area:
    """Where rows go, what they are drawn from, the day everything is relative to, what the area is called here and in
    addresses."""

    rows: Rows
    draw: Random
    day: date
    name: str
    host: str

    @property
    def now(self) -> datetime:
        """The last instant at which anything has happened: the day's beginning."""
        return datetime.combine(self.day, time(), UTC) - timedelta(hours=2)


def make_schools(area: Area, plans: list[SchoolPlan], taken: set[str]) -> Iterator[Place]:
    """A school for each plan, with the register's numbers that nobody has yet (LAESTAB 999…, URN 999…)."""
    numbers = {phase: iter(range(first, first + 1900)) for phase, first in FIRST_NUMBER.items()}
    urns = (urn for urn in range(999_100, 1_000_000) if str(urn) not in taken)
    for place, plan in enumerate(plans):
        number = next((n for n in numbers[plan.phase] if f"999{n}" not in taken), None)
        road, where = divmod(place, len(PLACES))
        name = f"{WORDS[(road + where * 11) % len(WORDS)]} {PLACES[where]} {ENDINGS[plan.phase]}"
        urn = next(urns, None)
        made = _place(area, name, "school", ("teaching", "inclusion"), f"s{place + 1}", urn=str(urn) if urn else None,
                      laestab=f"999{number}" if number else None)  # fmt: skip
        made.plan, made.number = plan, number or 9999
        _staff(area, made, [(role, []) for role in ROLES["school"]])
        _staff(area, made, [("teacher", [name]) for name in sorted(set(class_names(plan)))])
        yield made


def make_services(area: Area, many: int, cases: int) -> list[Place]:
    """So many services, one of each sort before the second of any; enough people in each for the cases there are."""
    sorts = [SERVICES[place % len(SERVICES)] for place in range(many)]
    asked = sum(sort[-1] for sort in sorts) or 1
    found = []
    for place, (sort, kind, offers, category, weight) in enumerate(sorts):
        further, point = divmod(place // len(SERVICES), len(POINTS))
        name = f"{area.name} {POINTS[point]}{sort}" + (f" {further + 1}" if further else "")
        made = _place(area, name, kind, offers, f"a{place + 1}", category=category)
        made.category, made.weight, made.corner = category, weight, place // len(SERVICES) % corners(many)
        roles = [(role, []) for role in ROLES.get(kind, OTHER_ROLES)]  # type: list[tuple[str, list[str]]]
        hands = round(cases * weight / asked / INVITATIONS_OF_ONE) + 1 if weight else 0
        _staff(area, made, roles + [("practitioner", [])] * hands)
        found.append(made)
    return found


def corners(services: int) -> int:
    """How many parts the area has, each with one service of every sort, whom only its own schools ask."""
    return max(1, services // len(SERVICES))


def settle(schools: Sequence[Place], many: int) -> None:
    """Give so many corners their schools, of each phase as many."""
    for _, phase in groupby(schools, lambda school: school.plan and school.plan.phase):
        same = list(phase)
        for place, school in enumerate(same):
            school.corner = place * many // len(same)


def sign_agreement(area: Area, places: Sequence[Place]) -> None:
    """One agreement between all of them, without which nobody could be invited: every kind, for every purpose."""
    agreement, since = area.rows.new_id(), area.now - timedelta(days=5 * 365)
    area.rows.add(
        "sharing_agreement", id=agreement, title=f"{area.name} information sharing agreement", from_on=since.date(),
        until_on=since.date() + timedelta(days=30 * 365), made_at=since, approved_at=since,
    )  # fmt: skip
    for place in places:
        area.rows.add(
            "agreement_party", id=area.rows.new_id(), agreement_id=agreement, agency_id=place.id, joined_at=since
        )
    area.rows.add(
        "agreement_clause", id=area.rows.new_id(), agreement_id=agreement, number="1", categories=list(CATEGORIES),
        purposes=list(REASON_LABELS),
    )  # fmt: skip


def class_names(plan: SchoolPlan) -> list[str]:
    """The class of each pupil of a school, in the order of `years`."""
    years, size = years_of(plan), CLASS_SIZE[plan.phase]
    first = {year: years.index(year) for year in set(years)}
    marks = "ABCDEFGHJKLM" if plan.phase == "secondary" else TREES
    return [
        f"{year or 'R'}{'' if plan.phase == 'secondary' else ' '}{marks[(place - first[year]) // (size + 3) % len(marks)]}"
        for place, year in enumerate(years)
    ]


def years_of(plan: SchoolPlan) -> list[int]:
    """The national curriculum year of each pupil of a school, youngest first, every year about as large."""
    years = YEARS[plan.phase]
    return sorted(years[place % len(years)] for place in range(plan.pupils))


def _place(
    area: Area, name: str, kind: str, offers: tuple[str, ...], key: str, category: str = "core",
    urn: str | None = None, laestab: str | None = None,
) -> Place:  # fmt: skip
    made = Place(area.rows.new_id(), name, kind, area.rows.new_id(), f"{key}.{area.host}")
    area.rows.add(
        "agency", id=made.id, name=name, kind=kind, offers=list(offers), involvement_category=category,
        safeguarding_desk_id=made.safeguarding_desk, urn=urn, laestab=laestab,
        telephone=f"01632 960{area.draw.randrange(1000):03}",
    )  # fmt: skip
    return made


def _staff(area: Area, place: Place, roles: list[tuple[str, list[str]]]) -> None:
    since = area.now - timedelta(days=5 * 365)
    for role, classes in roles:
        before = place.workers.setdefault(role, [])
        name = adult_name(area.draw, family_name(area.draw)[1])
        email = f"{role.replace('_', '.')}{len(before) or ''}@{place.host}"
        worker = Worker(area.rows.new_id(), area.rows.new_id(), name, role, email)
        area.rows.add("person", id=worker.person, name=name, email=email, phone=None, phone_verified_at=None)
        area.rows.add(
            "membership", id=worker.id, person_id=worker.person, agency_id=place.id, role=role, class_names=classes,
            started_at=since,
        )  # fmt: skip
        before.append(worker)
