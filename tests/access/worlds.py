"""Worlds to try the relation in: who there is, what they do and when, and doing it for real.

One cast for all worlds; a world is a case of its own, lived through by real sessions in one transaction that is then
undone. The test clock carries every step to its instant, long past, so that no session expires meanwhile.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, acting_together
from ecm.errors import EcmError
from ecm.seeds import known
from tests.access.model import Admission, Agency, Answer, Bar, Facts, Involvement, Reason, Row

DAWN = datetime(2022, 2, 18, 12, 0, tzinfo=UTC)
LEAVING_DAY = 25
CATEGORIES = ("classroom", "education", "health", "social_care", "family", "safeguarding")
PURPOSES = ("support", "assessment")
AGENCIES = {
    "oak": ("school", "core"), "hill": ("school", "core"), "care": ("social_care", "core"),
    "clinic": ("health", "health"), "haven": ("voluntary", "safeguarding"), "council": ("local_authority", "core"),
}  # fmt: skip
WORKERS = {
    "oak senco": "senco", "oak dsl": "dsl", "oak teacher": "teacher", "oak mentor": "teacher",
    "hill senco": "senco", "hill dsl": "dsl", "hill teacher": "teacher",
    "care manager": "manager", "care worker": "practitioner", "care leaver": "practitioner",
    "clinic manager": "manager", "clinic worker": "practitioner", "clinic leaver": "practitioner",
    "haven manager": "manager", "haven worker": "practitioner", "council officer": "case_officer",
}  # fmt: skip
SPEAKERS = {"hill": "hill senco", "care": "care manager", "clinic": "clinic manager", "haven": "haven manager"}
CARERS = ("mother", "father")
# Sixteen or eighteen while a world lasts: 29 February in a common year, the days beside it, the start of summer time.
BIRTHDAYS = (
    date(2016, 2, 29), None, date(2004, 2, 29), date(2006, 3, 1), date(2004, 2, 28), date(2006, 2, 28),
    date(2004, 3, 27), date(2006, 3, 28), date(2004, 3, 28), date(2006, 3, 12), date(2004, 3, 9),
)  # fmt: skip
LANES = 3


# --- who there is


@dataclass(frozen=True)
class Seat:
    """Somebody who may look: a worker (membership) in one role at one agency, or a carer (person) with neither."""

    name: str
    actor: Actor
    principal: UUID
    agency: Agency | None
    role: str


@dataclass(frozen=True)
class Cast:
    """Everybody, by name. Each carer cares for every pupil; there is a pupil for each lane and birthday."""

    agencies: dict[str, Agency]
    seats: dict[str, Seat]
    pupils: dict[tuple[int, date | None], UUID]

    def agency(self, key: str) -> Agency:
        """By its id."""
        return next(a for a in self.agencies.values() if str(a.id) == key)


async def gather_cast(db: Any) -> Cast:
    """Put everybody on the stage of a test's database, and let them sign in."""
    agencies = {name: Agency(known(name), kind, known(f"{name} desk")) for name, (kind, _) in AGENCIES.items()}
    pupils = {(lane, born): new_id() for lane in range(LANES) for born in BIRTHDAYS}
    async with db.admin() as admin:
        await admin.execute("SET ROLE ecm_policy")
        await _insert_people(admin, agencies)
        await _insert_pupils(admin, pupils)
        await admin.execute("RESET ROLE")
        await admin.execute(LOOKING)
        seats = {}
        for name, role in WORKERS.items():
            seats[name] = Seat(name, await db.act_as(name), known(f"seat {name}"), agencies[name.split()[0]], role)
        for name in CARERS:
            seats[name] = Seat(name, await db.act_as(name), known(name), None, "carer")
        await admin.execute(
            "UPDATE membership SET ended_at = $1 WHERE id = ANY($2)",
            DAWN + timedelta(days=LEAVING_DAY), [s.principal for s in seats.values() if s.name.endswith("leaver")],
        )  # fmt: skip
    return Cast(agencies, seats, pupils)


async def _insert_people(admin: asyncpg.Connection, agencies: dict[str, Agency]) -> None:
    await admin.executemany(
        "INSERT INTO agency (id, name, kind, involvement_category, safeguarding_desk_id) VALUES ($1, $2, $3, $4, $5)",
        [(a.id, name, a.kind, AGENCIES[name][1], a.safeguarding_desk) for name, a in agencies.items()],
    )
    await admin.executemany(
        "INSERT INTO person (id, name, email) VALUES ($1, $2, $2)", [(known(n), n) for n in (*WORKERS, *CARERS)]
    )
    await admin.executemany(
        "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, $4, '2020-01-01Z')",
        [(known(f"seat {n}"), known(n), agencies[n.split()[0]].id, role) for n, role in WORKERS.items()],
    )


async def _insert_pupils(admin: asyncpg.Connection, pupils: dict[tuple[int, date | None], UUID]) -> None:
    for (lane, born), pupil in pupils.items():
        await admin.execute(
            "INSERT INTO pupil (id, first_name, last_name, date_of_birth, search_key) VALUES ($1, $2, $3, $4, '')",
            pupil, f"Lane {lane}", str(born), born,
        )  # fmt: skip
        await admin.execute(
            """INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on)
               VALUES ($1, $2, $3, '1', '2020-09-01')""",
            new_id(), pupil, known("oak"),
        )  # fmt: skip
        await admin.executemany(
            "INSERT INTO carer (id, pupil_id, person_id, relationship) VALUES ($1, $2, $3, $4)",
            [(new_id(), pupil, known(name), name) for name in CARERS],
        )


# --- what they do: each as the commands do it, the case locked before its rows are touched


@dataclass(frozen=True)
class Scene:
    """Where a step happens."""

    cast: Cast
    pupil: UUID
    case: UUID

    def seat(self, name: str | None) -> UUID | None:
        """The principal of somebody, by name."""
        return self.cast.seats[name].principal if name else None


async def open_case(act: Act, at: Scene, lead: str) -> int:
    return await act.run(
        """INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, opened_at, updated_at)
           VALUES ($1, $1::text, $2, $3, $4, app_now(), app_now())""",
        at.case, at.pupil, act.who.agency_id, at.seat(lead),
    )  # fmt: skip


async def lead(act: Act, at: Scene, lead: str) -> int:
    return await act.run("UPDATE support_case SET lead_membership_id = $2 WHERE id = $1", at.case, at.seat(lead))


async def invite(act: Act, at: Scene, agency: str) -> int:
    involvement = new_id()
    await act.run(
        """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id,
                                    reason_code, invited_at, updated_at)
           VALUES ($1, $2, 'core', $3, $4, $5, 'advice', app_now(), app_now())""",
        involvement, at.case, at.cast.agencies[agency].id, act.who.agency_id, act.who.membership_id,
    )  # fmt: skip
    return await act.run(
        "INSERT INTO involvement_message (involvement_id, case_id, text) VALUES ($1, $2, '')", involvement, at.case
    )


async def move(act: Act, at: Scene, agency: str, status: str, assignee: str | None = None) -> int:
    was, changes = {
        "accepted": ("invited", "answered_at = app_now(), assignee_membership_id = $5"),
        "declined": ("invited", "answered_at = app_now(), assignee_membership_id = $5"),
        "withdrawn": ("invited", "ended_at = app_now(), assignee_membership_id = $5"),
        "ended": ("accepted", "ended_at = app_now(), answer_message = $5::uuid::text"),
    }[status]
    return await act.run(
        f"UPDATE involvement SET status = $4, {changes} WHERE case_id = $1 AND agency_id = $2 AND status = $3",
        at.case, at.cast.agencies[agency].id, was, status, at.seat(assignee),
    )  # fmt: skip


async def assign(act: Act, at: Scene, agency: str, assignee: str | None) -> int:
    return await act.run(
        """UPDATE involvement SET assignee_membership_id = $3
           WHERE case_id = $1 AND agency_id = $2 AND status = 'accepted'""",
        at.case, at.cast.agencies[agency].id, at.seat(assignee),
    )  # fmt: skip


async def ask(act: Act, at: Scene, scopes: tuple[tuple[str, str, str], ...]) -> int:
    """Put every scope (agency, category, purpose) to both carers."""
    for carer in CARERS:
        request = new_id()
        await act.run(
            """INSERT INTO consent_request (id, case_id, carer_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
               SELECT $1, $2, id, '1', '', $3, app_now() FROM carer WHERE pupil_id = $4 AND person_id = $5""",
            request, at.case, act.who.membership_id, at.pupil, known(carer),
        )  # fmt: skip
        await act.connection.executemany(
            "INSERT INTO consent_proposal (id, request_id, agency_id, category, purpose) VALUES ($1, $2, $3, $4, $5)",
            [(new_id(), request, at.cast.agencies[agency].id, *scope) for agency, *scope in scopes],
        )
    return 1


async def answer(act: Act, at: Scene, carer: str, scope: tuple[str, str, str], kind: str, days: int | None = None) -> int:
    """The carer's own answer online, or as a worker was told it; a yes may hold for so many days only."""
    agency, category, purpose = scope
    return await act.run(
        """INSERT INTO consent_event (id, proposal_id, kind, channel, witness, recorded_by_membership_id, until_at)
           SELECT $1, id, $6, $7, 'a witness', $8, app_now() + make_interval(days => $9) FROM consent_proposal
           WHERE case_id = $2 AND agency_id = $3 AND category = $4 AND purpose = $5 AND person_id = $10""",
        new_id(), at.case, at.cast.agencies[agency].id, category, purpose, kind,
        "in_person" if act.who.membership_id else "online", act.who.membership_id, days, known(carer),
    )  # fmt: skip


async def admit(act: Act, at: Scene, carer: str, categories: tuple[str, ...]) -> int:
    return await act.run(
        """INSERT INTO carer_admission (id, case_id, carer_id, categories, authority_seen, admitted_by_membership_id, admitted_at)
           SELECT $1, $2, id, $3, 'seen', $4, app_now() FROM carer WHERE pupil_id = $5 AND person_id = $6""",
        new_id(), at.case, list(categories), act.who.membership_id, at.pupil, known(carer),
    )  # fmt: skip


async def dismiss(act: Act, at: Scene, carer: str) -> int:
    return await act.run(
        "UPDATE carer_admission SET ended_at = app_now() WHERE case_id = $1 AND person_id = $2 AND ended_at IS NULL",
        at.case, known(carer),
    )  # fmt: skip


async def bar(act: Act, at: Scene, carer: str, wait: int = 0, days: int | None = None) -> int:
    """Bar contact from so many days ahead, for so many days or for good."""
    return await act.run(
        """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
           VALUES ($1, $2, $3, 'court_order', app_now() + make_interval(days => $4),
                   app_now() + make_interval(days => $4 + $5), $6)""",
        new_id(), at.pupil, known(carer), wait, days, act.who.membership_id,
    )  # fmt: skip


async def lift(act: Act, at: Scene, carer: str) -> int:
    return await act.run(
        "UPDATE contact_bar SET until_at = greatest(from_at, app_now()) WHERE pupil_id = $1 AND person_id = $2",
        at.pupil, known(carer),
    )  # fmt: skip


async def write(act: Act, at: Scene, table: str, category: str, owner: str = "oak") -> int:
    """A row of text; an action is for the agency `owner` to do."""
    if not await act.value("SELECT claim_authorship($1, $2, $3, $4)", new_id(), new_id(), at.case, category):
        return 0
    values: dict[str, str] = {
        "case_brief": "(case_id, reason, strengths, level, updated_at) VALUES ($2, $1::text, $3::text, '2', app_now())",
        "identified_barrier": """(id, case_id, category, code, how_identified, detail, updated_at)
                                 VALUES ($1, $2, $3, 'CI01', 'assessment', '', app_now())""",
        "note": "(id, case_id, category, text, written_at) VALUES ($1, $2, $3, '', app_now())",
        "action": """(id, case_id, category, title, owner_agency_id, due_on, added_at, updated_at)
                     VALUES ($1, $2, $3, '', $4, '2022-06-01', app_now(), app_now())""",
    }
    more = [at.cast.agencies[owner].id] if table == "action" else []
    return await act.run(f"INSERT INTO {table} {values[table]}", new_id(), at.case, category, *more)


VERBS: dict[str, Callable[..., Awaitable[int]]] = {
    f.__name__: f
    for f in (open_case, lead, invite, move, assign, ask, answer, admit, dismiss, bar, lift, write)
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """On this day somebody tries this."""

    day: int
    who: str
    verb: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class World:
    """A pupil, what happens in order of time, and where on the line of boundaries (0 to 1) to look."""

    born_on: date | None
    steps: tuple[Step, ...]
    looks: tuple[float, ...]
