"""What a school writes down about its pupils and their carers, and what it cannot."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ecm.clock import today
from ecm.errors import NotFound, Refused, Stale
from ecm.pupils.queries import show_card
from ecm.pupils.records import add_carer, change_carer, verify_phone
from ecm.pupils.rules import birth_problem, email_problem, make_upn, phone_problem, tidy_phone
from ecm.pupils.schemas import CarerPage, NewCarer, PhoneChecked
from ecm.seeds import known
from tests.client import application, sign_in

SENCO, TEACHER, STRANGER = "senco@oakfield.example", "teacher@oakfield.example", "senco@hillside.example"
NURSE, AMINA = "nurse@community-health.example", "amina.yusuf@home.example"
LEILA, ETHAN = known("pupil Leila Reid"), known("pupil Ethan Clarke")
UPN = make_upn(4001, 25, 7)
CONTRACT = {
    "id", "upn", "first_name", "last_name", "preferred_name", "pronouns", "date_of_birth", "date_of_birth_known",
    "year_group", "sen_provision", "needs", "school", "carers",
}  # fmt: skip
SOREN = {"first_name": "Søren", "last_name": "O’Day", "date_of_birth": "2018-03-27", "upn": UPN.lower()}
MUM = {"name": "Maja O’Day", "relationship": "mother", "has_parental_responsibility": True, "email": "Maja@Home.example",
       "mobile": "07700 900123", "language": "pl", "needs_interpreter": True, "format": "large_print"}  # fmt: skip


async def rows(db: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    async with db.admin() as admin:
        return [tuple(r) for r in await admin.fetch(sql, *values)]


async def test_a_pupil_is_added_to_ones_own_school_once(db):
    async with application() as client:
        senco, stranger = await sign_in(client, SENCO), await sign_in(client, STRANGER)
        made = await senco.post("/pupils", SOREN, **{"Idempotency-Key": "one"})
        pupil = made.json()
        assert made.status_code == 201
        assert pupil.keys() >= CONTRACT
        assert (pupil["upn"], pupil["school"]["id"], pupil["carers"]) == (UPN, str(known("oakfield")), [])
        assert pupil["date_of_birth_known"] is True
        assert pupil["year_group"]
        assert (await senco.post("/pupils", SOREN, **{"Idempotency-Key": "one"})).json()["id"] == pupil["id"]
        assert [p["id"] for p in (await senco.get("/pupils", q="oday soren")).json()["items"]] == [pupil["id"]]
        again = await senco.post("/pupils", SOREN)
        assert [e["field"] for e in again.json()["errors"]] == ["upn"]
        # The other school has no such number, as far as it can tell.
        elsewhere = await stranger.post("/pupils", SOREN)
        assert elsewhere.status_code == 201
        assert elsewhere.json()["school"]["id"] == str(known("hillside"))
        assert (await stranger.get(f"/pupils/{pupil['id']}")).status_code == 404
        one_name = await senco.post("/pupils", {"first_name": "Cher"})
        assert (one_name.json()["last_name"], one_name.json()["date_of_birth_known"]) == ("", False)
        for email in (TEACHER, NURSE, AMINA):
            assert (await (await sign_in(client, email)).post("/pupils", SOREN)).status_code == 403
    events = await rows(db, "SELECT entry ->> 'event' FROM audit_event WHERE entry ->> 'event' LIKE 'pupil:added'")
    assert len(events) == 3


WRONG = [
    ({"first_name": ""}, "first_name"),
    ({"first_name": "123"}, "first_name"),
    ({"first_name": "x" * 101}, "first_name"),
    ({"first_name": "Ann\u202e"}, "first_name"),
    ({"last_name": "B\x00"}, "last_name"),
    ({"date_of_birth": "0001-01-01"}, "date_of_birth"),
    ({"date_of_birth": "9999-12-31"}, "date_of_birth"),
    ({"date_of_birth": (today() + timedelta(days=1)).isoformat()}, "date_of_birth"),
    ({"upn": "B801200005001"[:-1] + "2"}, "upn"),
    ({"upn": "A12"}, "upn"),
    ({"year_group": "15"}, "year_group"),
    ({"sen_provision": "X"}, "sen_provision"),
    ({"school_id": str(known("hillside"))}, "school_id"),
]


async def test_what_cannot_be_is_refused_and_nothing_is_written(db):
    async with application() as client:
        senco = await sign_in(client, SENCO)
        before = await rows(db, "SELECT count(*), sum(version) FROM pupil")
        version = (await senco.get(f"/pupils/{LEILA}")).json()["version"]
        for said, field in WRONG:
            for answer in (
                await senco.post("/pupils", SOREN | said),
                await senco.send("PATCH", f"/pupils/{LEILA}", {"version": version} | said),
            ):
                assert answer.status_code == 422, said
                assert [e["field"] for e in answer.json()["errors"]] == [field], said
        assert await rows(db, "SELECT count(*), sum(version) FROM pupil") == before


async def test_a_pupil_is_corrected_by_the_school_that_keeps_them(db):
    async with application() as client:
        senco, stranger = await sign_in(client, SENCO), await sign_in(client, STRANGER)
        was = (await senco.get(f"/pupils/{LEILA}")).json()
        change = {"version": was["version"], "preferred_name": "Lei", "class_name": "Cedar", "sen_provision": "E"}
        both = await asyncio.gather(
            *(senco.send("PATCH", f"/pupils/{LEILA}", change | {"pronouns": p}) for p in ("she/her", "they"))
        )
        assert sorted(each.status_code for each in both) == [200, 409]
        now = next(each.json() for each in both if each.status_code == 200)
        assert (now["preferred_name"], now["class_name"], now["sen_provision"]) == ("Lei", "Cedar", "E")
        late = next(each.json() for each in both if each.status_code == 409)
        assert (late["current"]["id"], late["current"]["version"]) == (str(LEILA), was["version"] + 1)
        assert [p["id"] for p in (await senco.get("/pupils", q="lei reid")).json()["items"]] == [str(LEILA)]
        again = await senco.send("PATCH", f"/pupils/{LEILA}", {"version": now["version"], "date_of_birth": None})
        assert (again.json()["date_of_birth"], again.json()["date_of_birth_known"]) == (None, False)
        assert (await stranger.send("PATCH", f"/pupils/{LEILA}", change)).status_code == 404
        assert (await (await sign_in(client, TEACHER)).send("PATCH", f"/pupils/{LEILA}", change)).status_code in (
            403,
            404,
        )
    async with db.admin() as admin:  # gone from the roll: not this school's to write about
        await admin.execute("UPDATE enrolment SET to_on = from_on WHERE pupil_id = $1", LEILA)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        assert (await senco.send("PATCH", f"/pupils/{LEILA}", change)).status_code == 404
        assert (await senco.post(f"/pupils/{LEILA}/carers", MUM)).status_code == 404


async def test_a_carer_is_recorded_and_sees_nothing_by_it(db):
    async with application() as client:
        senco = await sign_in(client, SENCO)
        pupil = (await senco.post("/pupils", SOREN)).json()["id"]
        made = await senco.post(f"/pupils/{pupil}/carers", MUM)
        assert made.status_code == 201, made.text
        assert {k: made.json()[k] for k in ("name", "relationship", "has_parental_responsibility", "authority_verified")} == {
            "name": "Maja O’Day", "relationship": "mother", "has_parental_responsibility": True, "authority_verified": False,
        }  # fmt: skip
        assert [c["id"] for c in (await senco.get(f"/pupils/{pupil}")).json()["carers"]] == [made.json()["id"]]
        person = "SELECT n.id, n.email, n.phone, n.phone_verified_at, k.language, k.format FROM carer k JOIN person n ON n.id = k.person_id WHERE k.id = $1"
        row = (await rows(db, person, UUID(made.json()["id"])))[0]
        assert row[1:] == ("maja@home.example", "+447700900123", None, "pl", "large_print")
        assert (await senco.post(f"/pupils/{pupil}/carers", MUM)).status_code == 422, "twice the same"
        sibling = (await senco.post(f"/pupils/{known('pupil Suhaila')}/carers", MUM)).json()["id"]
        assert (await rows(db, person, UUID(sibling)))[0][0] == row[0], "the same mother of two pupils is one person"
        taken = await senco.post(f"/pupils/{pupil}/carers", MUM | {"name": "Somebody", "email": SENCO})
        assert [e["field"] for e in taken.json()["errors"]] == ["email"]
        for said, field in (
            ({"email": "no"}, "email"), ({"mobile": "0163 2960"}, "mobile"), ({"language": "xx"}, "language"),
            ({"format": "song"}, "format"), ({"authority_seen": "x"}, "authority_seen"), ({"name": "1"}, "name"),
        ):  # fmt: skip
            answer = await senco.post(f"/pupils/{pupil}/carers", MUM | said)
            assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field]), said
        stranger = await sign_in(client, STRANGER)
        assert (await stranger.post(f"/pupils/{pupil}/carers", MUM)).status_code == 404
    assert await rows(db, "SELECT count(*) FROM case_access") == [(0,)]


async def test_a_number_that_changes_carries_nothing_until_it_is_checked_and_settled(db):
    senco = await db.act_as(SENCO)
    carer = (await add_carer(senco, LEILA, NewCarer(**MUM)))["id"]
    page = CarerPage(**MUM, version=1)
    await verify_phone(senco, carer, PhoneChecked(mobile="+447700900123", checked=True))
    card, _ = await show_card(senco, carer)
    assert (card["phone_verified_at"] is not None, card["phone_changed_at"]) == (True, None)
    await change_carer(senco, carer, page.model_copy(update={"mobile": "07700 900 123", "relationship": "mum"}))
    assert (await show_card(senco, carer))[0]["phone_verified_at"] is not None, "the same number written otherwise"
    await change_carer(senco, carer, page.model_copy(update={"mobile": "+447700900199", "version": 2}))
    card, _ = await show_card(senco, carer)
    assert (card["phone_verified_at"], card["phone_changed_at"] is not None) == (None, True)
    with pytest.raises(Refused):
        await verify_phone(senco, carer, PhoneChecked(mobile="+447700900123", checked=True))
    await verify_phone(senco, carer, PhoneChecked(mobile="+447700900199", checked=True))
    assert (await show_card(senco, carer))[0]["phone_changed_at"] == card["phone_changed_at"], "the 14 days go on"
    with pytest.raises(Stale):
        await change_carer(senco, carer, page)
    # Amina signs in: her name and address are her own, and of somebody known elsewhere nothing is this school's.
    amina = known("carer " + AMINA)
    card, _ = await show_card(senco, amina)
    hers = CarerPage(version=card["version"], name=card["name"], relationship="mother", email=card["email"], mobile=card["phone"],
                     has_parental_responsibility=True)  # fmt: skip
    for changed in ({"name": "Eve"}, {"email": "eve@home.example"}):
        with pytest.raises(Refused):
            await change_carer(senco, amina, hers.model_copy(update=changed))
    async with db.admin() as admin:
        await admin.execute(
            "INSERT INTO carer (id, pupil_id, person_id, relationship) VALUES (gen_random_uuid(), $1, $2, 'mother')",
            ETHAN, known(AMINA),
        )  # fmt: skip
    with pytest.raises(Refused):
        await change_carer(senco, amina, hers.model_copy(update={"mobile": "07700 900188"}))
    assert (await change_carer(senco, amina, hers.model_copy(update={"language": "ar"})))["language"] == "ar"
    with pytest.raises(NotFound):
        await show_card(await db.act_as(STRANGER), amina)
    with pytest.raises(NotFound):
        await show_card(await db.act_as(NURSE), amina)


def test_addresses_and_dates_that_cannot_be():
    assert tidy_phone("0044 (7700) 900-123") == "+447700900123" == tidy_phone("07700 900123")
    assert [phone_problem(each) is None for each in ("07700 900123", "+48 600 123 456", "01632 960101", "07", "+44770090012x")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert [email_problem(each) is None for each in ("a.b+c@home.example", "a@b", "a b@home.example", "@home.example")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert birth_problem(today(), today()) is None
    assert birth_problem(today().replace(year=today().year - 27), today())
