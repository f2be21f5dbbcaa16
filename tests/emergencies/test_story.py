"""A record opened in an emergency: by whom, what it shows, how long, and who looks at it afterwards."""

import asyncio
import re
import time
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ecm.audit.events import Event
from ecm.cases.queries import show_case
from ecm.database import acting_as
from ecm.emergencies.late import escalate_late
from ecm.errors import NotFound
from ecm.notifications.outbox import messages
from ecm.pupils.records import add_pupil
from ecm.pupils.schemas import NewPupil
from ecm.seeds import PASSWORD, WORKERS, known
from tests.actions.story import HEALTH, OAKFIELD, SENCO, Story, action, bring_in, open_story
from tests.client import Person, application, sign_in
from tests.grounds.story import CARE, NOT_TOLD, OVERRIDE
from tests.journeys.story import Visitor

SOCIAL, MANAGER = "social.worker@childrens-services.example", "manager@childrens-services.example"
NURSE, THERAPIST = "nurse@community-health.example", "therapist@community-health.example"
DSL, OFFICER = "dsl@oakfield.example", "dpo@partnership.example"
WHY = {"reason_code": "missing", "reason": "Not home since five, the police ask for contacts."}
LEILA = {"first_name": "leila", "last_name": "REID", "date_of_birth": "2018-02-14"} | WHY
MISS = LEILA | {"date_of_birth": "2018-02-15"}
MAY = {SOCIAL, MANAGER, DSL}


async def visitor(client: Any, email: str) -> Visitor:
    """Somebody with a token and a browser's cookie."""
    return Visitor(client, (await sign_in(client, email)).headers["Authorization"].removeprefix("Bearer "))


async def told(subject: str) -> set[str]:
    """Who has got a letter about this."""
    return {each["to"] for each in await messages() if subject in each["subject"]}


async def opened(person: Person, **other: Any) -> Any:
    """The answer to opening Leila's record."""
    made = await person.post("/emergency-access", LEILA | other)
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
async def story(db: Any) -> Story:
    """Leila's case with something in three categories, and an alert."""
    made = await open_story(db)
    async with application() as client:
        senco, dsl = await sign_in(client, SENCO), await sign_in(client, DSL)
        path = f"/cases/{made.case_id}"
        for person, category in ((senco, "education"), (senco, "family"), (dsl, "safeguarding")):
            body = {"category": category, "text": f"Of {category}."}
            assert (await person.post(f"{path}/notes", body)).status_code == 201
        assert (await senco.post(f"{path}/health-alerts", {"text": "Allergic to peanuts."})).status_code == 201
        plan = {"plan_type": "one_page_profile", "audience": "professionals"}
        assert (await senco.post(f"{path}/plans", plan)).status_code == 201
    return made


async def test_an_emergency_shows_core_safety_and_alerts_and_nothing_can_be_taken_away(db, story):
    path, page = f"/cases/{story.case_id}", f"/cases/{story.reference}"
    async with application() as client:
        social = await visitor(client, SOCIAL)
        assert (await social.get(path)).status_code == 404
        made = await opened(social)
        case = (await social.get(path)).json()
        assert [each["text"] for each in case["notes"]] == ["Of safeguarding."]
        assert {(each["category"], each["basis"]) for each in case["sharing"]} == {
            ("core", "emergency"), ("safeguarding", "emergency"),
        }  # fmt: skip
        assert (case["reason"], case["barriers"], case["pupil"]["last_name"]) == (None, [], "Reid")
        alerts = (await social.get(f"{path}/health-alerts")).json()["items"]
        assert [each["text"] for each in alerts] == ["Allergic to peanuts."]
        shown = (await social.see(page)).text
        assert all(each in shown for each in ("Emergency access", "Allergic to peanuts.", "End it now"))
        assert f"{page}/plans" not in shown
        assert story.reference in (await social.see("/cases")).text
        taken = await social.submit("/cases/export", {"columns": "pupil"})
        assert taken.status_code == 200
        assert "Leila" not in taken.text
        assert (await social.get(f"{path}/plans")).status_code == 404
        assert (await social.post(f"{path}/plan-copies", {"plan_type": "one_page_profile"})).status_code == 404
        for audience in ("family", "professionals"):
            plan = {"plan_type": "one_page_profile", "audience": audience}
            assert (await social.post(f"{path}/plans", plan)).status_code == 404
        assert (await social.submit(f"/emergencies/{made['id']}/ending", {})).status_code == 303
        assert (await social.get(path)).status_code == 404
        assert (await social.post(f"/emergency-access/{made['id']}/ending")).status_code == 422
    assert await told("opened in an emergency") == {SENCO}
    assert await told("waits for your review") == {MANAGER}


async def test_what_is_open_in_an_emergency_is_read_and_nothing_is_written(db, story):
    path = f"/cases/{story.case_id}"
    about = {"category": "safeguarding", "text": "Found at her aunt’s."}
    law = OVERRIDE | NOT_TOLD | {"agency_id": str(HEALTH), "categories": ["safeguarding"]}
    async with application() as client:
        social, manager, senco = [await visitor(client, each) for each in (SOCIAL, MANAGER, SENCO)]
        working = await bring_in(db, story, SOCIAL, CARE, "education")
        given = await social.post(f"{path}/actions", action(OAKFIELD, category="education"))
        assert given.status_code == 201, given.text
        change = {"version": given.json()["version"], "title": "Try two hearing tests"}
        invited = {"agency_id": str(HEALTH), "reason_code": "advice", "categories": ["education"]}
        assert (await senco.post(f"{path}/involvements", invited)).status_code == 201
        assert (await senco.post(f"/involvements/{working}/ending", {"reason": "Done."})).status_code == 201

        for person in (social, manager):
            await opened(person)
        before = {each["id"] for each in (await senco.get(path)).json()["notes"]}
        page = (await social.see(f"/cases/{story.reference}")).text
        assert "you write nothing here" in page
        assert not any(each in page for each in ("Save the note", "/actions/add", "/barriers/add", "/views/add"))
        note = await social.post(f"{path}/notes", about)
        assert (note.status_code, "you can read it and not write in it" in note.text) == (422, True)
        barrier = {"code": "CL01", "how_identified": "teacher_observation"}
        said = {"whose": "pupil", "text": "I want to go home.", "how": "talked"}
        for person, part, body in (
            (social, "actions", action(OAKFIELD, category="family")), (social, "barriers", barrier),
            (social, "views", said), (manager, "sharing-grounds", law), (manager, "notes", about),
        ):  # fmt: skip
            answer = await person.post(f"{path}/{part}", body)
            assert answer.status_code in (403, 422), (part, answer.text)
        assert (await social.get(f"/actions/{given.json()['id']}")).status_code == 200
        assert (await social.send("PATCH", f"/actions/{given.json()['id']}", change)).status_code == 403
        assert {each["id"] for each in (await senco.get(path)).json()["notes"]} == before

        # With another reason beside it, the emergency is in nobody's way.
        await bring_in(db, story, SOCIAL, CARE, "education")
        assert (await social.post(f"{path}/notes", about)).status_code == 201
        assert (await social.send("PATCH", f"/actions/{given.json()['id']}", change)).status_code == 200
        assert "Save the note" in (await social.see(f"/cases/{story.reference}")).text


async def test_a_miss_is_answered_alike_and_told_and_four_hours_are_the_end(db, story):
    async with application() as client:
        social, senco = await sign_in(client, SOCIAL), await sign_in(client, SENCO)
        upn = (await senco.get(f"/pupils/{known('pupil Leila Reid')}")).json()["upn"]
        times: dict[bool, list[float]] = {True: [], False: []}
        shapes = set()
        for body in (LEILA, MISS, {"upn": upn} | WHY, {"upn": "A999400124999"} | WHY):
            began = time.perf_counter()
            answer = await social.post("/emergency-access", body)
            times[body is LEILA or body.get("upn") == upn].append(time.perf_counter() - began)
            shapes.add((answer.status_code, tuple(answer.json()), len(answer.content)))
        assert len(shapes) == 1
        assert abs(min(times[True]) - min(times[False])) < 0.05
        assert min(times[False]) >= 0.4
        found = (await social.get("/emergency-access")).json()["items"]
        assert sorted(each["found"] for each in found) == [False, False, True, True]
        assert len([m for m in await messages() if "waits for your review" in m["subject"]]) == 4
    await db.put_clock_forward(timedelta(hours=3, minutes=59))
    later = await db.act_as(SOCIAL)
    assert (await show_case(later, story.case_id))["id"] == story.case_id
    await db.put_clock_forward(timedelta(hours=4, minutes=1))
    with pytest.raises(NotFound):
        await show_case(later, story.case_id)


NAMED = (
    ({"first_name": "Suhaila", "date_of_birth": "2017-11-03"}, True),
    ({"first_name": "zoe", "last_name": "BRONTE HUGHES", "date_of_birth": "2017-09-30"}, True),
    ({"first_name": "Zoë", "last_name": "Brontë", "date_of_birth": "2017-09-30"}, False),  # a part of a name is not it
    ({"first_name": "Chema", "last_name": "Núñez", "date_of_birth": "2016-12-12"}, True),  # as they are called
    ({"first_name": "Suhaila", "last_name": "Reid", "date_of_birth": "2017-11-03"}, False),
    ({"first_name": "Seun", "last_name": "Adébáyọ̀", "date_of_birth": "2019-07-17"}, False),  # without a case
    ({"first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14"}, False),  # two children of that name
)


async def test_only_one_child_who_is_named_exactly_is_found(db, story):
    for pupil in ("Suhaila", "Zoë Brontë-Hughes", "José María Núñez"):
        await open_story(db, pupil)
    twin = {"first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14"}
    await add_pupil(await db.act_as("senco@hillside.example"), NewPupil.model_validate(twin))
    async with application() as client:
        social = await sign_in(client, SOCIAL)
        for body, found in NAMED:
            assert (await social.post("/emergency-access", body | WHY)).status_code == 201
            assert (await social.get("/emergency-access")).json()["items"][0]["found"] is found, body


@pytest.mark.parametrize("worker", [each.email for each in WORKERS])
async def test_who_may(db, worker):
    """Never SENCO, teacher, case officer, administrator, auditor; nobody of health who is not on duty."""
    async with application() as client:
        person = await visitor(client, worker)
        answer = await person.post("/emergency-access", MISS)
        assert answer.status_code == (201 if worker in MAY else 403)
        assert (await person.see("/emergencies/open")).status_code == (200 if worker in MAY else 403)
        sent = MISS | {
            "password": PASSWORD,
            "date_of_birth-day": "1",
            "date_of_birth-month": "2",
            "date_of_birth-year": "2018",
        }
        del sent["date_of_birth"]
        assert (await person.submit("/emergencies/open", sent)).status_code == (303 if worker in MAY else 403)
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM emergency_access") == (2 if worker in MAY else 0)


async def test_a_carer_may_not_and_nobody_opens_the_record_of_their_own_child(db, story):
    async with application() as client:
        assert (
            await (await sign_in(client, "amina.yusuf@home.example")).post("/emergency-access", LEILA)
        ).status_code == 403
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE carer SET person_id = $1 WHERE id = $2", known(SOCIAL), known("carer daniel.reid@home.example")
            )
        social = await sign_in(client, SOCIAL)
        seat = {"membership_id": str(known(f"seat {SOCIAL}"))}
        assert (await social.send("PUT", "/me/acting-as", seat)).status_code == 200
        await opened(social)
        assert (await social.get("/emergency-access")).json()["items"][0]["found"] is False
        assert (await social.get(f"/cases/{story.case_id}")).status_code == 404


async def test_reason_and_password_are_wanted_on_the_server(db):
    wrong = {
        "reason": WHY | {"upn": "A1", "reason": "Too short."},
        "reason_code": {"upn": "A1", "reason": WHY["reason"], "reason_code": "curiosity"},
        "upn": WHY,
        "password": LEILA | {"password": "not mine at all"},
    }
    async with application() as client:
        dsl = await visitor(client, DSL)
        for field, body in wrong.items():
            answer = await dsl.post("/emergency-access", body)
            assert answer.status_code == 422
            assert [each["field"] for each in answer.json()["errors"]] == [field]
        shown = await dsl.submit("/emergencies/open", {"upn": "A1"} | WHY | {"password": "not mine at all"})
        assert shown.status_code == 422
        assert WHY["reason"] in shown.text
        assert "not mine at all" not in shown.text
        await db.put_clock_forward(timedelta(minutes=6))
        assert (await dsl.post("/emergency-access", LEILA)).json()["errors"][0]["field"] == "password"
        await opened(dsl, password=PASSWORD)
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM emergency_access") == 1


async def test_somebody_else_reviews_it_with_the_reason_on_the_screen(db, story):
    said = {"verdict": "not_justified", "text": "No police were involved. Spoken to Ruth."}
    async with application() as client:
        social, manager = await visitor(client, SOCIAL), await visitor(client, MANAGER)
        strangers = [await sign_in(client, each) for each in (DSL, "dpo@oakfield.example", OFFICER, SENCO)]
        made = await opened(social)
        await social.see(f"/cases/{story.reference}")
        one = f"/emergency-access/{made['id']}"
        assert (await social.post(f"{one}/review", said)).status_code == 403
        for each in strangers:
            assert (await each.get(one)).status_code == (await each.post(f"{one}/review", said)).status_code == 404
        screen = (await manager.see(f"/emergencies/{made['id']}")).text
        assert all(
            each in screen
            for each in (WHY["reason"], "The pupil is missing", "Ruth Adeyemi", story.reference, "Looked at the case")
        )
        assert "Leila" not in screen
        home = (await manager.see("/")).text
        assert f"/emergencies/{made['id']}" in home
        assert (await manager.get(f"/cases/{story.case_id}")).status_code == 404
        done = await manager.post(f"{one}/review", said)
        assert (done.status_code, done.json()["review"]["verdict"]) == (201, "not_justified")
        assert (await manager.post(f"{one}/review", said)).status_code == 422
        assert (await social.get(f"/cases/{story.case_id}")).status_code == 404  # it ended with the review
        assert said["text"] in (await social.see(f"/emergencies/{made['id']}")).text
        assert f"/emergencies/{made['id']}" not in (await manager.see("/")).text


async def test_what_nobody_reviews_goes_to_the_partnership_and_holds_nobody_up(db, story):
    async with application() as client:
        made = await opened(await sign_in(client, SOCIAL))
        own = await opened(await sign_in(client, MANAGER))
    assert await told("has come to you") == {OFFICER}  # of the manager's: nobody else there may review
    assert await escalate_late() == 0
    await db.put_clock_forward(timedelta(days=8))
    assert [await escalate_late(), await escalate_late()] == [1, 0]
    assert len([m for m in await messages() if "has come to you" in m["subject"]]) == 2
    async with application() as client:
        officer, social = await visitor(client, OFFICER), await visitor(client, SOCIAL)
        assert "Review overdue" in (await officer.see("/emergencies")).text
        assert made["id"] in (await officer.see("/")).text
        assert (await officer.get(f"/cases/{story.case_id}")).status_code == 404
        await opened(social, password=PASSWORD)
        for each in (made, own):
            form = {"verdict": "justified", "text": "Read the police log."}
            assert (await officer.submit(f"/emergencies/{each['id']}/review", form)).status_code == 303
        both = await asyncio.gather(*[social.get(f"/emergency-access/{made['id']}") for _ in range(2)])
        assert {each.json()["review"]["by"]["name"] for each in both} == {"Olive Trent"}


async def test_health_only_while_on_duty(db, story):
    seat = str(known(f"seat {NURSE}"))
    async with application() as client:
        nurse, boss, social = (
            await visitor(client, NURSE),
            await visitor(client, THERAPIST),
            await visitor(client, SOCIAL),
        )
        assert (await nurse.submit("/emergencies/duty", {"membership_id": seat})).status_code == 403
        strange = str(known(f"seat {SOCIAL}"))
        assert (await boss.submit("/emergencies/duty", {"membership_id": strange})).status_code == 422
        for _ in range(2):
            assert (await boss.submit("/emergencies/duty", {"membership_id": seat})).status_code in (303, 409)
        await opened(nurse)
        assert (await nurse.get(f"/cases/{story.case_id}")).status_code == 200
        (duty,) = set(
            re.findall(r"/emergencies/duty/([0-9a-f-]{36})/ending", (await boss.see("/emergencies/duty")).text)
        )
        assert (await social.submit(f"/emergencies/duty/{duty}/ending", {})).status_code == 403
        assert (await boss.submit(f"/emergencies/duty/{duty}/ending", {})).status_code == 303
        assert (await nurse.post("/emergency-access", LEILA)).status_code == 403
    assert await told("waits for your review") == {THERAPIST}


async def test_alerts_are_health_and_are_taken_away_by_who_may(db, story):
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, teacher, dsl, amina = [
            await visitor(client, each) for each in (SENCO, "teacher@oakfield.example", DSL, "amina.yusuf@home.example")
        ]
        assert (await senco.post(f"{path}/health-alerts", {"text": "x" * 201})).status_code == 422
        (alert,) = (await dsl.get(f"{path}/health-alerts")).json()["items"]
        for other in (teacher, amina):
            assert (await other.get(f"{path}/health-alerts")).status_code == 404
            assert (await other.post(f"{path}/health-alerts", {"text": "Asthma."})).status_code in (403, 404)
            assert (await other.post(f"/health-alerts/{alert['id']}/ending")).status_code == 404
        assert (await senco.submit(f"/health-alerts/{alert['id']}/ending", {})).status_code == 303
        assert (await dsl.get(f"{path}/health-alerts")).json()["items"] == []
        assert (await dsl.post(f"/health-alerts/{alert['id']}/ending")).status_code == 404


async def test_a_conflict_of_interest_closes_an_emergency_too(db, story):
    async with application() as client:
        social = await sign_in(client, SOCIAL)
        made = await opened(social)
        async with db.admin() as admin:
            await admin.execute("SET session_replication_role = replica")
            await admin.execute(
                """INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at)
                   VALUES (gen_random_uuid(), $1, $2, 'neighbour', $3, $4, now())""",
                known(SOCIAL), known("pupil Leila Reid"), known(f"seat {MANAGER}"), known("childrens-services"),
            )  # fmt: skip
        assert (await social.get(f"/cases/{story.case_id}")).status_code == 404
        assert (await social.get(f"/emergency-access/{made['id']}")).status_code == 404
        await opened(social)
        assert (await social.get("/emergency-access")).json()["items"][0]["found"] is False


async def test_the_database_itself_refuses(db, story):
    """As the application's login, in a real session, past every command."""
    async with application() as client:
        own = (await opened(await sign_in(client, SOCIAL)))["id"]
    tries = (
        f"""INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
            SELECT gen_random_uuid(), case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at
            FROM emergency_access WHERE id = '{own}'""",
        """SELECT * FROM open_emergency(gen_random_uuid(), NULL, 'leila', 'reid', '2018-02-14', 'other', repeat('x', 20),
                                         now(), 'no proof')""",
        f"UPDATE emergency_access SET until_at = until_at + interval '1 hour' WHERE id = '{own}'",
        f"""INSERT INTO emergency_review (emergency_id, reviewer_membership_id, verdict, text, reviewed_at)
            SELECT id, membership_id, 'justified', 'Mine.', now() FROM emergency_access WHERE id = '{own}'""",
        f"SELECT escalate_emergency('{own}', 'no proof')",
        f"INSERT INTO health_alert (id, case_id, text) VALUES (gen_random_uuid(), '{story.case_id}', 'Asthma.')",
        f"INSERT INTO safeguarding_duty (id, membership_id) VALUES (gen_random_uuid(), '{known('seat ' + SOCIAL)}')",
    )
    for sql in tries:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
            async with acting_as(await db.act_as(SOCIAL), "try") as act:
                await act.run(sql)
    async with acting_as(await db.act_as(SOCIAL), "try") as act:
        assert await act.value("SELECT count(*) FROM emergency_access") == 1
        act.record(Event.EMERGENCIES_LISTED, outcome="shown")
