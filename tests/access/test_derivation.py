"""A release with other rules of who may see what: every case follows, in pieces, and nobody who reads waits for it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from ecm.access import derivation
from ecm.access.derivation import derive_all
from ecm.cases.queries import show_case
from ecm.config import Settings
from ecm.embedded import as_role
from ecm.installation import examine
from tests.actions.story import open_story
from tests.conftest import SECRET

BEFORE = "ARRAY['core','classroom','education','family']) k\n    UNION"
AFTER = BEFORE.replace(",'family'", "")
# Cases beside the one in which something happens: its rows again under other ids.
MORE = """
INSERT INTO support_case SELECT (c).* FROM (
    SELECT jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'reference', c.reference || i, 'status', 'closed')) AS c
    FROM support_case c, generate_series(1, 3) i) x
"""
SEEN = "SELECT count(*) FILTER (WHERE category = 'family') FROM case_access WHERE basis = 'opened_by'"

READS = "SELECT coalesce(sum(seq_scan), 0), coalesce(sum(idx_scan), 0) FROM pg_stat_xact_user_tables WHERE relname = 'case_seat'"


async def test_other_rules_reach_every_case_also_after_an_interruption(db: Any, monkeypatch: Any) -> None:
    await open_story(db)
    monkeypatch.setattr(derivation, "AT_ONCE", 1)
    async with db.admin() as admin:
        await admin.execute(f"SET session_replication_role = replica; {MORE}; RESET session_replication_role")
        assert await derive_all(db.admin_url, SECRET, again=True) == 4
        assert await derive_all(db.admin_url, SECRET) == 0, "they follow from these rules already"
        assert await admin.fetchval(SEEN) == 4
        rules = await admin.fetchval("SELECT pg_get_functiondef('stated_reasons(uuid)'::regprocedure)")
        assert rules.count(BEFORE) >= 1
        await admin.execute(rules.replace(BEFORE, AFTER, 1))
        assert await admin.fetchval("SELECT access_is_derived()") is False
        with pytest.raises(KeyboardInterrupt):
            await derive_all(db.admin_url, SECRET, interrupting(after=2))
        assert await admin.fetchval(SEEN) == 2, "what was done stays done"
        assert "Some cases are still seen by the rules of the release before" in await troubles(db)
        told: list[tuple[int, int]] = []
        assert await derive_all(db.admin_url, SECRET, lambda *said: told.append(said)) == 2
        assert told == [(1, 2), (2, 2)]
        assert await admin.fetchval(SEEN) == 0
        assert await admin.fetchval("SELECT access_is_derived()") is True
        assert "rules of the release before" not in await troubles(db)
        events = "SELECT entry -> 'detail' ->> 'cases' FROM audit_event WHERE event = 'access:derived' ORDER BY id"
        assert [row[0] for row in await admin.fetch(events)] == ["4", "2"]


async def test_who_reads_does_not_wait_and_who_writes_does(db: Any) -> None:
    story = await open_story(db)
    async with db.admin() as admin, admin.transaction():
        await admin.execute("SELECT derive_case($1)", story.case_id)
        async with asyncio.timeout(4):
            assert (await show_case(story.senco, story.case_id))["id"] == story.case_id
        other = await asyncpg.connect(db.admin_url)
        try:
            with pytest.raises(asyncpg.LockNotAvailableError):
                await other.execute(f"SET lock_timeout = '50ms'; SELECT derive_case('{story.case_id}')")
        finally:
            await other.close()


async def test_a_plan_made_before_anybody_had_a_seat_does_not_read_the_seats_of_all_later(db: Any) -> None:
    """A million cases derived on one connection: nothing has counted the seats when the first is."""
    story = await open_story(db)
    async with db.admin() as admin, admin.transaction():
        await admin.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await admin.execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname = 'case_seat'")
        await admin.execute("DELETE FROM case_access WHERE case_id = $1", story.case_id)
        await admin.execute("DELETE FROM case_seat WHERE case_id = $1", story.case_id)
        before = await admin.fetchrow(READS)
        await admin.execute("SELECT derive_case($1)", story.case_id)
        whole, by_index = (now - then for now, then in zip(await admin.fetchrow(READS), before, strict=True))
        assert await admin.fetchval("SELECT count(*) FROM case_seat WHERE case_id = $1", story.case_id)
    assert (whole, by_index > 0) == (0, True)


def interrupting(after: int) -> derivation.Progress:
    """Somebody who presses Ctrl-C when so many are done."""

    def say(done: int, _: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    return say


async def troubles(db: Any) -> str:
    return " ".join(await examine(Settings(database_url=db.app_url, demo=True, secret_key=SECRET)))


async def test_an_administrator_who_is_no_superuser_derives_all_of_them_too(db: Any) -> None:
    await open_story(db)
    name = f"able_{db.name}"
    async with db.admin() as admin:
        await admin.execute(f"CREATE ROLE {name} LOGIN; GRANT ecm_owner, ecm_policy TO {name}")
        try:
            told: list[tuple[int, int]] = []
            able = as_role(db.admin_url, name)
            assert await derive_all(able, SECRET, lambda *said: told.append(said), again=True) == 1
            assert told == [(1, 1)]
        finally:
            await admin.execute(f"DROP ROLE {name}")
