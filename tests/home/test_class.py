"""A teacher's classes: the pupils by name, what helps each in class and nothing else of a case; a number in two clicks."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ecm.cases.commands import change_case
from ecm.cases.schemas import CaseChange
from ecm.clock import new_id, today
from ecm.closures.commands import close_case, reopen_case
from ecm.closures.schemas import Closure, Reopening, Settled
from ecm.database import Actor, acting_as
from ecm.denials.conflicts import declare_conflict, end_conflict
from ecm.denials.schemas import NewConflict
from ecm.errors import NotAllowed, NotFound
from ecm.home.classes import own_classes
from ecm.outcomes.commands import measure_outcome
from ecm.outcomes.schemas import NewMeasurement
from ecm.seeds import known
from tests.actions.story import OAKFIELD, SENCO, Story, action, open_story
from tests.actions.test_pages import browsing
from tests.client import application, sign_in

TEACHER, DSL, OTHER = "teacher@oakfield.example", "dsl@oakfield.example", "system@partnership.example"
GOAL = {"title": "Reads aloud", "measure": "Words in a minute", "baseline": 20, "target": 60, "category": "classroom"}
HELP = {"title": "Picture cards", "who": "Ms Nair", "how_often": "Every day"}


async def fill(client: Any, story: Story) -> dict[str, str]:
    """Something of every kind, in class and elsewhere; the ids of the outcomes."""
    senco, path, ids = await sign_in(client, SENCO), f"/cases/{story.case_id}", {}
    for goal in (
        GOAL,
        GOAL | {"title": "Spells", "category": "education"},
        GOAL | {"title": "Sleeps", "category": "health"},
    ):
        ids[goal["title"]] = (await senco.post(f"{path}/outcomes", goal)).json()["id"]
    for category, title in (
        ("classroom", "Picture cards"),
        ("family", "Talks with mum"),
        ("education", "Phonics group"),
    ):
        await senco.post(f"{path}/provisions", HELP | {"title": title, "category": category})
    for category, title in (("classroom", "Try: a quiet corner"), ("education", "Ring the clinic")):
        await senco.post(f"{path}/actions", action(OAKFIELD, title=title, category=category))
    for category, words in (("classroom", "I like to draw."), ("family", "We moved house.")):
        await senco.post(f"{path}/views", {"whose": "pupil", "text": words, "category": category})
    for category, code in (("classroom", "CI01"), ("education", "CL01")):
        await senco.post(f"{path}/barriers", {"code": code, "how_identified": "screening", "category": category})
    for category in ("classroom", "education"):
        await senco.post(f"{path}/notes", {"text": f"A {category} note.", "category": category})
    await senco.post(
        f"/outcomes/{ids['Reads aloud']}/measurements", {"value": 23, "measured_on": str(today() - timedelta(1))}
    )
    return ids


IN_CLASS = ("Leila Reid: Reads aloud", "23 on ", "Target: 60.", "Picture cards", "Ms Nair, Every day", "Try: a quiet corner", "“I like to draw.”")  # fmt: skip
ELSEWHERE = ("Spells", "Sleeps", "Talks with mum", "Phonics group", "Ring the clinic", "We moved house", "note.", "Grace Okafor")  # fmt: skip


async def test_a_teacher_sees_what_helps_in_class_and_writes_down_a_number(db):
    story = await open_story(db)
    async with application() as client:
        ids = await fill(client, story)
        goal = f"/class/outcomes/{ids['Reads aloud']}"
        async with browsing(TEACHER) as browser:
            page = await browser.get("/class")
            assert "Your class: Willow" in page
            for shown in IN_CLASS:
                assert shown in page, shown
            for hidden in (story.reference, *ELSEWHERE):
                assert hidden not in page, hidden
            wrong = await browser.send(goal, value="3l")
            assert (wrong.status_code, 'value="3l"' in wrong.text) == (422, True)
            done = await browser.send(goal, value="31")
            assert (done.status_code, done.headers["location"]) == (303, "/class#measures")
            assert "31 today. Target: 60." in await browser.get("/class")
            for other in ("Spells", "Sleeps"):
                assert (await browser.send(f"/class/outcomes/{ids[other]}", value="31")).status_code == 404
            for path in ("", "/plans", "/timeline", "/why", "/actions", "/sharing"):
                gone = await browser.client.get(f"/cases/{story.reference}{path}", headers=browser.headers)
                absent = await browser.client.get(f"/cases/ECM-0000-00{path}", headers=browser.headers)
                assert (gone.status_code, gone.text) == (404, absent.text.replace("ECM-0000-00", story.reference)), path
            assert story.reference not in await browser.get("/") + await browser.get("/cases") + await browser.get(
                "/actions"
            )
        await nothing_else(client, story, ids["Reads aloud"])
    # Whoever works on the case gets more of it on the same page.
    await change_case(story.senco, story.case_id, CaseChange(version=2, lead_practitioner_id=known(f"seat {TEACHER}")))
    async with browsing(TEACHER) as browser:
        page = await browser.get("/class")
        for shown in (*IN_CLASS[3:], "31 today", "Leila Reid: Spells", story.reference, "Get a one-page profile"):
            assert shown in page, shown
        for hidden in ("Sleeps", *ELSEWHERE[2:]):
            assert hidden not in page, hidden
    async with browsing(SENCO) as browser:
        assert (await browser.client.get("/class", headers=browser.headers)).status_code == 403
        assert (await browser.send(goal, value="31")).status_code == 403
        log = await browser.get(f"/cases/{story.reference}/access")
        assert "Priya Nair, Teacher, Oakfield Primary School" in log
        assert "They taught the pupil’s class" in log
        why = await browser.get(f"/cases/{story.reference}/why?worker_id={known(f'seat {TEACHER}')}")
        assert "They taught the pupil’s class" in why


async def nothing_else(client: Any, story: Story, goal: str) -> None:
    """For programs there is no such case either, and nothing of it is the teacher's to write, numbers in class apart."""
    teacher = await sign_in(client, TEACHER)
    seat = known(f"seat {TEACHER}")
    for path in ("", "/notes", "/actions", "/timeline", "/access-log", "/plans", "/why"):
        for case in (story.case_id, new_id()):
            found = await teacher.get(f"/cases/{case}{path}", params={"worker_id": str(seat)})
            assert found.status_code in (404, 405), path
    for path, body in (
        ("notes", {"text": "Hello.", "category": "classroom"}),
        ("views", {"whose": "pupil", "text": "Hello.", "category": "classroom"}),
        ("actions", action(OAKFIELD, category="classroom")),
        ("barriers", {"code": "CI01", "how_identified": "screening", "category": "classroom"}),
        ("outcomes", GOAL),
        ("provisions", HELP | {"category": "classroom"}),
    ):
        assert (await teacher.post(f"/cases/{story.case_id}/{path}", body)).status_code == 404, path
    assert (await teacher.post(f"/outcomes/{goal}/measurements", {"value": 9})).status_code == 404
    assert (await teacher.get("/cases")).json()["items"] == []
    assert (await teacher.get("/actions")).json()["items"] == []


@asynccontextmanager
async def teaching(db: Any, *classes: str, school: str = "oakfield"):
    """Somebody else who teaches these classes, acting in that role; changes behind their back are the caller's."""
    async with db.admin() as admin:
        seat = new_id()
        await admin.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, class_names, started_at) VALUES ($1, $2, $3, 'teacher', $4, now())",
            seat, known(OTHER), known(school), list(classes),
        )  # fmt: skip
        actor = await db.act_as(OTHER)
        await admin.execute("UPDATE session SET membership_id = $1 WHERE token_hash = $2", seat, actor.token_hash)
        yield actor, seat, admin


async def told(actor: Actor, goal: Any) -> bool:
    """Whether they are told of the pupil what helps in class, and may write the number down: both, or neither."""
    try:
        shown = json.dumps(await own_classes(actor), default=str)
        await measure_outcome(actor, goal, NewMeasurement(value=5), in_class=True)
        written = True
    except (NotFound, NotAllowed):
        shown, written = json.dumps(await own_classes(actor), default=str), False
    assert written == ("Picture cards" in shown)
    return written


async def test_who_else_is_told_and_what_ends_it(db):
    story = await open_story(db)
    async with application() as client:
        goal = UUID((await fill(client, story))["Reads aloud"])
    teacher = await db.act_as(TEACHER)
    assert await told(teacher, goal)
    async with teaching(db, "Cedar") as (other, seat, admin):
        run = admin.execute
        # Another class, the class from the next request on; a class of the same name elsewhere.
        assert not await told(other, goal)
        await run("UPDATE membership SET class_names = '{Cedar,Willow}' WHERE id = $1", seat)
        assert await told(other, goal)
        await run("UPDATE membership SET agency_id = $2 WHERE id = $1", seat, known("hillside"))
        assert not await told(other, goal)
        await run("UPDATE membership SET agency_id = $2, class_names = '{Cedar}' WHERE id = $1", seat, OAKFIELD)
        # The pupil moves to another class, and back.
        moved = "UPDATE enrolment SET class_name = $2 WHERE pupil_id = $1"
        await run(moved, known("pupil Leila Reid"), "Cedar")
        assert (await told(teacher, goal), await told(other, goal)) == (False, True)
        await run(moved, known("pupil Leila Reid"), "Willow")
        assert (await told(teacher, goal), await told(other, goal)) == (True, False)
        # Cover, by the clock, and not for the pupil's own parent.
        cover = """INSERT INTO cover (id, absent_membership_id, covering_membership_id, from_on, until_on, set_by_membership_id, set_at)
                   VALUES ($1, $2, $3, $4, $4, $2, now())"""
        await run(cover, new_id(), known(f"seat {TEACHER}"), seat, today())
        assert await told(other, goal)
        await run(
            """INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility)
               VALUES ($1, $2, $3, 'aunt', false)""",
            new_id(), known("pupil Leila Reid"), known(OTHER),
        )  # fmt: skip
        assert not await told(other, goal)
        # A restricted case is for who is named, as long as they teach the pupil.
        dsl = await db.act_as(DSL)
        async with acting_as(dsl, "restrict_case") as act:
            assert {known(f"seat {TEACHER}")} <= {r[0] for r in await act.rows("SELECT nameable($1)", story.case_id)}
            assert seat not in {r[0] for r in await act.rows("SELECT nameable($1)", story.case_id)}
            assert await act.value(
                "SELECT restrict_case($1, $2, 'other', $3)", new_id(), story.case_id, [known(f"seat {DSL}")]
            )
            act.record("case:restricted", case=story.case_id, outcome="done")
        assert not await told(teacher, goal)
        async with acting_as(dsl, "restrict_case") as act:
            assert await act.value("SELECT name_reader($1, $2)", story.case_id, known(f"seat {TEACHER}"))
            act.record("case:reader_named", case=story.case_id, outcome="done")
        assert await told(teacher, goal)
        await run("UPDATE membership SET class_names = '{Cedar}' WHERE id = $1", known(f"seat {TEACHER}"))
        assert not await told(teacher, goal)
        await run("UPDATE membership SET class_names = '{Willow}' WHERE id = $1", known(f"seat {TEACHER}"))
        await run("UPDATE case_restriction SET ended_at = now()")
        assert await told(teacher, goal)
        # A conflict of interest; a pupil who has left, and comes back; a case that ends; another role.
        conflict = await declare_conflict(teacher, known("pupil Leila Reid"), NewConflict(kind="neighbour"))
        assert not await told(teacher, goal)
        await end_conflict(await db.act_as("dpo@oakfield.example"), conflict)
        assert await told(teacher, goal)
        await run("UPDATE enrolment SET to_on = current_date - 2 WHERE pupil_id = $1", known("pupil Leila Reid"))
        assert not await told(teacher, goal)
        await run("UPDATE enrolment SET to_on = NULL WHERE pupil_id = $1", known("pupil Leila Reid"))
        assert await told(teacher, goal)
        done = {row["id"]: Settled(status="done") for row in await admin.fetch("SELECT id FROM action")}
        await close_case(story.senco, story.case_id, Closure(outcome="outcomes_met", reason="It is done."), done)
        assert not await told(teacher, goal)
        await reopen_case(story.senco, story.case_id, Reopening(reason="It is hard again."))
        assert await told(teacher, goal)
        await run("UPDATE membership SET role = 'agency_admin' WHERE id = $1", known(f"seat {TEACHER}"))
        with pytest.raises(NotAllowed):
            await own_classes(teacher)
