"""A backup holds the whole installation or is refused; an installation made of one is the same, and nobody is signed in."""

import io
import os
import tarfile
from asyncio import to_thread
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from ecm.audit.note import new_signer, write_signer
from ecm.backup import DUMP, back_up, check, restore
from ecm.errors import Refused
from tests.actions.story import HEALTH, NURSE, bring_in, open_story
from tests.conftest import SECRET, Database, url_of


async def counted(url: str) -> dict[str, int]:
    """How many rows each table has, but for the queue, which is made anew."""
    connection = await asyncpg.connect(url)
    try:
        names = [
            row[0]
            for row in await connection.fetch(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        ]
        return {
            name: await connection.fetchval(f'SELECT count(*) FROM "{name}"')
            for name in names
            if not name.startswith("pgqueuer")
        }
    finally:
        await connection.close()


@pytest.fixture
async def empty(cluster: str):
    """The administrator's address of an empty database."""
    name = f"r{uuid4().hex[:12]}"
    postgres = await asyncpg.connect(url_of(cluster, "postgres"))
    await postgres.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield url_of(cluster, name)
    finally:
        await postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await postgres.close()


async def test_what_was_backed_up_comes_back_and_nobody_is_signed_in(db: Database, empty: str, tmp_path: Path) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    async with db.admin() as admin:
        await admin.execute("UPDATE outbox SET state = 'waiting' WHERE id = (SELECT min(id::text)::uuid FROM outbox)")
    write_signer(tmp_path / "key", new_signer("ecm.example/test"))
    log = {"log/key": tmp_path / "key", "log/checkpoint": tmp_path / "none"}
    file, there = tmp_path / "kept" / "ecm.backup", {name: tmp_path / "new" / name for name in log}
    about = await to_thread(back_up, db.admin_url, log, file)
    assert (about.cases, set(about.parts)) == (1, {DUMP, "log/key"})
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert os.listdir(file.parent) == [file.name]
    with pytest.raises(Refused, match="exists"):
        await to_thread(back_up, db.admin_url, log, file)

    with pytest.raises(Refused, match="not empty"):
        await to_thread(restore, file, db.admin_url, SECRET, there)
    assert not there["log/key"].exists()
    assert await to_thread(restore, file, empty, SECRET, there) == about
    assert there["log/key"].read_bytes() == log["log/key"].read_bytes()
    assert await counted(empty) == await counted(db.admin_url)
    connection = await asyncpg.connect(empty)
    try:
        assert await connection.fetchval("SELECT count(*) FROM session WHERE ended_at IS NULL") == 0
        assert await connection.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting'") == 0
        owners = "SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'"
        assert [row[0] for row in await connection.fetch(owners)] == ["ecm_owner"]
    finally:
        await connection.close()


async def test_a_backup_that_is_damaged_is_refused_before_anything_is_written(
    db: Database, empty: str, tmp_path: Path
) -> None:
    file = tmp_path / "sound"
    await to_thread(back_up, db.admin_url, {}, file)
    sound = file.read_bytes()
    middle = len(sound) // 2
    spoiled = {
        "cut off": sound[:middle],
        "one byte": sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :],
        "no tar": b"PK\x03\x04" + os.urandom(5_000),
        "empty": b"",
        "another format": sound.replace(b'"format": 1', b'"format": 9', 1),
        "a part from elsewhere": _tar_with("../../etc/passwd"),
    }
    for content in spoiled.values():
        bad = tmp_path / "bad"
        bad.write_bytes(content)
        with pytest.raises(Refused):
            check(bad)
        with pytest.raises(Refused):
            await to_thread(restore, bad, empty, SECRET, {})
        connection = await asyncpg.connect(empty)
        assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
        await connection.close()
    assert check(file).cases == 0
    assert sorted(os.listdir(tmp_path)) == ["bad", "sound"]


def _tar_with(name: str) -> bytes:
    about = f'{{"format": 1, "made_at": "", "log_size": 0, "cases": 0, "parts": {{"{name}": ""}}}}'.encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for each, text in (("about.json", about), (name, b"x")):
            head = tarfile.TarInfo(each)
            head.size = len(text)
            tar.addfile(head, io.BytesIO(text))
    return out.getvalue()
