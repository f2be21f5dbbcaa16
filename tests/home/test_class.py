"""A teacher's classes: the pupils by name, and of their cases only what this teacher may see; a number in two clicks."""

from datetime import timedelta

from ecm.cases.commands import change_case
from ecm.cases.schemas import CaseChange
from ecm.clock import today
from ecm.seeds import known
from tests.actions.story import OAKFIELD, SENCO, action, open_story
from tests.actions.test_pages import browsing
from tests.client import application, sign_in

TEACHER = "teacher@oakfield.example"
GOAL = {"title": "Reads aloud", "measure": "Words in a minute", "baseline": 20, "target": 60, "category": "education"}
HELP = {"title": "Picture cards", "who": "Ms Nair", "how_often": "Every day"}


async def test_a_teacher_sees_the_class_and_writes_down_a_number(db):
    story = await open_story(db)
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco = await sign_in(client, SENCO)
        goal = (await senco.post(f"{path}/outcomes", GOAL)).json()["id"]
        await senco.post(f"{path}/outcomes", GOAL | {"title": "Sleeps", "category": "health"})
        await senco.post(f"{path}/outcomes", {"title": "Is happy", "category": "education"})
        await senco.post(f"{path}/provisions", HELP | {"category": "classroom"})
        await senco.post(f"{path}/provisions", HELP | {"title": "Talks with mum", "category": "family"})
        await senco.post(f"{path}/actions", action(OAKFIELD, title="Try: a quiet corner", category="classroom"))
        yesterday = str(today() - timedelta(days=1))
        await senco.post(f"/outcomes/{goal}/measurements", {"value": 23, "measured_on": yesterday})
    async with browsing(TEACHER) as browser:
        page = await browser.get("/class")
        assert "Your class: Willow" in page
        assert "Leila Reid" in page
        for hidden in (story.reference, "Reads aloud", "Picture cards", "a quiet corner"):
            assert hidden not in page
        assert (await browser.send(f"/class/outcomes/{goal}", value="31")).status_code == 404
    lead = CaseChange(version=2, lead_practitioner_id=known(f"seat {TEACHER}"))
    await change_case(story.senco, story.case_id, lead)
    async with browsing(TEACHER) as browser:
        page = await browser.get("/class")
        for shown in (
            story.reference,
            "Leila Reid: Reads aloud",
            "Picture cards Ms Nair, Every day",
            "Try: a quiet corner",
            "Get a copy",
        ):
            assert shown in page, shown
        for hidden in ("Sleeps", "Is happy", "Talks with mum"):
            assert hidden not in page
        wrong = await browser.send(f"/class/outcomes/{goal}", value="3l")
        assert (wrong.status_code, 'value="3l"' in wrong.text) == (422, True)
        done = await browser.send(f"/class/outcomes/{goal}", value="31")
        assert (done.status_code, done.headers["location"]) == (303, "/class#measures")
        assert "31 today. Target: 60." in await browser.get("/class")
    async with db.admin() as admin:
        told = await admin.fetch(
            "SELECT entry -> 'detail' ->> 'part' AS part FROM audit_event WHERE case_id = $1 AND event = 'case:shown'",
            story.case_id,
        )
        assert [row["part"] for row in told].count("class") == 3
    async with browsing(SENCO) as browser:
        assert (await browser.client.get("/class", headers=browser.headers)).status_code == 403
        assert (await browser.send(f"/class/outcomes/{goal}", value="31")).status_code == 403
