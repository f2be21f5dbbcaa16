"""Outcomes, provision and views: what each reader gets, what a carer says in their own words, what is refused."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ecm.cases.commands import admit_carer
from ecm.cases.schemas import Admission
from ecm.clock import new_id, today
from ecm.closures.commands import close_case
from ecm.closures.schemas import Closure
from ecm.database import acting_as
from ecm.outcomes.commands import add_outcome
from ecm.outcomes.schemas import NewOutcome
from ecm.pupils.commands import bar_contact
from ecm.pupils.schemas import NewContactBar
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story, withdraw
from tests.client import Person, application, sign_in

DSL, TEACHER, STRANGER = "dsl@oakfield.example", "teacher@oakfield.example", "senco@hillside.example"
AMINA, DANIEL = "amina.yusuf@home.example", "daniel.reid@home.example"
DAY = timedelta(days=1)
READING = {
    "title": "Reads a page aloud", "measure": "Words in a minute", "baseline": 20, "target": 60.5, "category": "education",
    "due_on": (today() + 100 * DAY).isoformat(),
}  # fmt: skip
LESSON = {"title": "Picture cards", "who": "Ms Nair", "how_often": "Every day", "minutes": 20, "category": "classroom"}
PARTS = ("outcomes", "provisions", "views")


async def admit(db: Any, story: Any, *carers: str) -> None:
    for each in carers:
        letting = Admission(carer_id=known(f"carer {each}"), authority_seen=True, safe_to_share=True)
        await admit_carer(story.senco, story.case_id, letting)


async def seen(reader: Person, path: str) -> list[list[str]]:
    """Titles of outcomes and provision, and the words of views."""
    case = (await reader.get(path)).json()
    return [[each.get("title") or each["text"] for each in case[part]] for part in PARTS]


async def test_each_reader_gets_what_they_may_and_a_withdrawal_takes_it_away(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    await admit(db, story, AMINA, DANIEL)
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, dsl, teacher, stranger, amina, daniel = [
            await sign_in(client, each) for each in (SENCO, NURSE, DSL, TEACHER, STRANGER, AMINA, DANIEL)
        ]
        for reader, status in ((teacher, 404), (stranger, 404), (amina, 403)):
            assert (await reader.post(f"{path}/outcomes", READING)).status_code == status
            assert (await reader.post(f"{path}/provisions", LESSON)).status_code == status
        key = {"Idempotency-Key": "one"}
        made = await senco.post(f"{path}/outcomes", READING, **key)
        assert (made.status_code, (await senco.post(f"{path}/outcomes", READING, **key)).json()) == (201, made.json())
        outcome = f"/outcomes/{made.json()['id']}"
        assert (made.json()["baseline"], made.json()["target"], made.json()["trajectory"]) == (20, 60.5, None)
        hearing = {"title": "Wears her aids", "category": "health"}
        assert (await nurse.post(f"{path}/outcomes", hearing)).status_code == 201
        assert (await senco.post(f"{path}/provisions", LESSON)).status_code == 201
        for category, text in (("family", "Mum is worn out."), ("classroom", "I like the cards.")):
            whose = "family" if category == "family" else "pupil"
            assert (await senco.post(f"{path}/views", {"whose": whose, "text": text})).json()["category"] == category

        ours = [["Reads a page aloud"], ["Picture cards"], ["I like the cards.", "Mum is worn out."]]
        assert await seen(senco, path) == await seen(dsl, path) == ours
        assert await seen(nurse, path) == [["Reads a page aloud", "Wears her aids"], [], []]
        assert await seen(amina, path) == await seen(daniel, path) == [ours[0], ours[1], ["I like the cards."]]

        points = ((10, 24), (3, 28), (3, 27.5))
        for days, value in points:
            on = (today() - days * DAY).isoformat()
            by = nurse if days == 10 else senco
            assert (await by.post(f"{outcome}/measurements", {"value": value, "measured_on": on})).status_code == 201
        read = (await nurse.get(path)).json()["outcomes"][0]
        assert [each["value"] for each in read["measurements"]] == [24, 27.5]  # of one day, the later one
        assert (read["trajectory"], read["starts_on"]) == ("above", (today() - 10 * DAY).isoformat())
        assert (await amina.post(f"{outcome}/measurements", {"value": 1})).status_code == 403
        assert (await stranger.post(f"{outcome}/measurements", {"value": 1})).status_code == 404

        await withdraw(story, "education")
        assert (await nurse.get(path)).status_code == 404
        for call in (("PATCH", outcome, {"version": 1}), ("POST", f"{outcome}/measurements", {"value": 1})):
            assert (await nurse.send(*call)).status_code == 404
        hidden = "SELECT id FROM outcome WHERE title = 'Wears her aids'"
        async with db.admin() as admin:
            mine = f"/outcomes/{await admin.fetchval(hidden)}"
        # What changes is a record of one's own only while on the case.
        assert (await nurse.send("PATCH", mine, {"version": 1, "status": "met"})).status_code == 404


async def test_a_carer_is_heard_in_their_own_words_and_no_other_carer_reads_them(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "family")
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, amina, daniel = [await sign_in(client, each) for each in (SENCO, NURSE, AMINA, DANIEL)]
        said = {"whose": "family", "text": "Evenings are hard since we moved.", "how": "By phone"}
        assert (await amina.post(f"{path}/views", said)).status_code == 404  # nobody has let her in
        await admit(db, story, AMINA, DANIEL)
        for wrong in ({"category": "classroom"}, {"category": "core"}, {"given_on": "9999-12-31"}, {"text": ""}):
            assert (await amina.post(f"{path}/views", said | wrong)).status_code == 422, wrong
        made = await amina.post(f"{path}/views", said)
        assert made.status_code == 201, made.text
        assert {k: made.json()[k] for k in ("category", "whose", "by", "role", "agency")} == {
            "category": "family", "whose": "family", "by": "Amina Yusuf", "role": None, "agency": None,
        }  # fmt: skip
        assert (await amina.post(f"{path}/views", {"whose": "pupil", "text": "I miss my friends."})).status_code == 201
        words = ["I miss my friends.", "Evenings are hard since we moved."]
        for reader, expected in ((senco, words), (nurse, words), (amina, words), (daniel, [])):
            assert (await seen(reader, path))[2] == expected
        async with db.admin() as admin:
            stored = await admin.fetch("SELECT author_agency_id, author_membership_id, author_person_id FROM case_view")
            assert [tuple(row) for row in stored] == [(None, None, known(AMINA))] * 2
            seat = "SELECT last_activity_at FROM case_seat WHERE case_id = $1 AND principal = $2"
            hers, his = [await admin.fetchval(seat, story.case_id, known(each)) for each in (AMINA, DANIEL)]
            assert hers > his  # it moved nothing for him
        bar = NewContactBar(carer_id=known(f"carer {AMINA}"), reason_code="court_order")
        await bar_contact(story.senco, known("pupil Leila Reid"), bar)
        for call in (amina.get(path), amina.post(f"{path}/views", said)):
            assert (await call).status_code == 404
        assert (await seen(senco, path))[2] == words  # what was said stays said


async def test_what_is_stale_closed_or_makes_no_sense_is_refused_and_nothing_is_written(db):
    story = await open_story(db)
    path = f"/cases/{story.case_id}"
    far, late = (today() + 1200 * DAY).isoformat(), (today() + DAY).isoformat()
    wrong: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "outcomes": [("baseline", {"baseline": each}) for each in (1.234, 10_000, "NaN", "1e999", True, "x")]
        + [("measure", {"measure": None}), ("due_on", {"due_on": far}), ("due_on", {"due_on": "0001-01-01"})]
        + [("category", {"category": each}) for each in ("core", "safeguarding")] + [("status", {"status": "met"})],
        "provisions": [("minutes", {"minutes": 0}), ("weeks", {"weeks": 157}), ("starts_on", {"starts_on": far}), ("who", {"who": "a\u202eb"}), ("category", {"category": "core"})],
    }  # fmt: skip
    async with application() as client:
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        for part, cases in wrong.items():
            sound = READING if part == "outcomes" else LESSON
            for field, bad in cases:
                answer = await senco.post(f"{path}/{part}", sound | bad)
                assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field]), bad
        assert await seen(senco, path) == [[], [], []]

        outcome = f"/outcomes/{(await senco.post(f'{path}/outcomes', READING)).json()['id']}"
        for field, bad in (("value", {"value": 0.001}), ("measured_on", {"value": 1, "measured_on": late}),
                           ("measured_on", {"value": 1, "measured_on": "0001-01-01"})):  # fmt: skip
            answer = await senco.post(f"{outcome}/measurements", bad)
            assert [e["field"] for e in answer.json()["errors"]] == [field], answer.text
        assert (await senco.post(f"{outcome}/measurements", {"value": -0.5})).json()["value"] == -0.5
        for bad in ({"measure": None}, {"measure": None, "baseline": None, "target": None}, {"due_on": far}):
            assert (await senco.send("PATCH", outcome, {"version": 1} | bad)).status_code == 422
        same = await senco.send("PATCH", outcome, {"version": 1, "target": 60.5, "title": None})
        assert (same.status_code, same.json()["version"]) == (200, 1)
        met = await senco.send("PATCH", outcome, {"version": 1, "status": "met", "due_on": None})
        assert (met.json()["version"], met.json()["due_on"], met.json()["settled_on"]) == (2, None, today().isoformat())
        stale = await senco.send("PATCH", outcome, {"version": 1, "title": "Mine"})
        assert (stale.status_code, stale.json()["current"]["status"]) == (409, "met")
        unmeasured = await senco.post(f"{path}/outcomes", {"title": "Has a friend", "category": "classroom"})
        answer = await senco.post(f"/outcomes/{unmeasured.json()['id']}/measurements", {"value": 1})
        assert (answer.status_code, "what is measured" in answer.text) == (422, True)

        lesson = f"/provisions/{(await senco.post(f'{path}/provisions', LESSON)).json()['id']}"
        for bad in ({"ended_on": late}, {"ended_on": (today() - DAY).isoformat()}, {"minutes": 601}):
            assert (await senco.send("PATCH", lesson, {"version": 1} | bad)).status_code == 422, bad
        ended = await senco.send("PATCH", lesson, {"version": 1, "ended_on": today().isoformat(), "minutes": None})
        assert (ended.json()["ended_on"], ended.json()["minutes"]) == (today().isoformat(), None)
        assert (await senco.send("PATCH", lesson, {"version": 1})).status_code == 409
        assert (await senco.send("PATCH", lesson, {"version": 2, "ended_on": None})).json()["ended_on"] is None
        assert (await nurse.send("PATCH", lesson, {"version": 3})).status_code == 404

        await close_case(story.senco, story.case_id, Closure(outcome="outcomes_met", reason="Done."))
        for call in (("POST", f"{path}/outcomes", READING), ("POST", f"{path}/provisions", LESSON),
                     ("POST", f"{path}/views", {"whose": "pupil", "text": "x"}), ("PATCH", outcome, {"version": 2}),
                     ("PATCH", lesson, {"version": 3}), ("POST", f"{outcome}/measurements", {"value": 1})):  # fmt: skip
            answer = await senco.send(*call)
            assert (answer.status_code, "closed" in answer.text) == (422, True), call


async def test_the_database_itself_refuses_what_no_command_would_ask(db):
    """SQL of their own in the name of a carer, a helper without a reason here, and the school's SENCO."""
    story = await open_story(db)
    await admit(db, story, AMINA)
    made = await add_outcome(story.senco, story.case_id, NewOutcome(title="Sleeps", category="family"))
    view = """INSERT INTO case_view (id, case_id, category, whose, text, given_on, author_person_id, author_membership_id, written_at)
              VALUES ($1, $2, $3, 'family', 'x', '2026-01-01', $4, $5, '2001-01-01')"""
    number = """INSERT INTO measurement (id, outcome_id, case_id, category, measured_on, value, written_at)
                VALUES ($1, $2, $3, $4, '2026-01-01', 1, now())"""
    seat = known(f"seat {SENCO}")
    amina, nurse = await db.act_as(AMINA), await db.act_as(NURSE)
    refused = [
        (amina, view, (story.case_id, "education", None, None)),  # another kind than theirs
        (amina, number, (made["id"], story.case_id, "family")),
        (nurse, view, (story.case_id, "health", None, None)),
        (nurse, number, (made["id"], story.case_id, "family")),
        (story.senco, number, (made["id"], story.case_id, "education")),  # another kind than the outcome's
        (story.senco, number, (new_id(), story.case_id, "family")),
        *((story.senco, f"UPDATE outcome SET {column} = DEFAULT WHERE id <> $1", ())
          for column in ("category", "case_id", "author_membership_id", "settled_at")),
        (story.senco, "UPDATE measurement SET value = 2 WHERE id <> $1", ()),
        (story.senco, "UPDATE case_view SET text = 'y' WHERE id <> $1", ()),
        *((story.senco, f"DELETE FROM {table} WHERE id <> $1", ()) for table in ("outcome", "provision", "case_view")),
    ]  # fmt: skip
    for who, sql, values in refused:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)):
            async with acting_as(who, "test") as act:
                await act.run(sql, new_id(), *values)
    for who, category in ((amina, "family"), (story.senco, "family")):
        async with acting_as(who, "test") as act:  # whoever it claims to be from
            await act.run(view, new_id(), story.case_id, category, known(DANIEL), seat)
            act.record("view:recorded")
    async with db.admin() as admin:
        rows = await admin.fetch("SELECT author_person_id, author_membership_id FROM case_view ORDER BY id")
        assert [tuple(row) for row in rows] == [(known(AMINA), None), (None, seat)]
        assert await admin.fetchval("SELECT count(*) FROM measurement") == 0
        assert await admin.fetchval("SELECT min(written_at) > '2020-01-01' FROM case_view")
