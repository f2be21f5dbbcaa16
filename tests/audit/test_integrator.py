"""From recorded events to a sealed log in an auditor's hands, with everything that can go wrong on the way."""

import asyncio
import json
from base64 import b64decode, b64encode
from contextlib import asynccontextmanager
from itertools import pairwise

import asyncpg
import pytest

from ecm.audit.bundle import entries
from ecm.audit.events import Event
from ecm.audit.export import NothingToExport, export
from ecm.audit.integrator import LogBroken, keep_sealing, log_key, resume, seal_batch
from ecm.audit.merkle import Frontier, includes, leaf_hash
from ecm.audit.note import Checkpoint, new_signer, open_checkpoint, signed
from ecm.audit.queries import Filter, events_for_auditor, proof_of_event
from ecm.audit.tree import completed, frontier_at
from ecm.audit.verify import SOUND, TAMPERED, verify
from ecm.clock import new_id
from ecm.database import acting_as, acting_for
from ecm.errors import NotFound

AUDITOR = "auditor@partnership.example"


class Log:
    """One database's log as its integrator sees it: the app's login, the key, the checkpoint file."""

    def __init__(self, connection, folder):
        self.connection, self.kept = connection, folder / "checkpoint"
        self.signer = log_key(folder / "log.key", "ecm.example/log")
        self.key = str(self.signer.verifier)

    async def seal(self):
        """A whole integrator's life: resume, seal all that waits."""
        frontier = await resume(self.connection, self.signer, self.kept)
        while (ahead := await seal_batch(self.connection, self.signer, self.kept, frontier)).size > frontier.size:
            frontier = ahead
        return frontier

    async def judge(self, directory, since=None, start=0):
        """Export and verify."""
        await export(self.connection, directory, self.signer.verifier, start)
        return verify(directory, self.key, since)


@pytest.fixture
async def log(db, tmp_path):
    connection = await asyncpg.connect(db.app_url)
    yield Log(connection, tmp_path / "data")
    await connection.close()


async def record(many, case=None):
    async with acting_for("worker", "test") as act:
        for _ in range(many):
            act.record(Event.CASE_SHOWN, case=case)


async def gapless(db):
    """Whether the log has each recorded event exactly once, without a gap and with nothing left over."""
    async with db.admin() as admin:
        return await admin.fetchrow(
            """SELECT count(*) = (SELECT count(*) FROM audit_event) AND count(*) = (SELECT count(*) FROM audit_seal)
                      AND coalesce(min(position), 0) = 0 AND coalesce(max(position) + 1, 0) = count(*)
                      AND NOT EXISTS (SELECT FROM audit_inbox) FROM audit_leaf"""
        ) == (True,)


async def until_gapless(db):
    for _ in range(400):
        if await gapless(db):
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("events are still waiting")


async def test_a_log_grows_and_each_export_is_sound(db, log, tmp_path):
    with pytest.raises(NothingToExport, match="Nothing has been sealed"):
        await log.judge(tmp_path / "none")
    assert (await log.seal()).size == 0
    kept, sizes = [log.kept.read_bytes()], []
    for many in (1, 254, 1, 1, 300, 0):
        if many:
            await record(many)
        frontier = await log.seal()
        sizes.append(frontier.size)
        assert (await frontier_at(log.connection, frontier.size)) == frontier
        assert open_checkpoint(log.kept.read_bytes(), log.signer.verifier).root == frontier.root()
        kept.append(log.kept.read_bytes())
    assert sizes == [1, 255, 256, 257, 557, 557]
    assert await gapless(db)
    (tmp_path / "before").write_bytes(kept[3])  # 256 entries
    assert (await log.judge(tmp_path / "whole", tmp_path / "before")).exit_code == SOUND
    assert (await log.judge(tmp_path / "since", tmp_path / "before", 256)).exit_code == SOUND
    assert (await log.judge(tmp_path / "odd", None, 300)).exit_code == SOUND
    assert (await log.judge(tmp_path / "end", None, 557)).exit_code == SOUND
    assert len(list(entries(tmp_path / "since"))) == 557 - 256
    with pytest.raises(NothingToExport, match="has 557 entries"):
        await log.judge(tmp_path / "beyond", None, 558)
    with pytest.raises(FileExistsError):
        await log.judge(tmp_path / "whole")


async def test_a_transaction_that_began_earlier_and_commits_later_is_not_passed_over(db, log):
    async with acting_for("worker", "test") as slow:
        slow.record(Event.CASE_OPENED)
        await slow.connection.execute("""SELECT audit_record_all('[{"event": "note:written", "outcome": "done"}]')""")
        await record(3)
        assert (await log.seal()).size == 3
    assert (await log.seal()).size == 5
    assert await gapless(db)


async def test_an_export_leaves_for_the_next_what_is_sealed_meanwhile(db, log, tmp_path, monkeypatch):
    await record(4)
    await log.seal()

    async def slow_frontier(connection, size):
        await record(3)
        await log.seal()
        return await frontier_at(connection, size)

    monkeypatch.setattr("ecm.audit.export.frontier_at", slow_frontier)
    assert (await log.judge(tmp_path / "bundle")).exit_code == SOUND
    assert len(list(entries(tmp_path / "bundle"))) == 4


async def test_many_writers_two_integrators_and_an_export_at_once(db, log, tmp_path, caplog):
    stop, exported = asyncio.Event(), []
    integrators = [
        asyncio.create_task(keep_sealing(db.app_url, log.signer, log.kept, stop, every=0.01)) for _ in range(2)
    ]

    async def write():
        for _ in range(25):
            await record(3)

    async def export_again_and_again():
        reader = await asyncpg.connect(db.app_url)
        while not stop.is_set():
            directory = tmp_path / str(len(exported))
            try:
                await export(reader, directory, log.signer.verifier)
                exported.append(directory)
            except NothingToExport:
                pass
            await asyncio.sleep(0.05)
        await reader.close()

    exporting = asyncio.create_task(export_again_and_again())
    await asyncio.gather(*(write() for _ in range(6)))
    await until_gapless(db)
    await asyncio.sleep(0.2)  # one export more, of everything
    stop.set()
    await asyncio.gather(exporting, *integrators)
    sizes = [len(list(entries(directory))) for directory in exported]
    assert sizes[-1] == 450
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1  # some while the writers were at it
    for earlier, later in pairwise(exported):
        assert verify(later, log.key, earlier / "checkpoint").exit_code == SOUND
    assert caplog.messages == []  # the second stood by; they did not get in each other's way


async def test_an_integrator_that_lost_its_lock_cannot_seal_over_another(db, log, tmp_path):
    await record(2)
    stale = await resume(log.connection, log.signer, log.kept)
    await log.seal()
    await record(2)
    with pytest.raises(asyncpg.SerializationError):
        await seal_batch(log.connection, log.signer, log.kept, stale)
    assert (await log.seal()).size == 4
    assert (await log.judge(tmp_path / "bundle")).exit_code == SOUND


async def test_a_second_integrator_takes_over_when_the_first_goes(db, log):
    stops = [asyncio.Event(), asyncio.Event()]
    tasks = [asyncio.create_task(keep_sealing(db.app_url, log.signer, log.kept, stop, every=0.02)) for stop in stops]
    for number in (0, 1):
        await record(2)
        await until_gapless(db)
        stops[number].set()
        await tasks[number]
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT max(size) FROM audit_checkpoint") == 4


async def test_a_crash_between_the_steps_is_made_good(db, log, monkeypatch, tmp_path):
    await record(2)
    await log.seal()
    before = log.kept.read_bytes()
    for step in ("_seal", "_keep"):  # before anything is published; after, and before the file outside follows
        await record(3)
        with monkeypatch.context() as patch:
            patch.setattr(f"ecm.audit.integrator.{step}", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await log.seal()
    assert log.kept.read_bytes() == before
    assert (await log.seal()).size == 8
    assert await gapless(db)
    assert (await log.judge(tmp_path / "bundle")).exit_code == SOUND


async def test_a_log_that_is_not_the_one_sealed_is_not_carried_on(db, log):
    await record(5)
    await log.seal()
    note = log.kept.read_bytes()

    async def refused(why):
        with pytest.raises(LogBroken, match=why):
            await log.seal()

    def ahead(root, size=7):
        text = str(Checkpoint(log.signer.name, size, root))
        return signed(text, log.signer.verifier, log.signer.seal(text))

    log.kept.write_text(ahead(bytes(32)))  # the database is back at an earlier state
    await refused("ends at 5; 7 were sealed")
    log.kept.write_text(ahead(bytes(32), 4))  # same length or longer, other contents
    await refused("first 4 are not those of")
    log.kept.unlink()
    await refused("is missing")
    log.kept.write_bytes(note.replace(b"5\n", b"6\n"))
    await refused("the signature is wrong")
    log.kept.write_bytes(note)
    log.signer, ours = new_signer(log.signer.name), log.signer
    await refused("not signed with the key given")
    log.signer = ours
    assert (await log.seal()).size == 5


async def rebuild(admin, signer):
    """Everything the owner of the tables can do about the tree: roots, checkpoints and seals, in a key of their own."""
    await admin.execute("DELETE FROM audit_subtree; DELETE FROM audit_checkpoint; DELETE FROM audit_seal")
    frontier, seals, kept = Frontier(), [], []
    for (leaf,) in await admin.fetch(
        "SELECT leaf FROM audit_leaf l JOIN audit_event e ON e.id = l.event_id ORDER BY position"
    ):
        kept += completed(frontier.add(leaf), frontier.size)
        seals.append(signer.seal(str(Checkpoint(signer.name, frontier.size, frontier.root()))))
    text = str(Checkpoint(signer.name, frontier.size, frontier.root()))
    await admin.executemany("INSERT INTO audit_subtree VALUES ($1, $2, $3)", kept)
    await admin.executemany("INSERT INTO audit_seal VALUES ($1, $2)", enumerate(seals))
    await admin.execute(
        "INSERT INTO audit_checkpoint VALUES ($1, $2)", frontier.size, signed(text, signer.verifier, seals[-1])
    )


@asynccontextmanager
async def as_owner_without_triggers(db):
    async with db.admin() as admin:
        await admin.execute("SET ROLE ecm_owner")
        for table in ("event", "event_pupil", "inbox", "leaf", "seal", "subtree", "checkpoint"):
            await admin.execute(f"ALTER TABLE audit_{table} NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER")
        yield admin


@pytest.mark.parametrize("rebuilt", ["nothing", "tree", "tree, genuine seals kept"])
async def test_the_owner_of_the_tables_rewrites_an_entry(db, log, tmp_path, rebuilt):
    await record(600)
    await log.seal()
    (tmp_path / "kept").write_bytes(log.kept.read_bytes())
    insider = new_signer(log.signer.name)
    async with as_owner_without_triggers(db) as admin:
        genuine = await admin.fetch("SELECT position, seal FROM audit_seal ORDER BY position")
        for position in (599, 300, 255, 0):
            changed = await admin.execute(
                """UPDATE audit_event SET entry = jsonb_set(entry, '{event}', '"case:closed"')
                   WHERE id = (SELECT event_id FROM audit_leaf WHERE position = $1)""",
                position,
            )
            assert changed == "UPDATE 1"
            if rebuilt != "nothing":
                await rebuild(admin, insider)
                keep = genuine if "genuine" in rebuilt else genuine[:position]
                await admin.executemany("UPDATE audit_seal SET seal = $2 WHERE position = $1", keep)
            directory = tmp_path / str(position)
            for since in (None, tmp_path / "kept"):
                found = verify(directory, log.key, since) if since else await log.judge(directory)
                assert (found.exit_code, found.first_bad_position) == (TAMPERED, position), found.message
    if rebuilt != "nothing":
        with pytest.raises(LogBroken):
            await log.seal()


async def test_an_entry_rewritten_before_the_file_outside_followed(db, log, monkeypatch):
    await record(2)
    await log.seal()
    await record(2)
    with monkeypatch.context() as patch:
        patch.setattr("ecm.audit.integrator._keep", lambda *_: None)
        assert (await log.seal()).size == 4
    async with as_owner_without_triggers(db) as admin:
        await admin.execute(
            """UPDATE audit_event SET entry = jsonb_set(entry, '{event}', '"case:closed"')
               WHERE id = (SELECT event_id FROM audit_leaf WHERE position = 3)"""
        )
    with pytest.raises(LogBroken, match="its tree is not the one that was signed"):
        await log.seal()


@pytest.mark.parametrize("deed", ["removed", "swapped", "cut"])
async def test_the_owner_of_the_tables_moves_positions(db, log, tmp_path, deed):
    await record(40)
    await log.seal()
    async with as_owner_without_triggers(db) as admin:
        rows = await admin.fetch("SELECT position, event_id FROM audit_leaf ORDER BY position")
        events = [row["event_id"] for row in rows]
        if deed == "removed":
            del events[11]
        elif deed == "swapped":
            events[11], events[30] = events[30], events[11]
        else:
            del events[11:]
        await admin.execute("ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_position_fkey")
        await admin.execute("DELETE FROM audit_leaf")
        await admin.executemany("INSERT INTO audit_leaf VALUES ($1, $2)", list(enumerate(events)))
    found = await log.judge(tmp_path / "bundle")
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 11), found.message


async def test_an_event_proves_its_place(db, log):
    case = new_id()
    await record(300)
    await record(1, case)
    await record(400)
    await log.seal()
    await record(1, case)
    async with acting_as(await db.act_as(AUDITOR), "oversight") as act:
        act.record(Event.AUDIT_PROVED)
        waiting, sealed = await events_for_auditor(act, Filter(case=case))
        text = await proof_of_event(act, sealed.id)
        for absent in (waiting.id, new_id()):  # not sealed yet; not there
            with pytest.raises(NotFound):
                await proof_of_event(act, absent)
    # An auditor of one agency (made here, because the demonstration area has none) has no proof of others' events.
    async with db.admin() as admin:
        await admin.execute("UPDATE agency SET kind = 'voluntary' WHERE kind = 'partnership'")
        await admin.execute("INSERT INTO permission VALUES ($1, 'voluntary', 'auditor', 'audit:read')", new_id())
    async with acting_as(await db.act_as(AUDITOR), "oversight") as act:
        act.record(Event.AUDIT_PROVED)
        with pytest.raises(NotFound):
            await proof_of_event(act, sealed.id)
    head, _, note = text.partition("\n\n")
    first, index, *hashes = head.split("\n")
    checkpoint = open_checkpoint(note.encode(), log.signer.verifier)
    assert (first, index, checkpoint.size) == ("c2sp.org/tlog-proof@v1", f"index {sealed.position}", 701)
    async with db.admin() as admin:
        entry = (await admin.fetchval("SELECT entry::text FROM audit_event WHERE id = $1", sealed.id)).encode()
    proof = [b64decode(each) for each in hashes]
    assert includes(leaf_hash(entry), sealed.position, 701, proof, checkpoint.root)
    assert not includes(leaf_hash(entry + b" "), sealed.position, 701, proof, checkpoint.root)
    assert json.loads(entry) == sealed.entry
    assert b64encode(proof[0]).decode() == hashes[0]
