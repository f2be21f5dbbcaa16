"""The full export: everything or a reason, as one moment, readable by anybody, and nothing that opens a door."""

import asyncio
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg
import pytest

from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.audit.verify import verify
from ecm.cases.lists import show_nothing
from ecm.clock import fixed_ids
from ecm.errors import Refused
from ecm.exports.catalogue import LEFT_OUT, Undecided
from ecm.exports.folder import new_folder
from ecm.exports.whole import write_whole
from ecm.migrations.piccolo_app import APP_CONFIG
from ecm.stories import tell_stories
from tests.conftest import SECRET

DESCRIPTIONS = {each._meta.tablename: each.__doc__ or "" for each in APP_CONFIG.table_classes}
CANARY = "canary-7f3a"
AWKWARD = 'one\r\ntwo\u2028three "four" \\N \\. \x01 \x02 \t five\n\\.\n😀'
PAPER = b"%PDF-1.7 \x00\n" * 3


async def no_log(_: Path) -> None:
    return None


async def take(db: Any, folder: Path, tell: Any = lambda *_: None) -> dict[str, Any]:
    """A full export, and what it says of itself."""
    await write_whole(db.admin_url, folder, "ecm.example", DESCRIPTIONS, no_log, tell)
    return json.loads((folder / "datapackage.json").read_text("utf-8"))


async def plant(db: Any) -> None:
    """A canary in every cell that is left out as a secret, words that break formats in a note, and a document."""
    async with db.admin() as admin:
        await admin.execute("SET session_replication_role = replica")  # triggers would tidy up after us
        await admin.execute(
            """INSERT INTO outbox (id, recipient, channel, letter, subject, text, at, waiting_since, useful_until)
               VALUES (gen_random_uuid(), 'a@home.example', 'email', 'password_link', '', '', now(), now(), now());
               INSERT INTO colleague_invitation (id, agency_id, invited_by_membership_id, name, email, role, starts_on, token_hash,
                   sent_at, expires_at) SELECT gen_random_uuid(), agency_id, id, 'New', 'new@oakfield.example', role, now(), '', now(), now()
                   FROM membership LIMIT 1;
               INSERT INTO account_link (id, person_id, purpose, token_hash, email, made_at, expires_at)
                   SELECT gen_random_uuid(), id, 'password', '', '', now(), now() FROM person LIMIT 1;
               INSERT INTO consent_link (request_id, token_hash, expires_at, browser_hash, code_hash)
                   SELECT id, '', now(), '', '' FROM consent_request LIMIT 1;"""
        )
        await admin.execute(
            """INSERT INTO plan (id, case_id, number, plan_type, audience, made_by_membership_id, made_at, document)
               SELECT gen_random_uuid(), id, 99, 'sen_support', 'family', lead_membership_id, now(), $1 FROM support_case LIMIT 1""",
            PAPER,
        )
        await admin.execute("UPDATE note SET text = $1 WHERE id = (SELECT min(id::text)::uuid FROM note)", AWKWARD)
        for name, why in LEFT_OUT.items():
            table, _, only = name.partition(".")
            columns = await admin.fetch(
                """SELECT attname, format_type(atttypid, NULL) AS kind FROM pg_attribute WHERE attrelid = $1::text::regclass
                   AND attnum > 0 AND format_type(atttypid, NULL) IN ('text', 'bytea') AND ($2 = '' OR attname = $2)""",
                table, only,
            )  # fmt: skip
            for each in columns if "sign in" in why else []:
                if (table, each["attname"]) not in {
                    ("session", "kind"),
                    ("account_link", "purpose"),
                    ("context_key", "name"),
                }:
                    cell = "convert_to($1, 'UTF8')" if each["kind"] == "bytea" else "$1"
                    where = "ctid = (SELECT min(ctid) FROM {0})" if table != "context_key" else "name = 'fingerprint'"
                    await admin.execute(
                        f"UPDATE {table} SET {each['attname']} = {cell} WHERE {where.format(table)}", CANARY
                    )


def rows_of(folder: Path, resource: dict[str, Any]) -> list[dict[str, Any]]:
    with (folder / resource["path"]).open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


async def test_everything_is_there_as_it_is_or_left_out_for_a_reason(db, tmp_path):
    with fixed_ids(seed=2003):
        await tell_stories()
    await plant(db)
    package = await take(db, tmp_path)
    tables = {each["name"]: each for each in package["resources"]}
    held = {name: rows_of(tmp_path, each) for name, each in tables.items()}
    async with db.admin() as admin:
        there = await admin.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        gone = {name for name in LEFT_OUT if "." not in name}
        assert held.keys() | gone == {each["relname"] for each in there}
        assert not held.keys() & gone
        for name, rows in held.items():
            assert len(rows) == tables[name]["rows"] == await admin.fetchval(f"SELECT count(*) FROM {name}"), name
            columns = [each["name"] for each in tables[name]["schema"]["fields"]]
            assert all(list(row) == columns for row in rows), name
            assert len({tuple(row[each] for each in tables[name]["schema"]["primaryKey"]) for row in rows}) == len(rows)
        for name in LEFT_OUT.keys() - gone:
            await admin.fetch("SELECT {1} FROM {0} LIMIT 0".format(*name.split(".")))
    assert sum(1 for rows in held.values() if rows) > 20
    assert AWKWARD in {each["text"] for each in held["note"]}
    for name, each in tables.items():
        for key in each["schema"].get("foreignKeys", []):
            target = {tuple(row[c] for c in key["reference"]["fields"]) for row in held[key["reference"]["resource"]]}
            mine = [tuple(row[c] for c in key["fields"]) for row in held[name]]
            assert {cells for cells in mine if None not in cells} <= target, (name, key)
    everything = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    for spelling in (CANARY.encode(), CANARY.encode().hex().encode(), b"Y2FuYXJ5LTdmM2E", SECRET.encode()):
        assert not [each for each, content in everything.items() if spelling in content], spelling
    paper = next(each for each in held["plan"] if each["number"] == 99)
    assert (tmp_path / paper["document"]).read_bytes() == PAPER
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, _, path = line.partition("  ")
        assert sha256(everything.pop(tmp_path / path)).hexdigest() == digest
    assert [each.name for each in everything] == ["SHA256SUMS"]
    told = (tmp_path / "README.md").read_text("utf-8")
    assert all(f"[{name}]" in told for name in tables)
    assert all(f"`{name}`" in told for name in LEFT_OUT)


async def test_it_is_one_moment_and_a_new_column_stops_it_until_somebody_decides(db, tmp_path):
    def tell(table: str, rows: int) -> None:
        if table == "agency":  # before the pupils: somebody adds one meanwhile
            meanwhile = Thread(target=lambda: asyncio.run(_add_pupil(db.admin_url)))
            meanwhile.start()
            meanwhile.join()

    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    package = await take(db, one, tell)
    pupils = next(each for each in package["resources"] if each["name"] == "pupil")
    async with db.admin() as admin:
        assert len(rows_of(one, pupils)) == pupils["rows"] == await admin.fetchval("SELECT count(*) FROM pupil") - 1
        for column in ("pupil ADD COLUMN shoe_size text", "pupil DROP COLUMN shoe_size"):
            if column.startswith("pupil DROP"):
                with pytest.raises(Undecided, match=r"pupil\.shoe_size: is it exported"):
                    await take(db, two)
                assert not any(two.iterdir())
            await admin.execute(f"ALTER TABLE {column}")
        await admin.execute("CREATE TABLE diary (id uuid)")
        with pytest.raises(Undecided, match=r"diary\.id"):
            await take(db, two)
    with pytest.raises(Refused, match="may not act as ecm_backup"):
        await write_whole(db.app_url, two, "", DESCRIPTIONS, no_log, lambda *_: None)


async def _add_pupil(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO pupil (id, first_name, last_name, search_key) VALUES (gen_random_uuid(), 'Late', 'Comer', '')"
    )
    await connection.close()


@contextmanager
def left_over(folder: Path) -> Iterator[None]:
    before = sorted(each.name for each in folder.iterdir())
    yield
    assert sorted(each.name for each in folder.iterdir()) == before


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    with left_over(tmp_path), suppress(KeyboardInterrupt), new_folder(tmp_path / "taken") as part:
        (part / "half").write_text("x")
        raise KeyboardInterrupt
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("mine")
    with left_over(tmp_path), pytest.raises(Refused, match="is not empty"), new_folder(full):
        raise AssertionError("never begun")
    (tmp_path / "busy.part").mkdir()
    with (
        left_over(tmp_path),
        pytest.raises(Refused, match="another export is being made"),
        new_folder(tmp_path / "busy"),
    ):
        raise AssertionError("never begun")
    (tmp_path / "empty").mkdir(mode=0o755)
    with new_folder(tmp_path / "empty") as part:
        (part / "deep").mkdir()
        (part / "deep" / "file").write_text("x")
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "empty", *(tmp_path / "empty").rglob("*"))
    }
    assert modes == {"empty": 0o700, "deep": 0o700, "file": 0o600}


async def test_the_command_takes_the_log_along_and_says_that_it_was_there(db, tmp_path):
    config = {"ECM_DATA": str(tmp_path / "data"), "ECM_DEMO": "1", "ECM_SECRET_KEY": SECRET}
    urls = {"ECM_DATABASE_URL": db.app_url, "ECM_ADMIN_DATABASE_URL": db.admin_url}

    await show_nothing(await db.act_as("senco@oakfield.example"))  # something for the log to hold
    signer, kept = log_key(tmp_path / "data/log/key", "ecm.example/log"), tmp_path / "data/log/checkpoint"
    app = await asyncpg.connect(db.app_url)
    await seal_batch(app, signer, kept, await resume(app, signer, kept))
    await app.close()
    folder = tmp_path / "out"
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ecm", "export", "--to", str(folder),
        env=os.environ | config | urls, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await run.communicate()
    assert (run.returncode, b"Begin with README.md" in said) == (0, True), said
    assert verify(folder / "audit", str(signer.verifier), None).exit_code == 0
    assert stat.S_IMODE((folder / "audit/entries.jsonl").stat().st_mode) == 0o600
    async with db.admin() as admin:
        service = await admin.fetchval("SELECT entry ->> 'service' FROM audit_event WHERE event = 'data:exported'")
    assert service == "export"
