"""The worker's process: it sleeps while there is nothing to do; no kind of work ends another; settings that are refused."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from ecm import worker
from ecm.config import Settings, Unsafe, read_settings
from ecm.database import acting_as
from ecm.notifications.letters import YouCover
from ecm.notifications.outbox import queue
from tests.conftest import SECRET

RUN = "import asyncio; from ecm.worker import run; asyncio.run(run())"
# Looking for work is an UPDATE, also of no row: told of those, the worker wakes itself for ever.
TOLD_OF_LOOKING = """
CREATE OR REPLACE TRIGGER tg_pgqueuer_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pgqueuer
    EXECUTE FUNCTION fn_pgqueuer_changed()
"""
MAIL = {"ECM_SMTP_HOST": "mail.example", "ECM_SMTP_FROM": "school@ecm.example"}


@asynccontextmanager
async def running_worker(db, folder: Path) -> AsyncIterator[int]:
    """A worker's process, with all it does; its number."""
    own = {"ECM_DATABASE_URL": db.app_url, "ECM_SECRET_KEY": SECRET, "ECM_DATA": str(folder)}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, env=os.environ | own)
    try:
        yield process.pid
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def ticks_in(process: int, seconds: float) -> int:
    """Hundredths of a second of a processor that this process uses in so many seconds."""

    def used() -> int:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = used()
    await asyncio.sleep(seconds)
    return used() - before


async def letter_sent(db) -> None:
    """A letter is written, and has left."""
    async with acting_as(await db.act_as("senco@oakfield.example"), "test") as act:
        await queue(act, YouCover("senco@oakfield.example"))
        act.record("consent:requested")
    async with db.admin() as admin, asyncio.timeout(20):
        while await admin.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting'"):  # noqa: ASYNC110
            await asyncio.sleep(0.03)


async def test_a_worker_without_work_sleeps_and_a_letter_wakes_it(db, tmp_path):
    async with running_worker(db, tmp_path) as process:
        await letter_sent(db)
        await asyncio.sleep(0.5)  # what the letter leaves to do
        idle = await ticks_in(process, 3)
        await letter_sent(db)
        async with db.admin() as admin:
            await admin.execute(TOLD_OF_LOOKING)
        await letter_sent(db)
        spinning = await ticks_in(process, 1.5)
    print(f"idle: {idle} ticks in 3 s; waking itself: {spinning} in 1.5 s")
    assert idle <= 9  # 3 % of a processor
    assert spinning > 5 * idle


async def test_work_that_fails_begins_again_and_the_other_goes_on(monkeypatch):
    monkeypatch.setattr(worker, "REST_SECONDS", 0.01)
    stop, begun = asyncio.Event(), {"bad": 0, "good": 0}

    async def bad(_: asyncio.Event) -> None:
        begun["bad"] += 1
        if begun["bad"] == 3:
            stop.set()
        raise (OSError, KeyError, RuntimeError)[begun["bad"] - 1]

    async def good(until: asyncio.Event) -> None:
        begun["good"] += 1
        await until.wait()

    async with asyncio.timeout(5):
        await asyncio.gather(*(worker._keep_on(name, work, stop) for name, work in (("a", bad), ("b", good))))
    assert begun == {"bad": 3, "good": 1}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ECM_SMTP_HOST": "mail.example"}, "ECM_SMTP_FROM"),
        (MAIL | {"ECM_SMTP_FROM": "nobody"}, "ECM_SMTP_FROM"),
        (MAIL | {"ECM_SMTP_PORT": "99999"}, "ECM_SMTP_PORT must be a number from 1 to 65535"),
        (MAIL | {"ECM_SMTP_PORT": "٢٥x"}, "ECM_SMTP_PORT"),
        (MAIL | {"ECM_SMTP_USER": "ecm"}, "both, or neither"),
        (MAIL | {"ECM_SMTP_PASSWORD": "secret"}, "both, or neither"),
        ({"ECM_SMS_URL": "http://sms.example", "ECM_SMS_TOKEN": "t"}, "https://"),
        ({"ECM_SMS_URL": "https://sms.example"}, "ECM_SMS_TOKEN"),
    ],
)
def test_unsafe_settings_of_the_post_are_refused_with_a_sentence(wrong, sentence):
    with pytest.raises(Unsafe, match=sentence):
        read_settings(wrong)
    sound = MAIL | {"ECM_SMTP_USER": "ecm", "ECM_SMTP_PASSWORD": "secret", "ECM_SMS_URL": "https://sms.example"}
    found = read_settings(sound | {"ECM_SMS_TOKEN": "hidden", "ECM_SMTP_PORT": "465"})
    assert (found.smtp_port, found.smtp_from) == (465, "school@ecm.example")
    assert "secret" not in repr(found)
    assert "hidden" not in repr(found)
    assert len(fields(Settings)) <= 25
