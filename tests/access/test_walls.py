"""The walls stand before anything leans on them."""

import contextlib

import asyncpg
import pytest

from ecm.database import acting_as

# Tables of the app's own bookkeeping that hold nothing about anybody.
PLAIN = {"migration", "permission", "context_key"}


async def test_the_apps_login_sees_nothing_of_its_own(db):
    async with db.admin() as admin:
        tables = [r[0] for r in await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        forced = {r[0] for r in await admin.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity")}  # fmt: skip
        assert await admin.fetchval("SELECT count(*) FROM pupil") >= 20
    assert set(tables) - PLAIN <= forced
    app = await asyncpg.connect(db.app_url)
    for table in tables:  # refused outright, or empty: an unset context raises as soon as there is a row to judge
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            assert await app.fetch(f"SELECT * FROM {table}") == [], table
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT id FROM pupil")
    await app.close()


async def test_a_live_session_opens_exactly_what_its_role_may_look_up(db):
    senco = await db.act_as("senco@oakfield.example")
    async with acting_as(senco, "test") as act:
        names = [r["first_name"] for r in await act.rows("SELECT first_name FROM pupil")]
        act.record("pupils:searched")
    assert "Leila" in names
    assert "Ethan" not in names
    teacher = await db.act_as("teacher@oakfield.example")
    async with acting_as(teacher, "test") as act:
        names = [r["first_name"] for r in await act.rows("SELECT first_name FROM pupil")]
        act.record("pupils:searched")
    assert "Leila" in names
    assert "Łukasz" not in names
    stranger = await db.act_as("nurse@community-health.example")
    async with acting_as(stranger, "test") as act:
        assert await act.rows("SELECT first_name FROM pupil") == []
        act.record("pupils:searched")
