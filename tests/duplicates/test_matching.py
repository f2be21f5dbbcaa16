"""A pupil on two rolls: both schools' leads are told, once, and nobody who typed a number learns anything by it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from ecm.clock import new_id
from ecm.duplicates.commands import merge_pupils, settle_match
from ecm.duplicates.matching import match
from ecm.duplicates.queries import list_matches, show_match, show_pair
from ecm.duplicates.schemas import Merging, Settling
from ecm.errors import NotAllowed, NotFound, Stale
from ecm.pupils.records import add_pupil
from ecm.pupils.rules import make_upn
from ecm.pupils.schemas import NewPupil
from ecm.seeds import known
from tests.actions.story import NURSE, SENCO, open_story
from tests.client import application, sign_in

LEILA = known("pupil Leila Reid")
THEIRS = "senco@hillside.example"
DSL = "dsl@oakfield.example"


async def told(db: Any) -> list[tuple[str, str]]:
    """To whom a letter went, and its words."""
    async with db.admin() as admin:
        sql = "SELECT recipient, text FROM outbox WHERE letter = 'pupil_matched' ORDER BY recipient"
        return [tuple(row) for row in await admin.fetch(sql)]


async def numbers_of(db: Any, pupil: UUID, **numbers: str) -> None:
    async with db.admin() as admin:
        for kind, value in numbers.items():
            sql = """INSERT INTO pupil_identifier (id, pupil_id, school_id, kind, value)
                     SELECT $1, $2, school_id, $3, $4 FROM enrolment WHERE pupil_id = $2"""
            await admin.execute(sql, new_id(), pupil, kind, value)


async def test_both_leads_are_told_once_and_see_only_the_school_and_its_number(db):
    ours, theirs = (await open_story(db)).senco, await db.act_as(THEIRS)
    async with db.admin() as admin:
        await admin.execute("UPDATE support_case SET lead_membership_id = $1", known(f"seat {DSL}"))
    await match()
    assert await told(db) == []
    async with application() as client:
        hillside, oakfield = await sign_in(client, THEIRS), await sign_in(client, SENCO)
        upn = (await oakfield.get(f"/pupils/{LEILA}")).json()["upn"]
        new = [{"first_name": "Lea", "upn": number} for number in (upn, make_upn(4002, 26, 777))]
        answers = [await hillside.post("/pupils", each) for each in new]
        # The answer is the same whether or not another school has the number, but for the number.
        shapes = [{k: v for k, v in each.json().items() if k not in ("id", "upn")} for each in answers]
        assert (answers[0].status_code, shapes[0]) == (answers[1].status_code, shapes[1])
    assert await list_matches(ours) == await list_matches(theirs) == []  # nobody knows before the service has looked

    assert sum(await asyncio.gather(match(), match(), match())) == 3
    letters = await told(db)
    assert [to for to, _ in letters] == [DSL, THEIRS, SENCO]
    words = " ".join(text for _, text in letters)
    assert not any(each in words for each in ("Leila", "Lea", "Reid", "Oakfield", "Hillside", upn))
    (mine,), (other,) = await list_matches(ours), await list_matches(theirs)
    assert (mine["name"], mine["school"], mine["telephone"]) == ("Leila Reid", "Hillside Academy", "01632 960102")
    assert (other["name"], other["school"], other["telephone"]) == ("Lea", "Oakfield Primary School", "01632 960101")
    assert not {"Leila", "Reid", str(LEILA)} & {str(value) for value in other.values()}
    assert len(await list_matches(await db.act_as(DSL))) == 1  # who leads the case
    for other in ("teacher@oakfield.example", "admin@oakfield.example", NURSE):
        with pytest.raises(NotAllowed):
            await list_matches(await db.act_as(other))

    settled = Settling(outcome="moved")
    for stranger in (theirs, await db.act_as("teacher@oakfield.example")):
        with pytest.raises(NotFound):
            await settle_match(stranger, mine["id"], settled)
        with pytest.raises(NotFound):
            await show_match(stranger, mine["id"])
    await settle_match(ours, mine["id"], settled)
    with pytest.raises(Stale):
        await settle_match(ours, mine["id"], Settling(outcome="mistyped"))
    assert [(await list_matches(each))[0]["outcome"] for each in (ours, theirs)] == ["moved", None]

    # The same number typed again, or in a record that is merged, is not told again.
    again = (await add_pupil(ours, NewPupil(first_name="Leila", last_name="Reid")))["id"]
    version = (await show_pair(ours, again, LEILA))["version"]
    await merge_pupils(ours, again, LEILA, Merging(version=version, reason="Entered twice."))
    assert await match() == 0
    assert [each["pupil_id"] for each in await list_matches(ours)] == [again]


async def test_a_uln_matches_a_former_upn_never_does_and_a_school_without_a_lead_is_not_told(db):
    ethan, zoe = known("pupil Ethan Clarke"), known("pupil Zoë Brontë-Hughes")
    async with db.admin() as admin:
        upn = await admin.fetchval("SELECT upn FROM enrolment WHERE pupil_id = $1", ethan)
    await numbers_of(db, zoe, former_upn=upn)
    assert await match() == 0
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM school_match") == 0
        await admin.execute("UPDATE membership SET ended_at = now() WHERE id = $1", known(f"seat {THEIRS}"))
    await numbers_of(db, ethan, uln="1000000043")
    await numbers_of(db, zoe, uln="1000000043")
    assert await match() == 1
    assert [to for to, _ in await told(db)] == [SENCO]
    # While it waits to be settled, another number in common is the same matter.
    async with db.admin() as admin:
        await admin.execute("UPDATE enrolment SET upn = $2 WHERE pupil_id = $1", zoe, upn)
    assert await match() == 0
    async with db.admin() as admin:
        rows = await admin.fetch("SELECT kind, pupil_id FROM school_match")
        assert {tuple(row) for row in rows} == {("uln", ethan), ("uln", zoe)}
        assert await admin.fetchval("SELECT count(*) FROM match_mark") == 0
        # A change of class is no news; the same number once more on the roll is told to nobody twice.
        await admin.execute("UPDATE enrolment SET class_name = 'Elm' WHERE pupil_id = $1", zoe)
        assert await admin.fetchval("SELECT count(*) FROM match_mark") == 0
        await admin.execute("UPDATE enrolment SET to_on = current_date WHERE pupil_id = $1", zoe)
        await admin.execute("UPDATE enrolment SET to_on = NULL WHERE pupil_id = $1", zoe)
        assert await admin.fetchval("SELECT count(*) FROM match_mark") == 1
    assert await match() == 0
