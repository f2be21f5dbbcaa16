"""COMMIT fails, people close their browsers in the middle: the pool keeps its size and nothing is half written."""

import asyncio
import contextlib
import random
from uuid import UUID

import asyncpg
import pytest

from ecm import connections, database
from ecm.cases.queries import show_case
from ecm.clock import new_id
from ecm.connections import NotKept, OutsideTransaction
from ecm.database import acting_as, acting_for, outside_the_log
from ecm.errors import NotSignedIn
from ecm.pupils.tables import Pupil
from ecm.seeds import known
from tests.actions.story import open_story

POOL = 4
TIMES = 1000
DEATHS = 40  # of the failing COMMITs, those where the server process dies: each costs a new connection
NOTES = 100  # of the rest, those that write a note, with all that follows from one; the others write one plain row

# Judged at COMMIT, after everything was written and answered: a row that says so fails there, or ends its backend.
AT_COMMIT = """
CREATE FUNCTION fail_at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE words text := CASE TG_TABLE_NAME WHEN 'note' THEN to_jsonb(NEW) ->> 'text' ELSE 'fail' END;
BEGIN
    IF words LIKE 'die%' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); END IF;
    IF words LIKE 'fail%' THEN RAISE EXCEPTION 'not this time'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_at_commit();
CREATE CONSTRAINT TRIGGER fail_at_commit AFTER INSERT ON idempotency_key DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION fail_at_commit();
"""
ADD_NOTE = "INSERT INTO note (id, case_id, category, text, written_at) VALUES ($1, $2, 'education', $3, app_now())"
ADD_KEY = """INSERT INTO idempotency_key (id, principal, key_hash, call_hash, made_id, at)
             VALUES ($1, $2, sha256($3::text::bytea), '', $1, app_now())"""


@pytest.fixture
async def story(db):
    """A case to write notes in, a pool of four, all of them open."""
    await connections.close_pool()
    await connections.open_pool(db.app_url, POOL)
    story = await open_story(db)
    await together(show_case(story.senco, story.case_id) for _ in range(POOL * 2))
    return story


async def write(story, text: str, event: str = "note:written") -> UUID:
    """Write a note, and the event of it; its id."""
    made = new_id()
    async with acting_as(story.senco, "test") as act:
        assert await act.value("SELECT claim_authorship($1, $2, $3, 'education')", new_id(), new_id(), story.case_id)
        assert await act.run(ADD_NOTE, made, story.case_id, text) == 1
        act.record(event, case=story.case_id, subject=made)
    return made


async def write_key(story, text: str) -> UUID:
    """Write a row of the app's own, and the event of it; its id."""
    made = new_id()
    async with acting_as(story.senco, "test") as act:
        assert await act.run(ADD_KEY, made, act.who.membership_id, text) == 1
        act.record("note:written", subject=made)
    return made


async def together(work, at_once: int = POOL * 4) -> list:
    """Do all of it, more at a time than there are connections; what each returned or raised."""
    places = asyncio.Semaphore(at_once)

    async def one(each):
        async with places:
            return await each

    return await asyncio.gather(*(one(each) for each in work), return_exceptions=True)


async def written(db) -> set[UUID]:
    """The rows there are, when each of them and no other has its event, and the worklist knows of the newest note."""
    async with db.admin() as admin:
        rows = {r[0] for r in await admin.fetch("SELECT id FROM note UNION ALL SELECT id FROM idempotency_key")}
        events = await admin.fetch("SELECT (entry ->> 'subject')::uuid FROM audit_event WHERE event = 'note:written'")
        assert sorted(r[0] for r in events) == sorted(rows)
        newest = await admin.fetchval("SELECT max(written_at) FROM note")
        seat = await admin.fetchval("SELECT last_activity_at FROM case_seat WHERE principal = $1", known("oakfield"))
        assert newest in (None, seat)
        counts = "SELECT (SELECT count(*) FROM audit_event) - (SELECT count(*) FROM audit_inbox)"
        assert await admin.fetchval(counts) == 0  # nobody takes them into the tree here
    return rows


async def is_sound(db, story) -> None:
    """Every connection is back, none is owed, and the next to ask is answered at once."""
    pool = connections.ENGINE.pool
    for _ in range(200):  # what was given up last may still be giving its connection back
        if pool.get_idle_size() == pool.get_size():
            break
        await asyncio.sleep(0.01)
    assert pool.get_idle_size() == pool.get_size() <= pool.get_max_size() == POOL
    assert connections.ENGINE.current_transaction.get() is None
    async with asyncio.timeout(2):
        seen = await together((show_case(story.senco, story.case_id) for _ in range(POOL * 2)), at_once=POOL * 2)
    assert [case["id"] for case in seen] == [story.case_id] * POOL * 2
    assert pool.get_idle_size() == pool.get_size() <= POOL
    async with db.admin() as admin:
        open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ecm_app'"
        assert await admin.fetchval(open_ones) == pool.get_size()
        assert await admin.fetchval(open_ones + " AND state <> 'idle'") == 0
        assert await admin.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_thousand_failed_commits(db, story):
    async with db.admin() as admin:
        await admin.execute(AT_COMMIT)
    work = [
        *(("die", write) for _ in range(DEATHS)),
        *(("fail", write) for _ in range(NOTES)),
        *(("fail", write_key) for _ in range(TIMES - NOTES - DEATHS)),
        *(("keep", write) for _ in range(20)),
    ]
    random.Random(2).shuffle(work)
    answers = await together(how(story, f"{word} {number}") for number, (word, how) in enumerate(work))
    raised = {"die": (asyncpg.PostgresConnectionError, ConnectionError), "fail": asyncpg.RaiseError, "keep": UUID}
    for (word, _), answer in zip(work, answers, strict=True):
        assert isinstance(answer, raised[word]), (word, answer)
    assert len(work) == TIMES + 20
    assert await written(db) == {a for a in answers if isinstance(a, UUID)}
    await is_sound(db, story)


async def test_a_thousand_cancelled_requests(db, story):
    dice = random.Random(3)
    began = asyncio.get_running_loop().time()
    for number in range(10):
        await write(story, f"how long it takes {number}")
    usual = (asyncio.get_running_loop().time() - began) / 10

    async def interrupted(number: int) -> UUID:
        """A request that is given up at some point of its life, before it has a connection to after it has none."""
        task = asyncio.create_task(write(story, f"note {number}"))
        await asyncio.sleep(dice.choice([0, dice.uniform(0, usual), dice.uniform(0, usual * POOL * 4)]))
        task.cancel()
        if dice.random() < 0.2:  # and given up again while it is being given up
            await asyncio.sleep(dice.uniform(0, usual / 4))
            task.cancel()
        return await task

    answers = await together(interrupted(n) for n in range(TIMES))
    kept = {answer for answer in answers if isinstance(answer, UUID)}
    given_up = sum(isinstance(answer, asyncio.CancelledError) for answer in answers)
    assert given_up + len(kept) == TIMES, [a for a in answers if not isinstance(a, UUID | asyncio.CancelledError)][:3]
    assert given_up > TIMES / 3
    # What was answered is there. What was given up may have been kept all the same, but then whole.
    assert kept <= await written(db)
    await is_sound(db, story)


async def test_every_step_of_a_transaction_can_be_the_last(db, story):
    """Not at random: given up at its first, second, third… chance, until there is none left."""
    done, steps = False, 0
    while not done:
        task = asyncio.create_task(write(story, f"step {steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
            if task.done():
                break
        done = task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        steps += 1
    assert steps > 12  # how many there are depends on how fast the database answers
    assert task.result() in await written(db)
    await is_sound(db, story)


async def test_no_log_no_data(db, story):
    async def unlogged() -> None:
        async with acting_as(story.senco, "test") as act:
            await act.run(ADD_KEY, new_id(), act.who.membership_id, "unlogged")

    async def of_a_service() -> None:
        async with acting_for("test", "test"):
            pass

    async def broken() -> None:
        async with acting_as(story.senco, "test") as act:
            assert await act.run(ADD_KEY, new_id(), act.who.membership_id, "broken") == 1
            act.record("note:written")
            raise ZeroDivisionError

    async def of_nobody() -> None:
        async with acting_as(database.Actor(b"nobody"), "test"):
            raise AssertionError("nobody is in")

    for attempt in (unlogged, of_a_service):
        with pytest.raises(AssertionError, match="no log, no data"):
            await attempt()
    with pytest.raises(ZeroDivisionError):
        await broken()
    with pytest.raises(asyncpg.CheckViolationError, match="event is not"):
        await write(story, "with an event that the log does not take", event="More than a code")
    with pytest.raises(NotSignedIn):
        await of_nobody()
    assert await written(db) == set()
    kept = {await write(story, "seen"), await write_key(story, "seen")}
    assert await written(db) == kept
    await is_sound(db, story)


async def test_a_statement_that_failed_in_silence_fails_the_whole(db, story):
    async def silent(transaction, add) -> None:
        async with transaction as act:
            await add(act)
            with contextlib.suppress(asyncpg.PostgresError):
                await act.run("SELECT 1 / 0")

    async def tried(act) -> None:
        proof = database.proof("tried", b"account".hex())
        await act.run("SELECT sign_in_tried($1, 'account', 'address', NULL, $2)", new_id(), proof)

    async def add_key(act) -> None:
        await act.run(ADD_KEY, new_id(), act.who.membership_id, "silent")
        act.record("note:written")

    with pytest.raises(NotKept):
        await silent(outside_the_log("test"), tried)
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await silent(acting_as(story.senco, "test"), add_key)
    async with outside_the_log("test") as act:
        await tried(act)
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM sign_in_attempt") == 1
    assert await written(db) == set()
    await is_sound(db, story)


async def test_a_query_of_nobody_is_refused(db, story):
    async with acting_as(story.senco, "test") as act:
        assert len(await Pupil.select(Pupil.id)) == len(await act.rows("SELECT FROM pupil")) == 12
        act.record("pupils:searched")
    for query in (Pupil.select(), Pupil.count(), Pupil.raw("SELECT 1"), Pupil.delete(force=True)):
        with pytest.raises(OutsideTransaction):
            await query
    await is_sound(db, story)
    await connections.close_pool()
    with pytest.raises(OutsideTransaction):
        await write(story, "with no pool")
