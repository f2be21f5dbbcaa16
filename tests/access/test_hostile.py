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
    number = "SELECT next_plan_number($1, 'sen_support', 'family', '{core}')"
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


TURN = "INSERT INTO case_turn (id, case_id, kind, outcome, by_membership_id, at) VALUES ($1, $2, 'closed', 'other', $3, '2001-01-01')"
NOTE = "INSERT INTO note (id, case_id, category, text, written_at) VALUES ($1, $2, 'education', 'x', now())"


async def test_a_case_is_moved_by_who_keeps_it_and_by_its_turns_alone(db):
    case, involvement, senco, therapist = await a_shared_case(db)
    stranger = await db.act_as("senco@hillside.example")
    for outsider in (therapist, stranger, await db.act_as("teacher@oakfield.example")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tried(outsider, TURN, new_id(), case, known("seat senco@oakfield.example"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(senco, "UPDATE support_case SET status = 'closed' WHERE id = $1", case)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(senco, "SELECT * FROM workers_to_tell($1, NULL, 'x')", case)
    made = new_id()
    assert await tried(senco, TURN, made, case, known("seat senco@hillside.example")) == 1
    told = "SELECT by_membership_id = $2 AND at > now() - interval '1 day' FROM case_turn WHERE id = $1"
    assert await asked(senco, told, made, known("seat senco@oakfield.example")) is True
    assert await asked(therapist, SEES, case) == 0
    for change in ("next_review_on = '2030-01-01'", "status = 'open'"):
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
            await tried(senco, f"UPDATE support_case SET {change} WHERE id = $1", case)
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(therapist, "UPDATE involvement SET status = 'accepted' WHERE id = $1", involvement)
    opened = """INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, status, opened_at, updated_at)
                SELECT $1, 'ECM-2222-22', pupil_id, school_id, lead_membership_id, $3, now(), now() FROM support_case WHERE id = $2"""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(senco, opened, new_id(), case, "voided")
    assert await tried(senco, opened, new_id(), case, "open") == 1


async def written(actor: Actor, case: str) -> object:
    """A note of learning by SQL; its id."""
    note = new_id()
    async with acting_as(actor, "test") as act:
        assert await act.value("SELECT claim_authorship($1, $2, $3, 'education')", new_id(), new_id(), case)
        await act.run(NOTE, note, case)
        act.record("note:written")
    return note


async def test_what_was_entered_in_error_is_said_by_who_may_and_stays_hidden(db):
    case, _, senco, therapist = await a_shared_case(db)
    note = await written(senco, case)
    correcting = """INSERT INTO correction (id, case_id, category, kind, subject_id, reason, author_agency_id, author_membership_id,
                                            by_membership_id, at) SELECT $1, $2, 'core', 'note', $3, '', $4, $5, $5, '2001-01-01'"""
    mine = (known("community-health"), known("seat therapist@community-health.example"))
    assert await asked(therapist, "SELECT count(*) FROM note WHERE id = $1", note) == 1
    for outsider in (therapist, await db.act_as("senco@hillside.example")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tried(outsider, correcting, new_id(), case, note, *mine)
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(senco, correcting, new_id(), case, new_id(), *mine)
    for table in ("note", "action", "outcome", "measurement", "provision", "case_view", "review_contribution"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tried(senco, f"UPDATE {table} SET in_error = true")
    assert await tried(senco, correcting, new_id(), case, note, *mine) == 1
    for reader in (senco, therapist):
        assert await asked(reader, "SELECT count(*) FROM note WHERE id = $1", note) == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asked(reader, "SELECT count(*) FROM correction")
    kept = "SELECT text FROM corrections_kept('ffffffff-ffff-ffff-ffff-ffffffffffff', 9) WHERE subject_id = $1"
    assert await asked(senco, kept, note) == "x"
    assert await asked(therapist, kept, note) is None  # whatever was sent, the author is who wrote it
    assert await asked(await db.act_as("dpo@oakfield.example"), kept, note) == "x"


async def test_only_what_a_worker_wrote_down_of_this_question_can_be_a_mistake(db):
    case, _, senco, therapist = await a_shared_case(db)
    event = """INSERT INTO consent_event (id, proposal_id, kind, recorded_by_membership_id, corrects_event_id)
               SELECT $1, proposal_id, 'entered_in_error', $2, id FROM consent_event WHERE case_id = $3 AND kind = $4"""
    seats = [known("seat " + email) for email in ("senco@oakfield.example", "therapist@community-health.example")]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(therapist, event, new_id(), seats[1], case, "given")
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(senco, event, new_id(), seats[0], case, "requested")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(senco, "UPDATE consent_event SET kind = 'refused'")
    assert await tried(senco, event, new_id(), seats[0], case, "given") == 1
    assert await asked(therapist, SEES, case) == 0
    with pytest.raises(asyncpg.UniqueViolationError):
        await tried(senco, event, new_id(), seats[0], case, "given")
    async with db.admin() as admin:  # what the carer herself said is hers
        await admin.execute("UPDATE consent_event SET recorded_by_membership_id = NULL WHERE kind = 'given'")
        await admin.execute("DELETE FROM consent_event WHERE kind = 'entered_in_error'")
    with pytest.raises(asyncpg.CheckViolationError):
        await tried(senco, event, new_id(), seats[0], case, "given")


async def test_an_invitation_is_read_by_the_agency_alone_and_never_unread(db):
    case, _, senco, _ = await a_shared_case(db)
    hub, made = await db.act_as("family.worker@family-hub.example"), new_id()
    await tried(
        senco,
        """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
                                    read_at, invited_at, updated_at)
           VALUES ($1, $2, 'core', $3, $4, $5, 'advice', now(), now(), now())""",
        made, case, known("family-hub"), known("oakfield"), known("seat senco@oakfield.example"),
    )  # fmt: skip
    read = "SELECT read_at FROM involvement WHERE id = $1"
    assert await asked(senco, read, made) is None
    await tried(senco, "UPDATE involvement SET read_at = now() WHERE id = $1", made)
    assert await asked(senco, read, made) is None
    assert await tried(hub, "UPDATE involvement SET read_at = '2001-01-01' WHERE id = $1", made) == 1
    at = await asked(senco, read, made)
    assert at is not None
    assert at.year > 2001
    for actor in (hub, senco):
        await tried(actor, "UPDATE involvement SET read_at = NULL WHERE id = $1", made)
        assert await asked(senco, read, made) == at


async def test_a_review_is_held_by_the_school_and_added_to_in_its_own_case(db):
    case, _, senco, therapist = await a_shared_case(db)
    review, header = new_id(), "INSERT INTO review (id, case_id, held_on) VALUES ($1, $2, '2026-01-01')"
    for outsider in (therapist, await db.act_as("senco@hillside.example")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tried(outsider, header, new_id(), case)
    assert await tried(senco, header, review, case) == 1
    async with application() as client:
        other_pupil = NEW_CASE | {"pupil_id": str(known("pupil Suhaila"))}
        other = (await (await sign_in(client, "senco@oakfield.example")).post("/cases", other_pupil)).json()["id"]
    await written(senco, other)
    part = "INSERT INTO review_contribution (id, review_id, case_id, category, text) VALUES ($1, $2, $3, $4, 'x')"
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await tried(senco, part, new_id(), review, other, "education")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(therapist, part, new_id(), review, case, "safeguarding")
    await written(therapist, case)
    assert await tried(therapist, part, new_id(), review, case, "education") == 1
    for table in ("review", "review_contribution", "case_turn"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tried(senco, f"UPDATE {table} SET case_id = case_id")
