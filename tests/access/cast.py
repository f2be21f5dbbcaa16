"""Who there is in a world: organisations, workers and carers, the same in every one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg

from ecm.accounts.commands import choose_membership
from ecm.agencies.permissions import CATEGORIES
from ecm.clock import new_id
from ecm.database import Actor
from ecm.pupils.rules import make_upn
from ecm.seeds import known
from tests.access.model import Agency

DAWN = datetime(2022, 2, 18, 12, 0, tzinfo=UTC)
LEAVING_DAY = 25
AGENCIES = {
    "oak": ("school", "core"), "hill": ("school", "core"), "care": ("social_care", "core"),
    "clinic": ("health", "health"), "haven": ("voluntary", "safeguarding"),
}  # fmt: skip
WORKERS = {
    "oak senco": "senco", "oak dsl": "dsl", "oak teacher": "teacher", "oak mentor": "teacher",
    "hill senco": "senco", "hill dsl": "dsl", "hill teacher": "teacher",
    "care manager": "manager", "care worker": "practitioner", "care leaver": "practitioner",
    "clinic manager": "manager", "clinic worker": "practitioner", "clinic leaver": "practitioner",
    "haven manager": "manager", "haven worker": "practitioner", "care parent": "practitioner",
}  # fmt: skip
# Who teaches which classes. Every pupil begins in 1A of Oak, and so does each one's twin at Hill.
CLASSES = {"oak teacher": ["1A"], "oak mentor": ["1B", "1C"], "hill teacher": ["1A"]}
# Those who wear two hats: which of them is whom. One works where the own child may be helped.
HATS = {"hill teacher": "oak mentor", "care parent": "father"}
AGENCY_WIDE = {"senco", "headteacher", "dsl", "manager", "case_officer"}
CARERS = ("mother", "father")
SPEAKERS = {"hill": "hill senco", "care": "care manager", "clinic": "clinic manager", "haven": "haven manager"}
SHARED = ("classroom", "education", "health", "social_care", "family", "safeguarding")
# Sixteen or eighteen while a world lasts: 29 February in a common year, the days beside it, the start of summer time.
BIRTHDAYS = (
    date(2016, 2, 29), None, date(2004, 2, 29), date(2006, 3, 1), date(2004, 2, 28), date(2006, 2, 28),
    date(2004, 3, 27), date(2006, 3, 28), date(2004, 3, 28), date(2006, 3, 12), date(2004, 3, 9),
)  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """Somebody who may look: a worker (membership) in one role at one agency, or a carer (person) with neither."""

    name: str
    actor: Actor
    principal: UUID
    person: UUID
    agency: Agency | None
    role: str
    classes: frozenset[UUID] = frozenset()  # the desks of the classes that they teach

    @property
    def acts_for(self) -> frozenset[UUID]:
        """For whom somebody reads besides themselves: the agency or its safeguarding desk in some roles; their classes."""
        if self.agency is None:
            return frozenset()
        found = {self.agency.id} if self.role in AGENCY_WIDE else set()
        return self.classes | found | ({self.agency.safeguarding_desk} if self.role == "dsl" else set())


@dataclass(frozen=True)
class Cast:
    """Everybody, by name. Each carer cares for every pupil; there is a pupil for each lane and birthday."""

    agencies: dict[str, Agency]
    seats: dict[str, Seat]
    pupils: dict[tuple[int, date | None], UUID]
    twins: dict[tuple[int, date | None], UUID]  # the record that the school Hill has of each: the father cares for it
    upns: dict[UUID, str]
    class_desks: dict[tuple[UUID, str], UUID]  # by school and class


async def gather_cast(db: Any, lanes: int) -> Cast:
    """Put everybody into a test's database and sign them in; the leavers leave on their day."""
    agencies = {name: Agency(known(name), kind, known(f"{name} desk")) for name, (kind, _) in AGENCIES.items()}
    pupils, twins = ({(lane, born): new_id() for lane in range(lanes) for born in BIRTHDAYS} for _ in range(2))
    upns = {pupil: make_upn(9999, 22, number) for number, pupil in enumerate(pupils.values())}
    async with db.admin() as admin:
        await admin.execute("SET ROLE ecm_policy")
        await _insert_people(admin, agencies)
        await _agree(admin, [agency.id for agency in agencies.values()])
        await _insert_pupils(admin, pupils, "oak", CARERS, upns)
        await _insert_pupils(admin, twins, "hill", ("father",), {})
        await admin.execute("RESET ROLE")
        desks = await _class_desks(admin, agencies)
        workers = [
            Seat(n, await _signed_in(db, n), known(f"seat {n}"), _person(n), agency := agencies[n.split()[0]], role,
                 frozenset(desks[agency.id, name] for name in CLASSES.get(n, ())))
            for n, role in WORKERS.items()
        ]  # fmt: skip
        carers = [Seat(n, await _signed_in(db, n), known(n), known(n), None, "carer") for n in CARERS]
        await admin.execute(
            "UPDATE membership SET ended_at = $1 WHERE id = ANY($2)",
            DAWN + timedelta(days=LEAVING_DAY), [s.principal for s in workers if s.name.endswith("leaver")],
        )  # fmt: skip
    return Cast(agencies, {s.name: s for s in workers + carers}, pupils, twins, upns, desks)


async def _class_desks(admin: asyncpg.Connection, agencies: dict[str, Agency]) -> dict[tuple[UUID, str], UUID]:
    """By what id a class is known where it says who reads."""
    schools = [agency.id for agency in agencies.values() if agency.kind == "school"]
    classes = product(schools, {name for names in CLASSES.values() for name in names})
    return {(school, name): await admin.fetchval("SELECT class_desk($1, $2)", school, name) for school, name in classes}


def _person(name: str) -> UUID:
    return known(HATS.get(name, name))


async def _signed_in(db: Any, name: str) -> Actor:
    """A session of somebody's, with this hat on."""
    actor: Actor = await db.act_as(HATS.get(name, name))
    if name in HATS or name in HATS.values():
        await choose_membership(actor, known(f"seat {name}") if name in WORKERS else None)
    return actor


async def _insert_people(admin: asyncpg.Connection, agencies: dict[str, Agency]) -> None:
    await admin.executemany(
        "INSERT INTO agency (id, name, kind, involvement_category, safeguarding_desk_id) VALUES ($1, $2, $3, $4, $5)",
        [(a.id, name, a.kind, AGENCIES[name][1], a.safeguarding_desk) for name, a in agencies.items()],
    )
    await admin.executemany(
        "INSERT INTO person (id, name, email) VALUES ($1, $2, $2)",
        [(known(n), n) for n in (*WORKERS, *CARERS) if n not in HATS],
    )
    await admin.executemany(
        "INSERT INTO membership (id, person_id, agency_id, role, class_names, started_at) VALUES ($1, $2, $3, $4, $5, '2020-01-01Z')",
        [
            (known(f"seat {n}"), _person(n), agencies[n.split()[0]].id, role, CLASSES.get(n, []))
            for n, role in WORKERS.items()
        ],
    )


async def _agree(admin: asyncpg.Connection, agencies: list[UUID]) -> None:
    """An agreement of them all on all that they are asked for: it opens nothing."""
    agreement, since = new_id(), DAWN - timedelta(days=9)
    await admin.execute(
        """INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at, approved_at)
           VALUES ($1, 'All', $2, '2030-01-01', $3, $3)""",
        agreement, since, since,
    )  # fmt: skip
    await admin.executemany(
        "INSERT INTO agreement_party (id, agreement_id, agency_id, joined_at) VALUES ($1, $2, $3, $4)",
        [(new_id(), agreement, agency, since) for agency in agencies],
    )
    await admin.execute(
        "INSERT INTO agreement_clause (id, agreement_id, number, categories, purposes) VALUES ($1, $2, '1', $3, '{advice}')",
        new_id(), agreement, list(CATEGORIES),
    )  # fmt: skip


async def _insert_pupils(
    admin: asyncpg.Connection,
    pupils: dict[tuple[int, date | None], UUID],
    school: str,
    carers: tuple[str, ...],
    upns: dict[UUID, str],
) -> None:
    await admin.executemany(
        "INSERT INTO pupil (id, first_name, last_name, date_of_birth, search_key) VALUES ($1, '', '', $2, '')",
        [(pupil, born) for (_, born), pupil in pupils.items()],
    )
    await admin.executemany(
        """INSERT INTO enrolment (id, pupil_id, school_id, year_group, class_name, from_on, upn)
           VALUES ($1, $2, $3, '1', '1A', '2020-09-01', $4)""",
        [(new_id(), pupil, known(school), upns.get(pupil)) for pupil in pupils.values()],
    )
    await admin.executemany(
        """INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, authority_seen, authority_verified_at)
           VALUES ($1, $2, $3, $4, true, 'seen', '2020-01-01Z')""",
        [(new_id(), pupil, known(name), name) for pupil in pupils.values() for name in carers],
    )
