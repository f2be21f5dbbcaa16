"""Files of pupils for the tests, and the way a person and a program send them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import httpx

from ecm.pupils.rules import make_upn

HEADER = "UPN,First name,Last name,Date of birth,Year,Class"


def upn(number: int) -> str:
    """The number of a made-up pupil who is in no seed."""
    return make_upn(7777, 24, number)


def csv(*rows: str, header: str = HEADER) -> bytes:
    """A list as a school's system exports it."""
    return "\r\n".join((header, *rows, "")).encode()


def line(
    number: int, first: str = "", last: str = "", born: str = "14/02/2018", year: str = "4", form: str = "Elm"
) -> str:
    """A pupil's row below `HEADER`."""
    return f"{upn(number)},{first or f'Test{number}'},{last or f'Pupil{number}'},{born},{year},{form}"


async def send(person: Any, content: bytes, **headers: str) -> httpx.Response:
    """POST a file as a program does."""
    return await person.client.post(
        "/api/v1/pupil-imports", files={"file": ("anything.bin", content)}, headers=person.headers | headers
    )


async def approve(person: Any, content: bytes) -> dict[str, Any]:
    """Send a file and approve it; the answer."""
    made = await send(person, content)
    assert made.status_code == 201, made.text
    done = await person.post(f"/pupil-imports/{made.json()['id']}/approval")
    assert done.status_code == 201, done.text
    return done.json()


async def roll(db: Any, school: UUID) -> dict[str, Mapping[str, Any]]:
    """What is written of the pupils of a school, by first name."""
    async with db.admin() as admin:
        rows = await admin.fetch(
            """SELECT u.*, e.upn, e.year_group, e.class_name, e.imported, s.sen_provision FROM enrolment e
               JOIN pupil u ON u.id = e.pupil_id JOIN sen_status s ON s.pupil_id = u.id WHERE e.school_id = $1""",
            school,
        )
    return {row["first_name"]: dict(row) for row in rows}


async def everything(
    db: Any, tables: Iterable[str] = ("pupil", "enrolment", "sen_status", "carer", "person")
) -> dict[str, str]:
    """All that is written of pupils, as one number for each table."""
    async with db.admin() as admin:
        return {
            t: await admin.fetchval(f"SELECT md5(string_agg(x::text, '|' ORDER BY x::text)) FROM {t} x") for t in tables
        }
