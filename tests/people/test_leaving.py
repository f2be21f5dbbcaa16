"""Changing and going: roles, endings, the last administrator, and what becomes of the work."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from ecm.clock import new_id, today
from ecm.database import acting_as, proof
from ecm.errors import NotFound, NotSignedIn, Refused
from ecm.people.commands import end_membership
from ecm.people.schemas import Ending
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, action, bring_in, open_story
from tests.client import application, sign_in
from tests.people.pages import ADMIN, DSL, SENCO, TEACHER, boxes, browse, letters

ADMIN_SEAT, SENCO_SEAT, DSL_SEAT, TEACHER_SEAT = (str(known(f"seat {each}")) for each in (ADMIN, SENCO, DSL, TEACHER))
NOW = Ending(when="now", without_handover=True)


async def add_member(db, email: str, role: str, agency=OAKFIELD):
    """Somebody of the demonstration area in another role; the new membership's id."""
    made = new_id()
    async with db.admin() as behind:
        await behind.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, $4, now())",
            made, known(email), agency, role,
        )  # fmt: skip
    return made


async def alive(actor) -> bool:
    try:
        async with acting_as(actor, "look") as act:
            act.record("account:shown")
    except NotSignedIn:
        return False
    return True


async def test_a_dismissed_worker_is_refused_at_the_next_request_and_what_is_left_is_listed(db):
    story = await open_story(db)
    async with application() as client:
        admin, senco = await browse(client, ADMIN), await browse(client, SENCO)
        program = await sign_in(client, SENCO)
        await program.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, assignee_id=SENCO_SEAT))
        assert story.reference in (shown := await admin.get(f"/people/{SENCO_SEAT}/ending"))
        assert "1 open action" in shown
        assert "Leila" not in shown
        assert "Work is left" in await admin.refused(f"/people/{SENCO_SEAT}/ending", when="now")
        assert "must not be before" in await admin.refused(
            f"/people/{SENCO_SEAT}/ending", when="later", **boxes("ends_on", today() - timedelta(days=1))
        )
        await senco.get("/cases")
        await admin.done(f"/people/{SENCO_SEAT}/ending", when="now", without_handover="true")
        assert (await senco.client.get("/cases", headers=senco.headers)).status_code in (303, 401)
        assert (await program.get("/cases")).status_code == 401
        assert (await letters(client, SENCO))[0]["subject"] == "One of your roles in ECM has ended"
        listed = await admin.get("/people")
        assert f"Needs a new lead: {story.reference}" in listed
        assert (await admin.send(f"/people/{SENCO_SEAT}/ending", when="now")).status_code == 404
        # The teacher's role holds no led case; the safeguarding lead's does.
        give = f"/people/{SENCO_SEAT}/handover"
        assert "cannot take that over" in await admin.refused(give, everything=TEACHER_SEAT)
        assert "cannot take that over" in await admin.refused(
            give, everything=str(known("seat senco@hillside.example"))
        )
        assert "who takes over" in await admin.refused(give)
        await admin.done(give, everything=DSL_SEAT)
        assert "Needs a new lead" not in await admin.get("/people")
        dsl = await sign_in(client, DSL)
        assert (await dsl.get("/actions", mine="true")).json()["items"][0]["title"] == "Try a hearing test"
        assert "Martin Hale" in str((await dsl.get(f"/cases/{story.case_id}")).json()["lead_practitioner"])


async def test_nobody_but_the_own_administrator_reaches_a_colleague(db):
    async with application() as client:
        senco, admin = await browse(client, SENCO), await browse(client, ADMIN)
        await add_member(db, NURSE, "agency_admin", HEALTH)
        nurse = await browse(client, NURSE)
        await nurse.send("/account/acting-as", membership_id=str(known(f"seat {NURSE}")))
        for page in ("", "/role", "/handover", "/ending"):
            assert (await senco.client.get(f"/people/{TEACHER_SEAT}{page}", headers=senco.headers)).status_code == 403
        for page in ("", "/role", "/handover", "/ending", "/cover"):
            elsewhere = f"/people/{known('seat ' + NURSE)}{page}"
            assert (await admin.client.get(elsewhere, headers=admin.headers)).status_code == 404
        assert (await admin.send(f"/people/{known('seat ' + NURSE)}/ending", when="now")).status_code == 404
        assert (await senco.send(f"/people/{TEACHER_SEAT}/ending", when="now")).status_code == 403
        shown = await senco.get("/people")
        assert "Priya Nair" in shown
        assert "@oakfield" not in shown  # addresses are the administrator's to see


async def test_two_hats_never_mix_when_a_role_changes(db):
    story = await open_story(db)
    async with application() as client:
        admin, senco = await browse(client, ADMIN), await browse(client, SENCO)
        assert story.reference in (await senco.client.get("/cases", headers=senco.headers)).text
        page = f"/people/{SENCO_SEAT}/role"
        assert "does not follow into the new one" in await admin.get(page)
        assert "from the list" in await admin.refused(page, role="manager", lasting="permanent")
        assert "that role here already" in await admin.refused(page, role="senco", lasting="permanent")
        await admin.done(page, role="teacher", lasting="permanent", class_names="Cedar")
        assert (await senco.client.get("/cases", headers=senco.headers)).status_code in (303, 401)
        teacher = await browse(client, SENCO)
        assert "You act as Teacher" in await teacher.get("/account")
        assert story.reference not in (await teacher.client.get("/cases", headers=teacher.headers)).text
        assert (await teacher.client.get(f"/cases/{story.reference}", headers=teacher.headers)).status_code == 404
        assert f"Needs a new lead: {story.reference}" in await admin.get("/people")


async def test_the_last_administrator_stays_even_when_two_remove_each_other_at_once(db):
    admin = await db.act_as(ADMIN)
    with pytest.raises(Refused, match="always has an administrator"):
        await end_membership(admin, known(f"seat {ADMIN}"), NOW)
    second = await add_member(db, SENCO, "agency_admin")
    for _ in range(4):
        async with db.admin() as behind:
            await behind.execute("ALTER TABLE membership DISABLE TRIGGER keep_an_administrator")
            await behind.execute("UPDATE membership SET ended_at = NULL WHERE role = 'agency_admin'")
            await behind.execute("ALTER TABLE membership ENABLE TRIGGER keep_an_administrator")
        joan, grace = await db.act_as(ADMIN), await db.act_as(SENCO)
        async with db.admin() as behind:
            await behind.execute(
                "UPDATE session SET membership_id = $1 WHERE token_hash = $2", second, grace.token_hash
            )
        outcomes = await asyncio.gather(
            end_membership(joan, second, NOW),
            end_membership(grace, known(f"seat {ADMIN}"), NOW),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes if each] in ([Refused], [NotSignedIn])
        async with db.admin() as behind:
            left = "SELECT count(*) FROM membership WHERE role = 'agency_admin' AND agency_id = $1 AND ended_at IS NULL"
            assert await behind.fetchval(left, OAKFIELD) == 1
            with pytest.raises(asyncpg.CheckViolationError):  # whoever asks
                await behind.execute(f"UPDATE membership SET ended_at = now() {left[left.index('WHERE') :]}", OAKFIELD)


async def test_two_connections_that_both_have_entered_cannot_remove_each_other(db):
    second = await add_member(db, SENCO, "agency_admin")
    joan, grace = await db.act_as(ADMIN), await db.act_as(SENCO)
    async with db.admin() as behind:
        await behind.execute("UPDATE session SET membership_id = $1 WHERE token_hash = $2", second, grace.token_hash)
    one, two = await asyncpg.connect(db.app_url), await asyncpg.connect(db.app_url)
    end = "SELECT end_membership($1, NULL, $2)"
    first = known(f"seat {ADMIN}")
    try:
        for connection, actor in ((one, joan), (two, grace)):
            await connection.execute("BEGIN")
            await connection.fetch("SELECT * FROM enter($1, 'test')", actor.token_hash)
        await one.execute(end, second, proof("end", second))
        waiting = asyncio.create_task(two.execute(end, first, proof("end", first)))
        await asyncio.sleep(0.1)
        assert not waiting.done()  # it waits for the first to be decided
        await one.execute("COMMIT")
        with pytest.raises(asyncpg.CheckViolationError, match="last administrator"):
            await waiting
    finally:
        await one.close()
        await two.close()


async def test_what_nobody_may_know_of_is_neither_counted_nor_lost(db):
    story = await open_story(db)
    async with application() as client:
        admin, dsl = await browse(client, ADMIN), await sign_in(client, DSL)
        before = await admin.get(f"/people/{DSL_SEAT}/handover")
        hidden = action(OAKFIELD, title="Ring the police liaison", category="safeguarding", assignee_id=DSL_SEAT)
        assert (await dsl.post(f"/cases/{story.case_id}/actions", hidden)).status_code == 201
        assert await admin.get(f"/people/{DSL_SEAT}/handover") == before
        assert "There is nothing to hand over." in before
        shown = action(OAKFIELD, title="Read together", assignee_id=DSL_SEAT)
        assert (await dsl.post(f"/cases/{story.case_id}/actions", shown)).status_code == 201
        assert "1 open action" in await admin.get(f"/people/{DSL_SEAT}/handover")
        moved = await admin.done(f"/people/{DSL_SEAT}/handover", action=SENCO_SEAT)
        assert "nothing to hand over" in await admin.get(moved)
        senco = await sign_in(client, SENCO)
        titles = [each["title"] for each in (await senco.get("/actions")).json()["items"]]
        assert titles == ["Read together"]
    async with db.admin() as behind:
        row = await behind.fetchrow("SELECT * FROM action WHERE category = 'safeguarding'")
        assert row["assignee_membership_id"] is None  # back at the desk it belongs to
        assert row["owner_desk_id"] != OAKFIELD
        told = await behind.fetchval(
            "SELECT entry #>> '{detail,actions}' FROM audit_event WHERE event = 'work:handed_over'"
        )
        assert told == "1"


async def test_a_partners_work_goes_to_a_colleague_who_then_sees_it(db):
    story = await open_story(db)
    involvement = await bring_in(db, story, NURSE, HEALTH, "education")
    await add_member(db, "therapist@community-health.example", "agency_admin", HEALTH)
    nurse, therapist = known(f"seat {NURSE}"), known("seat therapist@community-health.example")
    async with application() as client:
        admin = await browse(client, "therapist@community-health.example")
        async with db.admin() as behind:
            await behind.execute(
                """UPDATE session SET membership_id = (SELECT id FROM membership WHERE role = 'agency_admin' AND agency_id = $1)
                   WHERE person_id = $2""", HEALTH, known("therapist@community-health.example"),
            )  # fmt: skip
            assert await behind.fetchval("SELECT assignee_membership_id FROM involvement") == nurse
        assert story.reference in await admin.get(f"/people/{nurse}/handover")
        await admin.done(f"/people/{nurse}/handover", **{f"involvement.{involvement}": str(therapist)})
        async with db.admin() as behind:
            assert await behind.fetchval("SELECT assignee_membership_id FROM involvement") == therapist
        program = await sign_in(client, NURSE)
        assert (await program.get(f"/cases/{story.case_id}")).status_code == 404


async def test_temporary_work_ends_by_the_clock_and_not_before(db):
    admin, teacher = await db.act_as(ADMIN), await db.act_as(TEACHER, kind="api")
    await end_membership(admin, known(f"seat {TEACHER}"), Ending(when="later", ends_on=today()))
    assert await alive(teacher)
    async with db.admin() as behind:
        with pytest.raises(asyncpg.CheckViolationError):
            await behind.execute("UPDATE membership SET temporary = true WHERE role = 'senco'")
        left = await behind.fetchval("SELECT ended_at - now() FROM membership WHERE id = $1", known(f"seat {TEACHER}"))
        await behind.execute("UPDATE session SET expires_at = now() + interval '3 days'")
    await db.put_clock_forward(left - timedelta(seconds=20))
    assert await alive(teacher)
    await db.put_clock_forward(left + timedelta(seconds=1))
    assert not await alive(teacher)
    with pytest.raises(NotFound):
        await end_membership(admin, known(f"seat {TEACHER}"), NOW)
