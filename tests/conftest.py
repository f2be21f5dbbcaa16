"""One cluster a run, one database a test (copied from a migrated, seeded template), real logins."""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher, Type

from ecm import connections, database, seeds
from ecm.accounts import passwords
from ecm.clock import new_id
from ecm.database import Actor, proof
from ecm.embedded import as_role, running
from ecm.migrations.apply import migrate
from ecm.plans.commands import RENDERER

SECRET = "a secret of the tests, long enough for anybody"
# In memory, where there is room for it: a test's database is a thousand files, and a busy disk takes a second to make them.
MEMORY, ROOM = Path("/dev/shm"), 4 * 1024**3
ROOMY = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
DATA = Path(tempfile.mkdtemp(prefix="ecm-tests-", dir=MEMORY if ROOMY else None))
os.environ |= {"ECM_DEMO": "1", "ECM_SECRET_KEY": SECRET, "ECM_DATA": str(DATA), "PICCOLO_CONF": "ecm.piccolo_conf"}

# Hundreds of sign-ins a run, each of 50 ms: here checking a password is cheap. What it costs people who guess is
# proven in tests/accounts/test_passwords.py, with the parameters of production (`dear_passwords`).
DEAR, NOBODY = passwords._hasher, passwords._NOBODY
passwords._hasher = PasswordHasher(1, 8, 1, type=Type.ID)
passwords._NOBODY = re.sub(r"m=\d+,t=\d+", "m=8,t=1", NOBODY)

# The one thing a test database has of its own: a clock that a test can put forward.
TEST_CLOCK = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT now() + coalesce(nullif(current_setting('ecm.test_clock', true), ''), '0')::interval $$;
"""


# What takes longest, begun first: then two processes end together instead of one waiting for the other's last journey.
LONGEST_FIRST = ("journeys", "plans", "consent", "actions", "house", "involvements", "access", "web", "audit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the folders with the long files first; within a folder nothing changes place."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


def pytest_sessionfinish() -> None:
    """Leave nothing behind. Java is stopped where it ran (tests/verapdf.py) before pytest takes back the signals that it
    caught, one of which Java uses: otherwise the process ends in a crash, after all tests have passed."""
    if (jpype := sys.modules.get("jpype")) and jpype.isJVMStarted():
        jpype.shutdownJVM()
    shutil.rmtree(DATA, ignore_errors=True)


@dataclass
class Database:
    """A test's own database, and the addresses of its logins."""

    name: str
    admin_url: str
    app_url: str

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[asyncpg.Connection]:
        """The administrator's connection: sees everything, for looking behind the walls."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def put_clock_forward(self, by: timedelta) -> None:
        """From the next transaction on, the database's clock is ahead by this much."""
        async with self.admin() as connection:
            await connection.execute(
                f"ALTER DATABASE \"{self.name}\" SET ecm.test_clock = '{int(by.total_seconds())} seconds'"
            )
        assert connections.ENGINE.pool is not None
        await connections.ENGINE.pool.expire_connections()

    async def act_as(self, email: str, *, kind: str = "api") -> Actor:
        """A live session for somebody of the demonstration area, opened as the app opens it after a password."""
        return await open_session(seeds.known(email), kind)


async def open_session(person: UUID, kind: str = "api", lifetime: timedelta = timedelta(hours=10)) -> Actor:
    """A live session for this person, through the same definer function the app uses."""
    token = token_bytes(32)
    async with connections.transaction() as connection:
        await connection.execute(
            "SELECT open_session($1, $2, $3, $4, NULL, $5, $6)",
            new_id(), person, kind, token, lifetime, proof("session", person, kind, token.hex()),
        )  # fmt: skip
    return Actor(token)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """An embedded PostgreSQL for this run; yields the administrator's address of the template's database."""
    DATA.chmod(0o755)
    with running(DATA, quick=True) as url:
        asyncio.run(_make_template(url))
        yield url


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash and check passwords as production does."""
    monkeypatch.setattr(passwords, "_hasher", DEAR)
    monkeypatch.setattr(passwords, "_NOBODY", NOBODY)


@pytest.fixture(scope="session", autouse=True)
async def drawing() -> AsyncIterator[None]:
    """Documents are drawn by processes that end with the run."""
    yield
    await RENDERER.close()


async def _make_template(url: str) -> None:
    await migrate(url, SECRET)
    connection = await asyncpg.connect(url)
    await connection.execute(TEST_CLOCK)
    await seeds.lay_ground(connection)
    await connection.close()


def url_of(cluster: str, name: str) -> str:
    """The administrator's address of another database of the cluster."""
    return cluster.replace("/ecm?", f"/{name}?")


@pytest.fixture
async def db(cluster: str) -> AsyncIterator[Database]:
    """A fresh copy of the seeded template, with the app's pool open on it."""
    async with fresh_database(cluster) as made:
        yield made


@asynccontextmanager
async def fresh_database(cluster: str) -> AsyncIterator[Database]:
    """A database of one's own, dropped afterwards."""
    name = f"t{uuid4().hex[:12]}"
    postgres = await asyncpg.connect(url_of(cluster, "postgres"))
    # Copied as files: half the time of writing it to the log, which nobody reads here.
    await postgres.execute(f'CREATE DATABASE "{name}" TEMPLATE ecm STRATEGY FILE_COPY')
    url = url_of(cluster, name)
    made = Database(name, url, as_role(url, "ecm_app"))
    database.use_secret(SECRET)
    await connections.open_pool(made.app_url, size=8)
    try:
        yield made
    finally:
        await connections.close_pool()
        await postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await postgres.close()
