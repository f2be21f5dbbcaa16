"""The log in the database: what gets in, what cannot be changed, who may read."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from ecm.audit.events import Event
from ecm.audit.merkle import leaf_hash
from ecm.audit.queries import Filter, events_for_auditor, latest_checkpoint, proof_of_event
from ecm.clock import new_id
from ecm.database import acting_as, acting_for
from ecm.errors import NotAllowed, NotFound

TABLES = {
    "audit_event": "entry", "audit_event_pupil": "event_id", "audit_inbox": "event_id", "audit_leaf": "position",
    "audit_seal": "position", "audit_subtree": "level", "audit_checkpoint": "size",
}  # fmt: skip
SENCO, STRANGER, AUDITOR = "senco@oakfield.example", "senco@hillside.example", "auditor@partnership.example"


async def listed(db, email=AUDITOR, *, before=None, limit=50, **wanted):
    async with acting_as(await db.act_as(email), "oversight") as act:
        act.record(Event.AUDIT_SEARCHED)
        return await events_for_auditor(act, Filter(**wanted), before, limit)


async def test_an_event_says_who_where_in_which_role_and_why(db):
    case, pupils, senco = new_id(), [new_id(), new_id()], await db.act_as(SENCO)
    async with acting_as(senco, "support") as act:
        act.record(Event.CASES_LISTED, case=case, pupils=[*pupils, pupils[0]], outcome="shown", count=2, level="3")
        act.record(Event.NOTE_WRITTEN, case=case, subject=case)
    second, first = await listed(db, case=case)
    me = senco.standing
    assert me is not None
    assert (first.event, first.outcome, first.position) == ("cases:listed", "shown", None)
    assert {key: first.entry[key] for key in ("actor", "membership", "agency", "session", "role", "purpose")} == {
        "actor": str(me.person_id), "membership": str(me.membership_id), "agency": str(me.agency_id),
        "session": str(me.session_id), "role": "senco", "purpose": "support",
    }  # fmt: skip
    assert first.entry["detail"] == {"count": 2, "level": "3"}
    assert first.entry["pupils"] == [str(pupil) for pupil in [*pupils, pupils[0]]]
    assert (second.event, second.entry["subject"]) == ("note:written", str(case))
    assert first.id < second.id
    assert first.at == second.at
    async with db.admin() as admin:
        shown = await admin.fetch("SELECT pupil_id FROM audit_event_pupil WHERE event_id = $1", first.id)
        assert {row["pupil_id"] for row in shown} == set(pupils)
        entry, leaf = await admin.fetchrow("SELECT entry::text, leaf FROM audit_event WHERE id = $1", first.id)
        assert leaf == leaf_hash(entry.encode())


async def recorded(db, **detail):
    async with acting_for("worker", "test") as act:
        act.record(Event.CASE_SHOWN)
        act.record(Event.CASE_SHOWN, **detail)


async def test_words_about_people_cannot_get_in(db):
    for value in ("Leila", "leila reid", "", "naïve", "a\\b", "a" * 65, "A123456789012"):
        with pytest.raises(asyncpg.CheckViolationError, match='detail "said"'):
            await recorded(db, said=value)
    for value in ("2016-09-01", "07700900101", 7700900101, 9434765919, 1.5):  # born on, telephone, NHS number
        with pytest.raises(asyncpg.CheckViolationError, match='detail "said"'):
            await recorded(db, said=value)
    with pytest.raises(asyncpg.CheckViolationError, match="purpose or service"):
        async with acting_for("worker", "because Leila asked") as act:
            act.record(Event.CASE_SHOWN)
    assert await listed(db, event="case:shown") == []
    await recorded(db, a="not_yet:x-1", b=new_id(), c=True, d=-5, e="ab" * 32, f=None, g="2", h=["core", "health"])
    assert len(await listed(db, event="case:shown")) == 2


async def test_malformed_events_are_refused(db):
    sound = {"event": "case:shown", "outcome": "done"}
    async with acting_for("worker", "test") as act:
        act.record(Event.CASE_SHOWN)
        for change in (
            {"event": "case"},
            {"event": "case:Leila"},
            {"event": None},
            {"outcome": "perhaps"},
            {"actor": str(new_id())},
            {"pupils": [str(new_id()) for _ in range(1001)]},
            {"detail": {"Leila Reid": 1}},
            {"detail": {"a": [["b"]]}},
            {"detail": {"a": {"b": 1}}},
        ):
            await act.connection.execute("SAVEPOINT before")
            with pytest.raises(asyncpg.CheckViolationError, match="audit: "):
                await act.value("SELECT audit_record_all($1)", json.dumps([sound, sound | change]))
            await act.connection.execute("ROLLBACK TO before")
        await act.value("SELECT audit_record_all($1)", json.dumps([sound]))
    first, second = await listed(db, event="case:shown")
    assert first.entry["service"] == second.entry["service"] == "worker"


async def test_nothing_is_recorded_without_a_request(db):
    app = await asyncpg.connect(db.app_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no request context"):
        await app.execute("""SELECT audit_record_all('[{"event": "case:shown", "outcome": "done"}]')""")
    await app.close()


@pytest.mark.parametrize("role", ["ecm_owner", "ecm_policy", "postgres"])
async def test_rows_are_only_ever_added_whoever_asks(db, role):
    async with acting_for("worker", "test") as act:
        act.record(Event.CASE_SHOWN, pupils=[new_id()])
    async with db.admin() as admin:
        counts = {table: await admin.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
        assert counts["audit_event"] == counts["audit_inbox"] == counts["audit_event_pupil"] == 1
        # The role the functions run as was never given these rights; not even a mistaken grant would help it.
        await admin.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON {', '.join(TABLES)} TO ecm_policy")
        await admin.execute(f"SET ROLE {role}")
        for table, column in TABLES.items():
            for statement in (
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                if (role, table, statement[:6]) == ("ecm_policy", "audit_inbox", "DELETE"):
                    continue  # the integrator's function empties the inbox, as this role
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the log is only added to"):
                    await admin.execute(statement)
        await admin.execute("RESET ROLE")
        assert counts == {table: await admin.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def test_the_apps_login_reaches_no_table_and_no_integrator_function(db):
    app = await asyncpg.connect(db.app_url)
    for table in TABLES:
        for statement in (f"SELECT * FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"DELETE FROM {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await app.execute(statement)
    for call in (
        "audit_sequence(10, '\\x00')",
        "audit_page(0, 10, '\\x00')",
        "audit_publish(0, '', '{}', '{}', '', 'ecm.example/log', '\\x00')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="not proved"):
            await app.execute(f"SELECT {call}")
    for call in ("audit_scope()", "audit_id(now(), 1)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await app.execute(f"SELECT {call}")
    await app.close()


async def test_columns_say_what_the_entry_says_and_bytes_are_plain(db):
    async with db.admin() as admin:
        insert = "INSERT INTO audit_event (id, entry) VALUES ($1, $2)"
        event, other = new_id(), new_id()
        sound = {"id": str(event), "event": "case:shown"}
        for entry in (sound | {"id": str(other)}, sound | {"x": "naïve"}, sound | {"x": "a\\b"}):
            with pytest.raises(asyncpg.CheckViolationError):
                await admin.execute(insert, event, json.dumps(entry, ensure_ascii=False))
        with pytest.raises(asyncpg.GeneratedAlwaysError):
            await admin.execute(
                "INSERT INTO audit_event (id, entry, event) VALUES ($1, $2, 'x:y')", event, json.dumps(sound)
            )
        await admin.execute(insert, event, json.dumps(sound | {"case": str(other)}))
        assert await admin.fetchval("SELECT case_id FROM audit_event WHERE id = $1", event) == other


async def test_a_right_to_read_without_an_agency_reads_nothing(db):
    async with db.admin() as admin, admin.transaction():
        await admin.execute(
            """SELECT set_context('{"verbs": ["audit:read"], "agency_kind": "partnership"}', '{}', '{}', '{}')"""
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="not an auditor"):
            await admin.execute("SELECT audit_scope()")


async def test_only_auditors_read_and_each_only_their_own(db):
    for email in (SENCO, STRANGER):
        async with acting_as(await db.act_as(email), "support") as act:
            act.record(Event.CASES_LISTED)
    assert len(await listed(db, event="cases:listed")) == 2
    with pytest.raises(NotAllowed):
        await listed(db, SENCO)
    with pytest.raises(NotAllowed):
        async with acting_as(await db.act_as(SENCO), "oversight") as act:
            await proof_of_event(act, new_id())

    # The same door for an auditor of one agency: made here, because the demonstration area has none.
    async with db.admin() as admin:
        await admin.execute("INSERT INTO permission VALUES ($1, 'school', 'auditor', 'audit:read')", uuid4())
        await admin.execute("UPDATE membership SET role = 'auditor' WHERE id = $1", act.who.membership_id)
    mine = await listed(db, SENCO, event="cases:listed")
    assert [event.entry["agency"] for event in mine] == [str(act.who.agency_id)]
    async with acting_as(await db.act_as(SENCO), "oversight") as act:
        act.record(Event.AUDIT_SEARCHED)
        with pytest.raises(NotFound):
            await latest_checkpoint(act)


async def test_filters_and_pages(db):
    case = new_id()
    for hours in range(3):
        await db.put_clock_forward(timedelta(hours=hours))
        async with acting_for("worker", "test") as act:
            for _ in range(4):
                act.record(Event.CASE_SHOWN, case=case)
            act.record(Event.NOTE_WRITTEN, case=new_id())
    every = await listed(db, case=case)
    assert len(every) == 12
    assert every == sorted(every, key=lambda event: event.id, reverse=True)
    assert [event.id for event in every] == [
        event.id
        for page in (await listed(db, case=case, limit=5), await listed(db, case=case, before=every[4].id))
        for event in page
    ]
    middle = every[4].at
    assert [event.at for event in await listed(db, case=case, from_at=middle, until_at=every[0].at)] == [middle] * 4
    assert len(await listed(db, event="note:written")) == 3
    assert len(await listed(db, event="note:written", case=case)) == 0


async def test_recording_does_not_make_writers_wait_for_each_other(db):
    async with acting_for("worker", "test") as slow:
        slow.record(Event.CASE_SHOWN)
        await slow.connection.execute("""SELECT audit_record_all('[{"event": "case:shown", "outcome": "done"}]')""")
        async with asyncio.timeout(2), acting_for("worker", "test") as quick:
            quick.record(Event.CASE_SHOWN)
    assert len(await listed(db, event="case:shown")) == 3
