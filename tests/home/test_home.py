"""What needs you today: each role gets what it can do now, from rows it may see, and nothing twice."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ecm.actions.commands import change_action
from ecm.actions.schemas import ActionChange
from ecm.cases.commands import write_note
from ecm.cases.schemas import NewNote
from ecm.clock import new_id, today
from ecm.consent.commands import ask_consent
from ecm.consent.schemas import Asking, NewProposal
from ecm.database import Actor
from ecm.home.queries import home
from ecm.involvements.commands import accept_invitation, invite_agency
from ecm.involvements.schemas import Acceptance, Invitation
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, THERAPIST, action, bring_in, open_story
from tests.actions.test_pages import browsing
from tests.client import application, sign_in

HUB, COUNCIL = known("family-hub"), known("council")


async def needs(actor: Actor) -> dict[str, list[Any]]:
    """By kind, what Home says."""
    found: dict[str, list[Any]] = {}
    for each in (await home(actor))["needs"]:
        found.setdefault(each.kind, []).append(each)
    return found


async def due(db: Any, action_id: str, days: int) -> None:
    async with db.admin() as admin:
        await admin.execute(
            "UPDATE action SET due_on = $2 WHERE id = $1", UUID(action_id), today() + timedelta(days=days)
        )


async def test_who_leads_a_case_sees_what_is_due_on_it_and_what_waits_for_the_family(db):
    story = await open_story(db)
    await bring_in(db, story, THERAPIST, HEALTH, "education")
    await invite_agency(
        story.senco, story.case_id, Invitation(agency_id=HUB, reason_code="advice", categories=["family"])
    )
    proposal = NewProposal(agency_id=HUB, categories=["family"], purpose="support")
    asking = Asking(carer_id=known("carer amina.yusuf@home.example"), proposals=[proposal], how="in_person")
    await ask_consent(story.senco, story.case_id, asking)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        made = [
            (await senco.post(f"/cases/{story.case_id}/actions", action(owner))).json()["id"]
            for owner in (OAKFIELD, HEALTH, OAKFIELD)
        ]
    for action_id, days in zip(made, (7, -1, 8), strict=True):
        await due(db, action_id, days)
    async with db.admin() as admin:
        await admin.execute("UPDATE support_case SET next_review_on = $1", today() + timedelta(days=15))
    assert set(found := await needs(story.senco)) == {"action", "led"}
    assert (found["action"][0].due, len(found["action"])) == (today() + timedelta(days=7), 1)
    assert "Northshire Community Health" in found["led"][0].what
    async with db.admin() as admin:
        await admin.execute("UPDATE support_case SET next_review_on = $1", today() + timedelta(days=14))
        await admin.execute("UPDATE consent_request SET asked_at = asked_at - interval '7 days'")
    everything = (await home(story.senco))["needs"]
    assert [each.kind for each in everything] == ["led", "consent", "action", "review"]
    assert everything[1].due == today()
    assert everything[1].what == "Amina Yusuf has not answered yet"
    async with browsing(SENCO) as browser:
        shown = await browser.get("/")
        assert "(1 day overdue)" in shown
        assert re.search(r"Leila Reid.*Hold the review.*2 open actions 1 open case", shown)
        for href in {each.href for each in everything}:
            assert (await browser.client.get(href, headers=browser.headers)).status_code == 200, href
    colleague = await needs(await db.act_as("dsl@oakfield.example"))
    assert set(colleague) == {"action"}  # the desk's, but neither the lead nor who asked
    assert await needs(await db.act_as("teacher@oakfield.example")) == {}
    assert await needs(await db.act_as("senco@hillside.example")) == {}


async def test_an_outcome_behind_the_way_to_its_target_is_told_to_who_may_see_it(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "health")
    goals = {"Reads aloud": ("education", 20, 60, 25), "Leaves class": ("education", 10, 0, 9), "Sleeps": ("health", 5, 9, 5),
             "Counts": ("education", 0, 10, 6), "Sits": ("education", None, None, None)}  # fmt: skip
    made = {}
    async with application() as client:
        people = [await sign_in(client, each) for each in (SENCO, NURSE)]
        senco = people[0]
        for title, (category, start, target, value) in goals.items():
            author = people[category == "health"]
            body = {"title": title, "category": category, "due_on": str(today() + timedelta(days=50))}
            body |= {"measure": "Times", "baseline": start, "target": target} if start is not None else {}
            made[title] = (await author.post(f"/cases/{story.case_id}/outcomes", body)).json()["id"]
            if value is not None:
                then = {"value": value, "measured_on": str(today() - timedelta(days=50))}
                assert (await author.post(f"/outcomes/{made[title]}/measurements", then)).status_code == 201
        # Half the time is over; a number that was ahead fifty days ago is where it has to be now.
        found = (await needs(story.senco))["below"]
        assert [(each.href, each.due) for each in found] == [
            (f"/outcomes/{made[title]}", None) for title in ("Leaves class", "Reads aloud")
        ]
        assert found[1].what == "Reads aloud: 25 when last measured, 40 by now would be on the way"
        assert [each.what[:6] for each in (await needs(await db.act_as(THERAPIST)))["below"]] == ["Sleeps"]
        assert "below" not in await needs(await db.act_as("senco@hillside.example"))
        await senco.post(f"/outcomes/{made['Reads aloud']}/measurements", {"value": 39})
        await senco.post(f"/outcomes/{made['Leaves class']}/correction", {"reason": "Another pupil."})
        assert "below" not in await needs(story.senco)
    async with browsing(THERAPIST) as browser:
        assert re.search(
            r"Leila Reid Sleeps: 5 when last measured.*When you can.*Open the outcome", await browser.get("/")
        )


async def test_a_partner_is_asked_then_has_work_and_a_manager_gives_it_out(db):
    story = await open_story(db)
    manager, nurse = await db.act_as(THERAPIST), await db.act_as(NURSE)
    invited = Invitation(agency_id=HEALTH, reason_code="advice", categories=["education"])
    made = (await invite_agency(story.senco, story.case_id, invited))["id"]
    for who in (manager, nurse):
        found = await needs(who)
        assert set(found) == {"invitation"}
        (asked,) = found["invitation"]
        assert (asked.who, asked.due) == ("Oakfield Primary School", today() + timedelta(days=14))
        assert "Leila" not in str(asked)
    await accept_invitation(manager, made, Acceptance())
    assert set(await needs(nurse)) == set()
    found = await needs(manager)
    assert set(found) == {"unassigned_work"}
    assert found["unassigned_work"][0].what == "1 case that nobody of you works on yet"


async def test_a_manager_sees_what_nobody_has_and_what_is_late_and_a_worker_what_is_new(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education", "health")
    manager, nurse, seat = await db.act_as(THERAPIST), await db.act_as(NURSE), known("seat " + NURSE)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        made = [
            (await senco.post(f"/cases/{story.case_id}/actions", action(HEALTH, title=f"Listen {n}"))).json()["id"]
            for n in range(3)
        ]
    for action_id, days in zip(made, (-3, 20, 2), strict=True):
        await due(db, action_id, days)
    async with db.admin() as admin:
        await admin.execute("UPDATE action SET assignee_membership_id = NULL WHERE id = $1", UUID(made[1]))
    found = await needs(manager)
    assert set(found) == {"unassigned_actions", "team"}
    assert found["unassigned_actions"][0].what == "1 action nobody in particular has"
    assert found["team"][0].href == "/actions?whose=agency&overdue=yes"
    assert [each.due for each in (await needs(nurse))["action"]] == [
        today() - timedelta(days=3),
        today() + timedelta(days=2),
    ]
    async with db.admin() as admin:
        visit = "INSERT INTO case_visit (id, person_id, membership_id, case_id, seen_at) VALUES ($1, $2, $3, $4, now())"
        await admin.execute(visit, new_id(), known(NURSE), seat, story.case_id)
    assert "contributions" not in await needs(nurse)
    await write_note(nurse, story.case_id, NewNote(category="education", text="Mine."))
    await write_note(story.senco, story.case_id, NewNote(category="family", text="Not for her."))
    await change_action(nurse, UUID(made[0]), ActionChange(version=await _version(db, made[0]), status="doing"))
    assert "contributions" not in await needs(nurse)
    await write_note(story.senco, story.case_id, NewNote(category="education", text="For her."))
    await change_action(
        story.senco, UUID(made[2]), ActionChange(version=await _version(db, made[2]), progress="Asked.")
    )
    everything = await home(nurse)
    (new,) = [each for each in everything["needs"] if each.kind == "contributions"]
    assert new.what == "2 new entries since you were last there"
    assert everything["needs"][-1] is new
    assert [each["reference"] for each in everything["recent"]] == [story.reference]


async def _version(db: Any, action_id: str) -> int:
    async with db.admin() as admin:
        return int(await admin.fetchval("SELECT version FROM action WHERE id = $1", UUID(action_id)))


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("school", "headteacher"),
        ("school", "agency_admin"),
        ("school", "data_protection_officer"),
        ("partnership", "system_admin"),
    ],
)
async def test_roles_without_a_demonstration_account_start_somewhere_that_works(db, kind, role):
    async with db.admin() as admin:
        await admin.execute(
            "UPDATE membership SET role = $1 WHERE id = $2", role, known("seat teacher@oakfield.example")
        )
        await admin.execute("UPDATE agency SET kind = $1 WHERE id = $2", kind, OAKFIELD)
    async with browsing("teacher@oakfield.example") as browser:
        page = (await browser.client.get("/", headers=browser.headers)).text
        assert "Nothing needs you today." in page
        offered = re.findall(
            r'<li><a class="govuk-link" href="([^"]+)"',
            page.partition("You could do one of these")[2].partition("</ul>")[0],
        )
        assert len(offered) == 2
        for href in offered:
            assert (await browser.client.get(href, headers=browser.headers)).status_code == 200, href


@pytest.mark.parametrize(
    ("email", "start"), [("auditor@partnership.example", "/oversight"), ("amina.yusuf@home.example", "/family")]
)
async def test_auditors_and_families_have_a_start_of_their_own(db, email, start):
    async with browsing(email) as browser:
        answer = await browser.client.get("/", headers=browser.headers)
        assert (answer.status_code, answer.headers["location"]) == (303, start)
