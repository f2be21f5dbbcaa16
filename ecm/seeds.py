"""The demonstration area: named, made-up people and places, the same every time. Used by `ecm demo` and by the tests.

The ground (organisations, people, pupils) is written here directly; every case is made through the commands that
people use, so its log is as real as anybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import asyncpg

from ecm.accounts.passwords import hash_password
from ecm.agencies.permissions import CATEGORIES
from ecm.pupils.rules import make_upn, search_key, year_group, year_group_code

AREA = UUID("00000000-0000-4000-8000-000000000ec3")
PASSWORD = "open-the-demo"
SINCE = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 9, 1)


def known(name: str) -> UUID:
    """The id of something in the demonstration area, by its name here."""
    return uuid5(AREA, name)


@dataclass(frozen=True, slots=True)
class DemoAgency:
    """An organisation of the area."""

    key: str
    name: str
    kind: str
    offers: tuple[str, ...]
    telephone: str
    category: str = "core"
    urn: str | None = None
    laestab: str | None = None


@dataclass(frozen=True, slots=True)
class DemoWorker:
    """Somebody with a sign-in and one role."""

    email: str
    name: str
    agency: str
    role: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoPupil:
    """A pupil: first name, last name (may be empty), born (None if unknown), class, preferred name."""

    school: str
    first: str
    last: str
    born: date | None
    class_name: str
    preferred: str | None = None
    provision: str = "N"
    needs: tuple[str, ...] = ()


AGENCIES = (
    DemoAgency(
        "oakfield", "Oakfield Primary School", "school", ("teaching", "inclusion"), "01632 960101",
        urn="999001", laestab="9994001",
    ),
    DemoAgency(
        "hillside", "Hillside Academy", "school", ("teaching", "inclusion"), "01632 960102",
        urn="999002", laestab="9994002",
    ),
    DemoAgency(
        "childrens-services", "Northshire Children's Services", "social_care", ("family help", "assessment"), "01632 960103"
    ),
    DemoAgency(
        "community-health", "Northshire Community Health", "health",
        ("speech and language therapy", "school nursing"), "01632 960104",
    ),
    DemoAgency(
        "family-hub", "Riverside Family Hub", "family_support", ("parenting support", "housing advice"), "01632 960105"
    ),
    DemoAgency(
        "council", "Northshire Council SEND Team", "local_authority", ("statutory assessment", "advice"), "01632 960106"
    ),
    DemoAgency(
        "young-minds", "Northshire Young Minds Clinic", "health", ("mental health support",), "01632 960107", "health"
    ),
    DemoAgency(
        "safe-haven", "Safe Haven", "voluntary", ("support after domestic abuse",), "01632 960108", "safeguarding"
    ),
    DemoAgency("partnership", "Northshire Partnership", "partnership", ("audit",), "01632 960109"),
)  # fmt: skip

WORKERS = (
    DemoWorker("senco@oakfield.example", "Grace Okafor", "oakfield", "senco"),
    DemoWorker("dsl@oakfield.example", "Martin Hale", "oakfield", "dsl"),
    DemoWorker("teacher@oakfield.example", "Priya Nair", "oakfield", "teacher", ("Willow",)),
    DemoWorker("admin@oakfield.example", "Joan Whitlock", "oakfield", "agency_admin"),
    DemoWorker("dpo@oakfield.example", "Peter Lund", "oakfield", "data_protection_officer"),
    DemoWorker("senco@hillside.example", "Tom Beddoes", "hillside", "senco"),
    DemoWorker("social.worker@childrens-services.example", "Ruth Adeyemi", "childrens-services", "practitioner"),
    DemoWorker("manager@childrens-services.example", "Colin Marsh", "childrens-services", "manager"),
    DemoWorker("nurse@community-health.example", "Beth Lawson", "community-health", "practitioner"),
    DemoWorker("therapist@community-health.example", "Imran Shah", "community-health", "manager"),
    DemoWorker("family.worker@family-hub.example", "Sian Pugh", "family-hub", "practitioner"),
    DemoWorker("case.officer@council.example", "Helen Frost", "council", "case_officer"),
    DemoWorker("auditor@partnership.example", "Victor Lane", "partnership", "auditor"),
    DemoWorker("system@partnership.example", "Nadia Rahman", "partnership", "system_admin"),
    DemoWorker("dpo@partnership.example", "Olive Trent", "partnership", "data_protection_officer"),
)

PUPILS = (
    DemoPupil("oakfield", "Leila", "Reid", date(2018, 2, 14), "Willow", None, "K", ("SLCN", "SEMH")),
    DemoPupil("oakfield", "Suhaila", "", date(2017, 11, 3), "Willow"),
    DemoPupil("oakfield", "Niamh", "O’Neill", date(2018, 5, 21), "Willow", None, "K", ("SPLD",)),
    DemoPupil("oakfield", "Zoë", "Brontë-Hughes", date(2017, 9, 30), "Willow"),
    DemoPupil("oakfield", "Nguyễn", "Thị Ánh", date(2018, 1, 8), "Willow", "Ánh", "K", ("SLCN",)),
    DemoPupil("oakfield", "José María", "Núñez", date(2016, 12, 12), "Cedar", "Chema"),
    DemoPupil("oakfield", "Łukasz", "Wiśniewski", date(2016, 10, 2), "Cedar", None, "E", ("ASD", "SLCN")),
    DemoPupil("oakfield", "Anne-Marie", "D'Souza", date(2020, 2, 29), "Acorn"),
    DemoPupil("oakfield", "Oluwaseun", "Adébáyọ̀", date(2019, 7, 17), "Birch", "Seun"),
    DemoPupil("oakfield", "Jack", "Null", None, "Birch"),
    DemoPupil("oakfield", "Yusuf", "ibn Rashid", date(2019, 3, 25), "Birch"),
    DemoPupil("oakfield", "Mair", "Ll", date(2020, 8, 31), "Acorn"),
    DemoPupil("hillside", "Ethan", "Clarke", date(2013, 4, 4), "8B", None, "K", ("SEMH",)),
    DemoPupil("hillside", "Aaliyah", "Begum", date(2012, 10, 19), "9A"),
    DemoPupil("hillside", "Siôn", "ap Rhys", date(2014, 1, 27), "7C"),
    DemoPupil("hillside", "X Æ", "Test-Person", date(2013, 6, 6), "8B"),
    DemoPupil("hillside", "Björn", "Ångström", date(2012, 12, 1), "9A", None, "K", ("HI",)),
    DemoPupil("hillside", "Mary Ann", "O'Brien-McCarthy", date(2011, 9, 9), "10D"),
    DemoPupil("hillside", "Phương", "Lê", date(2013, 8, 15), "8B"),
    DemoPupil("hillside", "Ravi", "Kumar", date(2014, 5, 5), "7C", None, "K", ("MLD",)),
    DemoPupil("hillside", "Fatima", "Al-Sayed", date(2011, 2, 2), "10D"),
    DemoPupil("hillside", "Cher", "", date(2012, 3, 30), "9A"),
    DemoPupil("hillside", "Dmytro", "Shevchenko", date(2014, 7, 7), "7C", "Dima"),
)

CLAUSES = (
    ("2.1", CATEGORIES, ("assessment", "advice", "direct_support", "coordination", "family_support")),
    ("2.2", CATEGORIES, ("safeguarding_advice",)),
)

# Two parents who sign in, and some who are only written to.
CARERS = (
    ("amina.yusuf@home.example", "Amina Yusuf", "+447700900101", "mother"),
    ("daniel.reid@home.example", "Daniel Reid", "+447700900102", "father"),
)
OTHER_CARERS = (
    ("ewa", "Ewa Wiśniewska", "+447700900103", "Łukasz Wiśniewski"),
    ("lan", "Phạm Thị Lan", "+447700900104", "Nguyễn Thị Ánh"),
    ("dawn", "Dawn Clarke", "+447700900105", "Ethan Clarke"),
    ("meera", "Meera Kumar", "+447700900106", "Ravi Kumar"),
)


async def lay_ground(connection: asyncpg.Connection) -> None:
    """Write organisations, people and pupils in one transaction, as ecm_policy. `connection` is an administrator's."""
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE ecm_policy")
        await _agencies_and_workers(connection)
        await sign_agreement(connection, [known(a.key) for a in AGENCIES if a.kind != "partnership"])
        await _pupils(connection)
        await _carers(connection)


async def _agencies_and_workers(connection: asyncpg.Connection) -> None:
    await connection.executemany(
        """INSERT INTO agency (id, name, kind, offers, telephone, involvement_category, safeguarding_desk_id, urn, laestab)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (
                known(a.key),
                a.name,
                a.kind,
                list(a.offers),
                a.telephone,
                a.category,
                known(a.key + " safeguarding"),
                a.urn,
                a.laestab,
            )
            for a in AGENCIES
        ],
    )
    password = hash_password(PASSWORD)
    for worker in WORKERS:
        await _person(connection, worker.email, worker.name, None, password)
        await connection.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, class_names, started_at) VALUES ($1, $2, $3, $4, $5, $6)",
            known("seat " + worker.email), known(worker.email), known(worker.agency), worker.role, list(worker.classes), SINCE,
        )  # fmt: skip


async def sign_agreement(connection: asyncpg.Connection, agencies: Sequence[UUID]) -> None:
    """One agreement between all of them, in force since long ago and for years: a clause for each kind of purpose."""
    agreement = known(f"agreement of {len(agencies)}")
    await connection.execute(
        """INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at, approved_at)
           VALUES ($1, $2, $3, $4, $5, $5)""",
        agreement, "Northshire information sharing agreement", FIRST_DAY, date(FIRST_DAY.year + 30, 8, 31), SINCE,
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO agreement_party (id, agreement_id, agency_id, joined_at) VALUES ($1, $2, $3, $4)",
        [(known(f"{agreement} {each}"), agreement, each, SINCE) for each in agencies],
    )
    await connection.executemany(
        "INSERT INTO agreement_clause (id, agreement_id, number, categories, purposes) VALUES ($1, $2, $3, $4, $5)",
        [(known(f"{agreement} {number}"), agreement, number, list(categories), list(purposes))
         for number, categories, purposes in CLAUSES],
    )  # fmt: skip


async def _person(connection: asyncpg.Connection, key: str, name: str, phone: str | None, password: str | None) -> None:
    """A person; with a password they sign in by their key, an e-mail address. A telephone was checked in person."""
    await connection.execute(
        """INSERT INTO person (id, name, email, phone, phone_verified_at, phone_changed_at)
           VALUES ($1, $2, $3, $4, $5, NULL)""",
        known(key), name, key if password else None, phone, SINCE if phone else None,
    )  # fmt: skip
    if password:
        await connection.execute(
            "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2)", known(key), password
        )


async def _pupils(connection: asyncpg.Connection) -> None:
    for number, pupil in enumerate(PUPILS, start=1):
        key = known(f"pupil {pupil.first} {pupil.last}".strip())
        await connection.execute(
            """INSERT INTO pupil (id, first_name, last_name, preferred_name, date_of_birth, date_of_birth_known, search_key)
               VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            key, pupil.first, pupil.last, pupil.preferred, pupil.born, pupil.born is not None,
            search_key(pupil.first, pupil.last, pupil.preferred or ""),
        )  # fmt: skip
        year = year_group(pupil.born, FIRST_DAY) if pupil.born else None
        await connection.execute(
            """INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, class_name, from_on)
               VALUES ($1, $2, $3, $4, $5, $6, $7)""",
            known(f"enrolment {key}"), key, known(pupil.school), make_upn(4001, 24, number),
            year_group_code(year) or "X", pupil.class_name, FIRST_DAY,
        )  # fmt: skip
        needs = [{"type": need, "rank": rank} for rank, need in enumerate(pupil.needs, start=1)]
        await connection.execute(
            "INSERT INTO sen_status (pupil_id, sen_provision, needs) VALUES ($1, $2, $3::text::jsonb)",
            key, pupil.provision, str(needs).replace("'", '"'),
        )  # fmt: skip


async def _carers(connection: asyncpg.Connection) -> None:
    password = hash_password(PASSWORD)
    for email, name, phone, relationship in CARERS:
        await _person(connection, email, name, phone, password)
        await _carer(connection, email, "Leila Reid", relationship)
    for key, name, phone, pupil in OTHER_CARERS:
        await _person(connection, key, name, phone, None)
        await _carer(connection, key, pupil, "mother")


async def _carer(connection: asyncpg.Connection, key: str, pupil: str, relationship: str) -> None:
    await connection.execute(
        """INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, authority_seen,
                              authority_verified_at) VALUES ($1, $2, $3, $4, true, 'birth certificate', $5)""",
        known("carer " + key), known(f"pupil {pupil}"), known(key), relationship, SINCE,
    )  # fmt: skip
