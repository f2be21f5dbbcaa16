"""The worker killed at random moments: each message arrives, and each once by its Message-ID."""

import asyncio
import os
import subprocess
import sys

import pytest

from ecm.database import acting_as
from ecm.notifications.letters import YouCover
from ecm.notifications.outbox import queue
from tests.conftest import SECRET
from tests.post.office import running_office

DEATHS, MESSAGES = 200, 240


@pytest.mark.timeout(300)  # on a machine that does much else
async def test_a_worker_killed_200_times_delivers_each_message_once(db, tmp_path):
    addresses = [f"worker{n}@oakfield.example" for n in range(MESSAGES)]
    senco = await db.act_as("senco@oakfield.example")
    with running_office(tmp_path) as office:
        environment = os.environ | {"SSL_CERT_FILE": str(office.authority), "ECM_SECRET_KEY": SECRET}
        words = [sys.executable, "-W", "ignore", "-m", "tests.post.nursery", db.app_url, str(office.port)]
        nursery = await asyncio.create_subprocess_exec(
            *words, str(DEATHS), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for place in range(0, MESSAGES, 20):  # while the workers die
                async with acting_as(senco, "test") as act:
                    for address in addresses[place : place + 20]:
                        await queue(act, YouCover(address))
                    act.record("consent:requested")
                await asyncio.sleep(0.6)
            assert await nursery.stdout.readline() == b"killed\n"
            async with db.admin() as admin, asyncio.timeout(30):
                arrived_alive = MESSAGES - await admin.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting'")
                while await admin.fetchval("SELECT count(*) FROM outbox WHERE state <> 'sent'"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            nursery.stdin.close()
            await nursery.wait()
    assert sorted(letter["To"] for letter in office.letters) == sorted(addresses)
    again = sum(office.copies.values()) - len(office.copies)
    print(f"{arrived_alive} of {MESSAGES} left among {DEATHS} deaths; handed over a second time: {again}")
    assert arrived_alive + again > 10  # the deaths came while letters were being handed over, not before
    assert again < DEATHS
