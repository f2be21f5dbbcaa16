"""The day's reminders on a real case: who hears of what, once a day, and when it stops."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from ecm.clock import today
from ecm.consent.commands import ask_consent
from ecm.consent.schemas import Asking, NewProposal
from ecm.database import acting_as
from ecm.involvements.commands import invite_agency
from ecm.involvements.schemas import Invitation
from ecm.notifications.outbox import messages
from ecm.reminders import commands
from ecm.reminders.commands import remind
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, SENCO, THERAPIST, action, bring_in, open_story
from tests.client import application, sign_in

DAY = timedelta(days=1)
AS_IF = "SET session_replication_role = replica;"  # as if it had always been so: no trigger asks who did it
HUB, HUB_WORKER, DSL = known("family-hub"), "family.worker@family-hub.example", "dsl@oakfield.example"


@pytest.fixture
async def story(db):
    """A case on which there is one thing of every kind to be reminded of, long overdue yesterday."""
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    async with application() as client:
        senco = await sign_in(client, SENCO)
        for owner, who in ((HEALTH, NURSE), (HEALTH, NURSE), (known("oakfield"), SENCO)):
            body = action(owner) | {"assignee_id": str(known(f"seat {who}"))}
            assert (await senco.post(f"/cases/{story.case_id}/actions", body)).status_code == 201
    await invite_agency(
        story.senco, story.case_id, Invitation(agency_id=HUB, reason_code="advice", categories=["family"])
    )
    asked = NewProposal(agency_id=HUB, categories=["family"], purpose="support")
    carer = known("carer amina.yusuf@home.example")
    await ask_consent(story.senco, story.case_id, Asking(carer_id=carer, proposals=[asked], how="link"))
    async with db.admin() as admin:
        await admin.execute(AS_IF + "DELETE FROM outbox; DELETE FROM pgqueuer")
        await admin.execute("UPDATE action SET due_on = $1", today() - DAY)
        newest = "SELECT max(id::text)::uuid FROM action WHERE owner_agency_id = $1"
        await admin.execute(f"UPDATE action SET assignee_membership_id = NULL WHERE id = ({newest})", HEALTH)
        await admin.execute("UPDATE support_case SET next_review_on = $1", today() - DAY)
        await admin.execute(
            "UPDATE involvement SET invited_at = invited_at - interval '3 days' WHERE status = 'invited'"
        )
        await admin.execute(
            "UPDATE consent_request SET asked_at = asked_at - interval '7 days' WHERE answered_at IS NULL"
        )
    return story


async def told() -> dict[str, list[str]]:
    """What each worker was told, line by line."""
    return {
        m["to"]: [line[2:] for line in m["text"].split("\n") if line.startswith("- ")]
        for m in await messages()
        if m["subject"] == "What waits for you"
    }


ALL = {
    NURSE: ["1 action overdue"],
    THERAPIST: ["1 action overdue"],
    SENCO: [
        "1 action overdue", "1 review due",
        "1 question to a parent or carer without an answer for a week or longer",
    ],
    HUB_WORKER: ["1 invitation to work on a case, without an answer"],
}  # fmt: skip


async def test_each_hears_of_their_own_once_a_day_whoever_tries_and_wherever_it_stops(db, story, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(commands, "_finish", _die)
        with pytest.raises(ConnectionError):
            await remind(today())
    assert await told() == ALL
    assert await asyncio.gather(*(remind(today()) for _ in range(3))) == [0, 0, 0]
    assert await remind(today()) == 0
    async with db.admin() as admin:
        letters = await admin.fetch("SELECT recipient, count(*) FROM outbox GROUP BY 1")
        events = await admin.fetch("SELECT event, count(*) FROM audit_event WHERE event LIKE 'reminder%' GROUP BY 1")
    assert {row[1] for row in letters} == {1}
    assert dict(events) == {"reminder:written": 4, "reminders:finished": 1}
    await db.put_clock_forward(DAY)
    assert await remind(today() + DAY) == 0  # nothing came to a step: the same four things wait
    await db.put_clock_forward(7 * DAY)
    assert await remind(today() + 7 * DAY) == 4


async def _die(*_: object) -> None:
    raise ConnectionError


STOPPED = {
    "UPDATE support_case SET status = 'closed'": "UPDATE support_case SET status = 'open'",
    "UPDATE support_case SET status = 'voided'": "UPDATE support_case SET status = 'open'",
    "UPDATE pupil SET died_on = current_date": "UPDATE pupil SET died_on = NULL",
    "UPDATE enrolment SET to_on = current_date - 1": "UPDATE enrolment SET to_on = NULL",
    "UPDATE support_case SET pupil_id = pupil_id": "SELECT",
}


async def test_of_a_case_that_does_not_run_nobody_hears(db, story):
    found = []
    async with db.admin() as admin:
        for stopped, running in STOPPED.items():
            await admin.execute(AS_IF + stopped)
            found.append(await remind(today()))
            await admin.execute(running + "; DELETE FROM reminder_run")
    assert found == [0, 0, 0, 0, 4]


async def test_it_stops_when_done_moves_to_the_desk_when_somebody_leaves_and_never_to_who_may_not_see(db, story):
    async with db.admin() as admin:
        await admin.execute(AS_IF)
        seat = known(f"seat {NURSE}")
        await admin.execute("UPDATE membership SET ended_at = now() WHERE id = $1", seat)
        await admin.execute(
            "UPDATE action SET status = 'done' WHERE assignee_membership_id = $1", known(f"seat {SENCO}")
        )
        await admin.execute("UPDATE involvement SET status = 'withdrawn' WHERE status = 'invited'")
        await admin.execute("UPDATE consent_request SET answered_at = now()")
    assert await remind(today()) == 2
    assert await told() == {THERAPIST: ["2 actions overdue"], SENCO: ["1 review due"]}
    async with db.admin() as admin:
        await admin.execute("DELETE FROM reminder; DELETE FROM reminder_run; DELETE FROM outbox")
        await admin.execute("DELETE FROM case_access WHERE principal = $1", HEALTH)
    assert await remind(today()) == 1
    assert await told() == {SENCO: ["1 review due"]}


async def test_nobody_but_the_service_reads_or_writes_who_was_reminded(db, story):
    await remind(today())
    senco = await db.act_as(SENCO)
    async with acting_as(senco, "test") as act:
        assert await act.value("SELECT count(*) FROM reminder") == 0
        assert await act.value("SELECT count(*) FROM reminder_run") == 0
        act.record("consent:requested")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with acting_as(senco, "test") as act:
            await act.run("INSERT INTO reminder_run (day, finished_at) VALUES ($1, now())", today() + DAY)
