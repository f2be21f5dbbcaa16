"""What somebody signed in could try with SQL of their own, past every command: each try is refused or undone by the
database, and the honest way beside it works."""

import asyncpg
import pytest

from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as
from ecm.involvements.commands import end_involvement
from ecm.involvements.schemas import Ending
from ecm.seeds import known
from tests.cases.test_api import NEW_CASE
from tests.client import application, sign_in


async def tried(actor: Actor, sql: str, *values: object) -> int:
    """How many rows somebody's own SQL touched."""
    async with acting_as(actor, "test") as act:
        done = await act.run(sql, *values)
        act.record("case:shown")
    return done


async def asked(actor: Actor, sql: str, *values: object) -> object:
    """What somebody's own SQL answers."""
    async with acting_as(actor, "test") as act:
        act.record("case:shown")
        return await act.value(sql, *values)


async def a_shared_case(db) -> tuple[str, str, Actor, Actor]:
    """A case whose learning the family shares with community health: case, involvement, SENCO, therapist."""
    async with application() as client:
        senco = await sign_in(client, "senco@oakfield.example")
        therapist = await sign_in(client, "therapist@community-health.example")
        case = (await senco.post("/cases", NEW_CASE)).json()["id"]
        health = str(known("community-health"))
        asking = {"agency_id": health, "reason_code": "assessment", "categories": ["education"]}
        involvement = (await senco.post(f"/cases/{case}/involvements", asking)).json()["id"]
        assert (await therapist.post(f"/involvements/{involvement}/acceptance")).status_code == 201
        proposals = [{"agency_id": health, "categories": ["education"], "purpose": "support"}]
        carer = str(known("carer amina.yusuf@home.example"))
        request = (
            await senco.post(f"/cases/{case}/consent-requests", {"carer_id": carer, "proposals": proposals})
        ).json()
        decisions = [{"proposal_id": each["id"], "decision": "given"} for each in request["proposals"]]
        said = {"channel": "in_person", "witness": "Office", "given_by": "Amina", "decisions": decisions}
        assert (await senco.post(f"/consent-requests/{request['id']}/answers", said)).status_code == 201
    return (
        case,
        involvement,
        await db.act_as("senco@oakfield.example"),
        await db.act_as("therapist@community-health.example"),
    )


SEES = "SELECT count(*) FROM support_case WHERE id = $1"


async def test_an_ended_agency_cannot_let_itself_back_in(db):
    case, involvement, senco, therapist = await a_shared_case(db)
    assert await asked(therapist, SEES, case) == 1
    await end_involvement(senco, involvement, Ending(reason="The assessment is done."))
    for change in ("ended_at = NULL", "answered_at = now() + interval '1 day'", "ended_at = now() + interval '1 year'"):
        await tried(therapist, f"UPDATE involvement SET {change} WHERE id = $1", involvement)
        assert await asked(therapist, SEES, case) == 0
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(therapist, "UPDATE involvement SET status = 'accepted' WHERE id = $1", involvement)


async def test_the_lead_is_somebody_of_the_school(db):
    case, _, senco, _ = await a_shared_case(db)
    lead = "UPDATE support_case SET lead_membership_id = $2 WHERE id = $1"
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(senco, lead, case, known("seat manager@childrens-services.example"))
    assert await asked(await db.act_as("manager@childrens-services.example"), SEES, case) == 0
    assert await asked(await db.act_as("teacher@oakfield.example"), SEES, case) == 0
    assert await tried(senco, lead, case, known("seat teacher@oakfield.example")) == 1
    assert await asked(await db.act_as("teacher@oakfield.example"), SEES, case) == 1


async def test_an_invitation_brings_nobody_along(db):
    async with application() as client:
        case = (await (await sign_in(client, "senco@oakfield.example")).post("/cases", NEW_CASE)).json()["id"]
    senco, made = await db.act_as("senco@oakfield.example"), new_id()
    await tried(
        senco,
        """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
               offered_categories, status, invited_at, answered_at, assignee_membership_id, updated_at)
           VALUES ($1, $2, 'core', $3, $4, $5, 'advice', '{}', 'accepted', now(), now(), $6, now())""",
        made, case, known("community-health"), known("oakfield"), known("seat senco@oakfield.example"),
        known("seat manager@childrens-services.example"),
    )  # fmt: skip
    found = "SELECT concat_ws(' ', status, answered_at, assignee_membership_id) FROM involvement WHERE id = $1"
    assert await asked(senco, found, made) == "invited"


async def admitted(act: Act, case: str, categories: list[str]) -> None:
    """Let Amina in by SQL."""
    await act.run(
        """INSERT INTO carer_admission (id, case_id, carer_id, categories, authority_seen, admitted_by_membership_id, admitted_at)
           VALUES ($1, $2, $3, $4, 'seen', $5, now() - interval '1 year')""",
        new_id(), case, known("carer amina.yusuf@home.example"), categories, act.who.membership_id,
    )  # fmt: skip
    act.record("carer:admitted")


async def test_a_carer_is_let_in_to_no_more_than_carers_see_and_dismissed_for_good(db):
    case, _, senco, _ = await a_shared_case(db)
    amina = await db.act_as("amina.yusuf@home.example")
    with pytest.raises(asyncpg.CheckViolationError):
        async with acting_as(senco, "test") as act:
            await admitted(act, case, ["core", "health", "safeguarding"])
    async with acting_as(senco, "test") as act:
        await admitted(act, case, ["core", "classroom", "education"])
    assert await asked(amina, SEES, case) == 1
    assert await tried(senco, "UPDATE carer_admission SET ended_at = now()") == 1
    assert await asked(amina, SEES, case) == 0
    await tried(senco, "UPDATE carer_admission SET ended_at = NULL")
    assert await asked(amina, SEES, case) == 0


async def test_times_are_the_databases(db):
    case, _, senco, therapist = await a_shared_case(db)
    newest = "SELECT max(last_activity_at) <= now() FROM case_seat WHERE case_id = $1"
    async with acting_as(senco, "test") as act:
        assert await act.value("SELECT claim_authorship($1, $2, $3, 'education')", new_id(), new_id(), case)
        await act.run(
            "INSERT INTO note (id, case_id, category, text, written_at) VALUES ($1, $2, 'education', 'x', '2099-01-01')",
            new_id(),
            case,
        )
        await act.run("UPDATE case_brief SET updated_at = '2099-01-01' WHERE case_id = $1", case)
        act.record("note:written")
    assert await asked(senco, newest, case) is True
    assert await asked(therapist, newest, case) is True


async def test_nobody_writes_letters_without_a_session_nor_asks_for_a_strangers_plan_numbers(db):
    letter = "INSERT INTO outbox (id, recipient, channel, letter, subject, text, at) VALUES ($1, 'a@b.example', 'email', 'x', 'x', 'x', now())"
    app = await asyncpg.connect(db.app_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(letter, new_id())
    await app.close()
    case, _, senco, _ = await a_shared_case(db)
    assert await tried(senco, letter, new_id()) == 1
    async with acting_as(senco, "test") as act:
        await act.run(
            """INSERT INTO plan (id, case_id, number, plan_type, audience, categories, made_by_membership_id, made_at)
               VALUES ($1, $2, 7, 'sen_support', 'family', '{core}', $3, now())""",
            new_id(), case, act.who.membership_id,
        )  # fmt: skip
        act.record("plan:made")
    number = "SELECT next_plan_number($1, 'family', '{core}')"
    assert await asked(senco, number, case) == 8
    assert await asked(await db.act_as("senco@hillside.example"), number, case) == 1


async def test_a_claim_does_not_outlive_the_right_to_write(db):
    case, _, _, therapist = await a_shared_case(db)
    async with acting_as(therapist, "test") as act:
        assert await act.value("SELECT claim_authorship($1, $2, $3, 'education')", new_id(), new_id(), case)
        act.record("note:written")
    async with db.admin() as admin:  # the role loses the right, the claim stays behind
        await admin.execute("DELETE FROM permission WHERE kind = 'health' AND verb = 'write:education'")
        await admin.execute("DELETE FROM consent_event WHERE kind = 'given'")
        await admin.execute("UPDATE consent_event SET kind = kind")
    note = "INSERT INTO note (id, case_id, category, text, written_at) VALUES ($1, $2, 'education', 'x', now())"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(therapist, note, new_id(), case)
