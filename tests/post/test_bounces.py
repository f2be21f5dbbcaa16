"""Delivery reports: read as mail systems write them, believed only about a message that left."""

import asyncio

import pytest
from click.testing import CliRunner

from ecm import connections
from ecm.cli import main
from ecm.clock import new_id
from ecm.config import settings
from ecm.database import acting_as
from ecm.notifications.letters import YouCover
from ecm.notifications.outbox import queue
from ecm.post.bounces import note_bounce, read_report
from tests.conftest import SECRET

REPORT = """From: MAILER-DAEMON@mail.example
To: school@ecm.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
{envelope}
Final-Recipient: rfc822; a@x.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b
{returned}

--b--
"""
WHOLE = "Content-Type: message/rfc822\n\nMessage-ID: <{id}@ecm.example>\nSubject: Hello\n\nText"
HEAD = "Content-Type: text/rfc822-headers\n\nSubject: Hello\nMessage-ID: <{id}@ecm.example>"


def report(
    message: object, returned: str = WHOLE, envelope: str = "", action: str = "failed", status: str = "5.1.1"
) -> bytes:
    text = REPORT.format(
        envelope=envelope.format(id=message) + "\n", action=action, status=status, returned=returned.format(id=message)
    )
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("returned", "envelope"),
    [
        (WHOLE, ""),
        (HEAD, ""),
        ("Content-Type: text/plain\n\n", "Original-Envelope-Id: {id}"),
        (HEAD, "Original-Envelope-Id: no"),
    ],
)
def test_a_report_names_its_message_in_one_of_three_ways(returned, envelope):
    message = new_id()
    assert read_report(report(message, returned, envelope)) == (message, "dsn_5_1_1")
    assert read_report(report(message, returned, envelope, action="delayed", status="4.4.1")) is None
    assert read_report(report(message, returned, envelope, status="Leila Reid")) == (message, "dsn_failed")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: message/delivery-status\n\nAction: failed",
        report("nobody"),
        b"Action: failed\n" * 9,
    ],
)
def test_everything_else_says_nothing(nonsense):
    assert read_report(nonsense) is None


async def test_a_message_that_left_is_marked_and_a_stranger_marks_nothing(db, monkeypatch):
    async with acting_as(await db.act_as("senco@oakfield.example"), "test") as act:
        await queue(act, YouCover("a@x.example"))
        act.record("consent:requested")
    async with db.admin() as admin:
        message = await admin.fetchval("SELECT id FROM outbox")
        assert not await note_bounce(report(message))  # it has not left
        await admin.execute("UPDATE outbox SET state = 'sent', sent_at = now()")
        assert not await note_bounce(report(new_id()))
        assert await admin.fetchval("SELECT state FROM outbox") == "sent"
        await connections.close_pool()
        monkeypatch.setenv("ECM_DATABASE_URL", db.app_url)
        monkeypatch.setenv("ECM_SECRET_KEY", SECRET)
        settings.cache_clear()
        said = await _run_beside(report(message))
        assert await admin.fetchrow("SELECT state, trouble FROM outbox") == ("bounced", "dsn_5_1_1")
    assert said == "The message is marked as not delivered.\n"
    settings.cache_clear()


async def _run_beside(text: bytes) -> str:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["bounced"], input=text)
    assert result.exit_code == 0, result.output
    return result.output
