"""The whole installation in one file, and an installation made of one.

A backup is a tar: what it is (`about.json`), the database as pg_dump writes it (`database.dump`), and the log's key and
newest checkpoint (`log/…`), without which the log could not be gone on with. It holds every record of every child and the
key that signs the log: whoever keeps it encrypts it (docs/backup.md).
"""

import asyncio
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from ecm.embedded import program
from ecm.errors import Refused
from ecm.migrations.apply import HOUSE, migrate

FORMAT = 1
DUMP, ABOUT = "database.dump", "about.json"
MOST_SMALL = 1 << 20  # bytes of any part but the dump

# What somebody ended since the backup was made is alive in it again, so nobody stays signed in over a restore; and what
# waited to be sent has been sent meanwhile, or not: a person decides, on the page of the post.
AFTER = """
UPDATE session SET ended_at = now() WHERE ended_at IS NULL;
DELETE FROM pgqueuer;
UPDATE outbox SET state = 'failed', trouble = 'restored' WHERE state = 'waiting';
"""
LOG = ("log/key", "log/key.vkey", "log/checkpoint")


@dataclass(frozen=True, slots=True)
class About:
    """What a backup holds: when it was begun (RFC 3339, UTC), the log's size then, and SHA-256 (hex) of its parts."""

    format: int
    made_at: str
    log_size: int
    cases: int
    parts: dict[str, str]


def back_up(admin_url: str, log: Mapping[str, Path], file: Path) -> About:
    """Write a backup beside `file`, read it back whole, and only then give it its name. Mode 0600.

    `log` are the files of the log by their name in the backup; one that does not exist is left out. Also while the server
    runs: the dump is one snapshot. Raises: Refused when the file exists, the dump fails, or what was written is not sound.
    """
    if file.exists():
        raise Refused({"": f"{file} exists. A backup is never written over another file."})
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    size, cases = asyncio.run(_counts(admin_url))
    file.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.absolute().parent) as folder:
        parts = {DUMP: Path(folder) / DUMP, **{name: path for name, path in log.items() if path.exists()}}
        _run("pg_dump", admin_url, "--format=custom", "--compress=gzip:3", f"--file={parts[DUMP]}")
        about = About(FORMAT, made_at, size, cases, {name: _digest(path) for name, path in parts.items()})
        part = Path(folder) / "backup"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            _write(out, about, parts)
        check(part)
        part.rename(file)
    return about


async def _counts(admin_url: str) -> tuple[int, int]:
    connection = await asyncpg.connect(admin_url)
    try:
        note = await connection.fetchval("SELECT audit_checkpoint_latest()")
        size = int(note.split("\n")[1]) if note else 0
        return size, await connection.fetchval("SELECT count(*) FROM support_case")
    finally:
        await connection.close()


def _write(out: IO[bytes], about: About, parts: Mapping[str, Path]) -> None:
    with tarfile.open(fileobj=out, mode="w") as tar:
        text = json.dumps(asdict(about), indent=1).encode()
        head = tarfile.TarInfo(ABOUT)
        head.size, head.mode = len(text), 0o600
        tar.addfile(head, io.BytesIO(text))
        for name, path in parts.items():
            tar.add(path, name)


def check(file: Path) -> About:
    """Read a backup whole: every part is there as it was written, and the dump can be read to its end.

    Raises: Refused when it is no backup, of another format, damaged or cut off.
    """
    with tempfile.TemporaryDirectory(prefix="ecm-backup-", dir=file.absolute().parent) as folder:
        about = _unpack(file, Path(folder))
        _run("pg_restore", "", "--file=/dev/null", str(Path(folder) / DUMP))
    return about


def _unpack(file: Path, folder: Path) -> About:
    """Its parts into a folder of our own. Only names that we give are written, whatever the file holds."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            about = About(**json.loads(_part(tar, ABOUT).read(MOST_SMALL)))
            if about.format != FORMAT:
                raise Refused({"": f"{file} is a backup of another version of ECM (format {about.format})."})
            if unknown := set(about.parts) - {DUMP, *LOG}:
                raise Refused({"": f"{file} names a part that no backup has: {', '.join(sorted(unknown))}."})
            for name, digest in about.parts.items():
                path = folder / name
                path.parent.mkdir(mode=0o700, exist_ok=True)
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                    _copy(_part(tar, name), out)
                if _digest(path) != digest:
                    raise Refused({"": f"{file} is damaged: {name} is not as it was written."})
            return about
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as trouble:
        raise Refused({"": f"{file} is not a backup of ECM, or it is cut off ({type(trouble).__name__})."}) from None


def _part(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found


def _copy(source: IO[bytes], out: IO[bytes]) -> None:
    while chunk := source.read(MOST_SMALL):
        out.write(chunk)


def restore(file: Path, admin_url: str, secret: str, log: Mapping[str, Path]) -> About:
    """Fill an empty database from a backup, bring it up to date, and put the log's files (as in `back_up`) in their places.

    All of the database or nothing of it. Nobody is signed in afterwards, and nothing is sent that waited. `secret` is the
    installation's own, as for `ecm migrate`. Raises: Refused when the backup is not sound or there is something already.
    """
    with tempfile.TemporaryDirectory(prefix="ecm-restore-", dir=file.absolute().parent) as folder:
        about = _unpack(file, Path(folder))
        for name in log.keys() & about.parts.keys():
            if log[name].exists() and _digest(log[name]) != about.parts[name]:
                raise Refused({"": f"{log[name]} belongs to another log. A backup is restored where there is none."})
        asyncio.run(_prepare(admin_url))
        _run("pg_restore", admin_url, "--single-transaction", "--exit-on-error", str(Path(folder) / DUMP))
        asyncio.run(_finish(admin_url, secret))
        for name in log.keys() & about.parts.keys():
            log[name].parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(Path(folder) / name, log[name])
    return about


async def _prepare(admin_url: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        if await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"):
            raise Refused({"": "The database is not empty. A backup is restored into an empty one."})
        await connection.execute((HOUSE / "database.sql").read_text())  # the roles that the rows belong to
    finally:
        await connection.close()


async def _finish(admin_url: str, secret: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL ROLE ecm_policy")
            await connection.execute(AFTER)
    finally:
        await connection.close()
    await migrate(admin_url, secret)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _run(name: str, url: str, *words: str) -> None:
    """Run a program of PostgreSQL; a password goes by the environment, where no other user sees it.

    Raises: Refused with the last line that it said.
    """
    address, password = _without_password(url)
    command = [str(program(name)), *([f"--dbname={address}"] if url else []), *words]
    done = subprocess.run(command, env=os.environ | password, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Refused({"": f"{name} failed: {said[-1]}"})


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    if not parts.password:
        return url, {}
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), {"PGPASSWORD": parts.password}
