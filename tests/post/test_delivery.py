"""The post against a real mail server: everything arrives once; what does not is in the right state, and nothing is lost."""

import asyncio
import json
import ssl
import threading
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pgqueuer.adapters.persistence.queries import Queries

from ecm.clock import new_id, now
from ecm.config import Settings
from ecm.database import acting_as, outside_the_log
from ecm.notifications.letters import LinkCode, YouCover
from ecm.notifications.outbox import queue
from ecm.post import senders as ways_out
from ecm.post.delivery import NAMES, carry, deliver, queue_of_jobs, sweep
from ecm.post.rules import PACE, Pace, next_try, wait_before_next
from ecm.post.senders import Http, Kept, Message, NotTaken, NoWay, Smtp, senders
from tests.free import free_port
from tests.post.office import HOST, PASSWORD, USER, authority, running_office

ORIGIN = "ecm.example"
QUICK = Pace(
    first_wait=timedelta(seconds=0.1), longest_wait=timedelta(seconds=0.3), stale=timedelta(seconds=0.5),
    sweep_every=timedelta(seconds=0.3),
)  # fmt: skip
STATE = "SELECT state, trouble, tries, text, sent_at FROM outbox WHERE recipient = $1"


@pytest.fixture
def trusting(monkeypatch, tmp_path):
    """Trust the authority of the tests, which is made in this folder, and anew by each `running_office`."""
    authority(tmp_path)
    monkeypatch.setattr(
        ways_out, "_trust", lambda: ssl.create_default_context(cafile=tmp_path / "authority.pem")
    )  # fmt: skip
    return tmp_path


def smtp(port: int) -> dict:
    return {"email": Smtp(HOST, port, USER, PASSWORD, "school@ecm.example", ORIGIN), "sms": NoWay()}


async def write(db, *addresses: str) -> None:
    async with acting_as(await db.act_as("senco@oakfield.example"), "test") as act:
        for address in addresses:
            letter = YouCover(address) if "@" in address else LinkCode(address, "012345", 10)
            await queue(act, letter)
        act.record("consent:requested")


@asynccontextmanager
async def carrying(ways: dict, pace: Pace = QUICK):
    stop = asyncio.Event()
    work = asyncio.create_task(carry(stop, ways, pace))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(work, 10)


async def until(db, sql: str, *values: object, seconds: float = 10) -> None:
    async with db.admin() as admin, asyncio.timeout(seconds):
        while not await admin.fetchval(sql, *values):  # noqa: ASYNC110
            await asyncio.sleep(0.03)


async def settled(db) -> None:
    await until(db, "SELECT NOT EXISTS (SELECT FROM outbox WHERE state = 'waiting')")


async def state(db, address: str) -> tuple:
    async with db.admin() as admin:
        return tuple(await admin.fetchrow(STATE, address))


async def test_everything_arrives_once_under_its_own_number_and_leaves_no_text_behind(db, trusting):
    addresses = [f"worker{n}@oakfield.example" for n in range(12)]
    with running_office(trusting) as office:
        await write(db, *addresses)
        async with carrying(smtp(office.port)):
            await settled(db)
            await write(db, "later@oakfield.example")  # told by the queue, not found by looking
            await settled(db)
    assert sorted(letter["To"] for letter in office.letters) == sorted([*addresses, "later@oakfield.example"])
    async with db.admin() as admin:
        ids = {f"<{row[0]}@{ORIGIN}>" for row in await admin.fetch("SELECT id FROM outbox")}
        events = await admin.fetchval("SELECT count(*) FROM audit_event WHERE event = 'message:sent'")
        assert await admin.fetchval("SELECT count(*) FROM pgqueuer") == 0
    assert office.copies.keys() == ids
    assert set(office.copies.values()) == {1}
    assert events == 13
    assert "to cover for a colleague" in office.letters[0].get_payload(decode=True).decode()
    assert (await state(db, addresses[0]))[:4] == ("sent", None, 1, "")


async def test_a_no_is_final_a_later_is_tried_again_and_a_server_gone_for_an_hour_loses_nothing(db, trusting):
    port = free_port()
    await write(db, "gone@x.example", "busy@x.example", *(f"w{n}@x.example" for n in range(6)))
    async with carrying(smtp(port)):
        await until(db, "SELECT bool_and(tries > 1 AND trouble = 'no_connection') FROM outbox")
        assert (await state(db, "w0@x.example"))[0] == "waiting"
        with running_office(trusting, port=port) as office:
            office.answers = {"gone@x.example": "550 5.1.1 No such user", "busy@x.example": "451 Later"}
            await until(db, "SELECT trouble = 'smtp_451' FROM outbox WHERE recipient = 'busy@x.example'")
            office.answers.pop("busy@x.example")
            await settled(db)
    assert (await state(db, "gone@x.example"))[:2] == ("refused", "smtp_550")
    assert sorted(letter["To"] for letter in office.letters) == sorted(
        ["busy@x.example", *(f"w{n}@x.example" for n in range(6))]
    )
    assert set(office.copies.values()) == {1}


async def test_nothing_is_said_to_a_server_without_encryption_or_with_a_certificate_of_somebody_else(db, trusting):
    await write(db, "a@x.example")
    for tls, trouble in ((False, "no_starttls"), (True, "certificate")):
        with running_office(trusting, tls=tls) as office:
            if tls:
                authority(trusting)  # another authority from now on: the one that runs is a stranger's
            async with carrying(smtp(office.port)):
                await until(db, "SELECT trouble = $1 FROM outbox", trouble)
        assert not office.copies
    assert (await state(db, "a@x.example"))[0] == "waiting"
    with running_office(trusting) as office:
        async with carrying(smtp(office.port)):
            await settled(db)
    assert len(office.letters) == 1


async def test_a_code_that_has_run_out_is_not_sent_and_an_old_message_is_given_up(db):
    await write(db, "+447700900101", "a@x.example")
    async with carrying({"email": NoWay(), "sms": NoWay()}):
        await until(db, "SELECT bool_and(trouble = 'no_carrier') FROM outbox")
        await db.put_clock_forward(timedelta(minutes=11))
        await until(db, "SELECT state = 'failed' FROM outbox WHERE channel = 'sms'")
        assert (await state(db, "a@x.example"))[0] == "waiting"
        await db.put_clock_forward(timedelta(days=3, minutes=1))
        await until(db, "SELECT bool_and(state = 'failed') FROM outbox")


async def test_a_lost_queue_loses_no_message_and_a_job_is_what_pgqueuer_would_have_made(db):
    ours = "SELECT priority, status, entrypoint, dedupe_key, payload, headers, attempts, slot FROM pgqueuer"
    await write(db, "a@x.example", "b@x.example")
    async with db.admin() as admin:
        made = [tuple(row) for row in await admin.fetch(ours + " ORDER BY id")]
        logged = await admin.fetch("SELECT status, priority, entrypoint FROM pgqueuer_log")
        await admin.execute("TRUNCATE pgqueuer; TRUNCATE pgqueuer_log")
        for _, _, _, key, payload, *_ in made:
            await Queries.from_asyncpg_connection(admin).enqueue("message", payload, dedupe_key=key)
        assert [tuple(row) for row in await admin.fetch(ours + " ORDER BY id")] == made
        assert await admin.fetch("SELECT status, priority, entrypoint FROM pgqueuer_log") == logged
        await admin.execute("DELETE FROM pgqueuer WHERE dedupe_key = $1", made[0][3])
    assert (await sweep(), await sweep()) == (1, 0)
    async with carrying({"email": Kept(), "sms": Kept()}):
        await settled(db)
    assert (await state(db, "a@x.example"))[3] != ""  # the demonstration shows what was sent


async def test_only_the_post_reaches_the_queue(db):
    await write(db, "a@x.example")
    for service, seen in (("post", 1), ("seed", 0)):
        async with outside_the_log(service) as act:
            assert await act.value("SELECT count(*) FROM pgqueuer") == seen
            assert await act.run("UPDATE pgqueuer SET status = 'queued'") == seen
    assert await queue_of_jobs().has_table("pgqueuer")
    assert NAMES.db_schema == "public"
    await deliver(new_id(), {})  # a message that is not there is nothing to do


@contextmanager
def provider(folder, answers: list[int]):
    """A provider of text messages: what it was asked, answered with these codes in turn."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.headers["Authorization"], self.headers["Idempotency-Key"], body))
            self.send_response(answers[len(asked) - 1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    _, own = authority(folder)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"https://localhost:{server.server_address[1]}/messages", asked
    finally:
        server.shutdown()
        server.server_close()


async def test_text_messages_go_to_a_provider_by_https_and_its_answers_are_understood(trusting):
    message = Message(new_id(), "sms", "+447700900101", "", "012345 is your code.", now())
    codes = {
        202: None,
        400: ("http_400", True),
        429: ("http_429", False),
        503: ("http_503", False),
        401: ("sign_in", False),
    }
    with provider(trusting, list(codes)) as (url, asked):
        way = Http(url, "a token")
        for code, expected in codes.items():
            if expected is None:
                await way.send(message)
                continue
            with pytest.raises(NotTaken) as trouble:
                await way.send(message)
            assert (trouble.value.trouble, trouble.value.final) == expected, code
    body = {"to": message.recipient, "text": message.text, "reference": str(message.id)}
    assert asked == [("Bearer a token", str(message.id), body)] * len(codes)
    with pytest.raises(NotTaken, match="no_connection"):
        await way.send(message)


def test_in_the_demonstration_nothing_leaves_whatever_is_set():
    config = Settings(
        demo=True, smtp_host="mail.example", smtp_from="a@b.example", sms_url="https://x.example", sms_token="t"
    )
    assert {type(way) for way in senders(config).values()} == {Kept}
    real = senders(
        Settings(smtp_host="mail.example", smtp_from="a@b.example", sms_url="https://x.example", sms_token="t")
    )
    assert (type(real["email"]), type(real["sms"])) == (Smtp, Http)
    assert {type(way) for way in senders(Settings()).values()} == {NoWay}
    assert "let me" not in repr(smtp(25))


@given(st.integers(1, 10_000), st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=40)))
def test_waits_grow_stay_bounded_and_end(tries, chance, lived):
    wait = wait_before_next(tries, chance)
    assert PACE.first_wait / 2 <= wait <= PACE.longest_wait
    assert wait <= wait_before_next(tries + 1, chance)
    since = now()
    useful = since + timedelta(days=7)
    again = next_try(since + lived, since, useful, wait)
    assert (again is None) == (lived + wait >= PACE.give_up)
    assert next_try(since + lived, since, since + lived, wait) is None
