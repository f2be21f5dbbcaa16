"""Takes recorded events into the tree, one integrator at a time, and seals them with the log's key.

    inbox → position (one transaction) → seals and checkpoint (a second) → the checkpoint file outside the database

A crash after any step is made good by the next pass: positions once given never change, and the same entry at the same
place has the same seal. The checkpoint file is the last to move, so the database may be ahead of it but never behind:
behind means a database brought back from a backup, and to go on from there would be to keep two logs.
"""

import asyncio
import contextlib
import logging
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import asyncpg

from ecm.audit.merkle import EMPTY_ROOT, Frontier
from ecm.audit.note import (
    BadNote,
    Checkpoint,
    Signer,
    Verifier,
    new_signer,
    open_checkpoint,
    read_signer,
    signed,
    write_signer,
)
from ecm.audit.tree import completed, frontier_at, read_hashes
from ecm.database import proof

BATCH = 4096
_LOCK = "hashtextextended('ecm audit integrator', 0)"
_log = logging.getLogger(__name__)


class LogBroken(Exception):
    """The log in the database is not the one sealed so far. Nothing more is sealed until a person has looked."""


@dataclass(frozen=True)
class _Batch:
    """A run of entries with everything that is published about it."""

    first: int
    seals: bytes
    levels: list[int]
    numbers: list[int]
    hashes: bytes
    note: str
    frontier: Frontier


def log_key(path: Path, origin: str) -> Signer:
    """The log's private key, made on first use; the public half lies beside it in `<name>.vkey`, to be handed out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        signer = new_signer(origin)
        write_signer(path, signer)
        path.with_suffix(".vkey").write_text(f"{signer.verifier}\n")
    return read_signer(path)


async def keep_sealing(url: str, signer: Signer, kept: Path, stop: asyncio.Event, every: float = 0.5) -> None:
    """Seal what is recorded, until told to stop. While another integrator is at work, stand by.

    `url` is the database as the app's login sees it, `kept` the checkpoint file outside it, `every` seconds of rest.
    A lost connection is made again. Raises: LogBroken.
    """
    while not stop.is_set():
        try:
            await _seal_while_leading(url, signer, kept, stop, every)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            _log.warning("audit integrator: %s; trying again", type(problem).__name__)
        await _rest(stop, every)


async def _seal_while_leading(url: str, signer: Signer, kept: Path, stop: asyncio.Event, every: float) -> None:
    connection = await asyncpg.connect(url, timeout=5, command_timeout=10)
    try:
        # Held by this connection until it closes; the database's own functions take it again for each step.
        while not await connection.fetchval(f"SELECT pg_try_advisory_lock({_LOCK})"):
            await _rest(stop, every)
            if stop.is_set():
                return
        frontier = await resume(connection, signer, kept)
        while not stop.is_set():
            ahead = await seal_batch(connection, signer, kept, frontier)
            if ahead.size == frontier.size:
                await _rest(stop, every)
            frontier = ahead
    finally:
        await connection.close()


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def resume(connection: asyncpg.Connection, signer: Signer, kept: Path) -> Frontier:
    """Where the log stands, once it is shown to be the log sealed so far.

    Raises: LogBroken when the database's newest checkpoint is not signed with this key, is not the root of what the
    database holds, or does not contain the checkpoint kept outside the database.
    """
    newest = await newest_checkpoint(connection, signer.verifier)
    before = _kept(kept, signer, begin=newest.size == 0)
    frontier = await frontier_at(connection, newest.size)
    if frontier.root() != newest.root:
        raise LogBroken("The log in the database was altered: its tree is not the one that was signed.")
    if before.size > newest.size:
        raise LogBroken(f"The log in the database ends at {newest.size}; {before.size} were sealed. Restore the rest.")
    if (await frontier_at(connection, before.size)).root() != before.root:
        raise LogBroken(f"The log in the database was altered: its first {before.size} are not those of {kept}.")
    return frontier


async def newest_checkpoint(connection: asyncpg.Connection, key: Verifier) -> Checkpoint:
    """The database's newest checkpoint, that of an empty log before the first. Raises: LogBroken if not of this key."""
    note = await connection.fetchval("SELECT audit_checkpoint_latest()")
    return _opened(note.encode(), key, "the database") if note else Checkpoint(key.name, 0, EMPTY_ROOT)


def _opened(note: bytes, key: Verifier, where: str) -> Checkpoint:
    try:
        return open_checkpoint(note, key)
    except BadNote as problem:
        raise LogBroken(f"Of the newest checkpoint in {where}, {problem}.") from None


def _kept(path: Path, signer: Signer, begin: bool) -> Checkpoint:
    """The checkpoint kept outside the database; `begin` writes that of the empty log when there is none."""
    if begin and not path.exists():
        empty = str(Checkpoint(signer.name, 0, EMPTY_ROOT))
        _keep(path, signed(empty, signer.verifier, signer.seal(empty)))
    if not path.exists():
        raise LogBroken(f"{path} is missing. Put the newest checkpoint there that you have; every export holds one.")
    return _opened(path.read_bytes(), signer.verifier, str(path))


async def seal_batch(connection: asyncpg.Connection, signer: Signer, kept: Path, frontier: Frontier) -> Frontier:
    """One pass: give positions to what waits, seal up to 4,096 entries, publish. Returns where the log stands now."""
    await connection.execute("SELECT audit_sequence($1, $2)", BATCH, proof("audit_sequence", BATCH))
    leaves = await read_hashes(connection, 0, frontier.size, BATCH)
    if not leaves:
        return frontier
    batch = await asyncio.to_thread(_seal, signer, frontier, leaves)
    await connection.execute(
        "SELECT audit_publish($1, $2, $3, $4, $5, $6, $7)",
        batch.first, batch.seals, batch.levels, batch.numbers, batch.hashes, batch.note, _proof(batch),
    )  # fmt: skip
    _keep(kept, batch.note)
    return batch.frontier


def _proof(batch: _Batch) -> bytes:
    digests = (sha256(part).hexdigest() for part in (batch.seals, batch.hashes))
    return proof("audit_publish", batch.first, *digests, batch.note)


def _seal(signer: Signer, frontier: Frontier, leaves: list[bytes]) -> _Batch:
    """Each entry's seal is the signature over the checkpoint that ends with it, so the last one signs the batch."""
    ahead, seals, kept = frontier.copy(), [], []
    for leaf in leaves:
        nodes = ahead.add(leaf)
        seals.append(signer.seal(str(Checkpoint(signer.name, ahead.size, ahead.root()))))
        kept += completed(nodes, ahead.size)
    text = str(Checkpoint(signer.name, ahead.size, ahead.root()))
    return _Batch(
        first=frontier.size,
        seals=b"".join(seals),
        levels=[level for level, _, _ in kept],
        numbers=[number for _, number, _ in kept],
        hashes=b"".join(node for _, _, node in kept),
        note=signed(text, signer.verifier, seals[-1]),
        frontier=ahead,
    )


def _keep(path: Path, note: str) -> None:
    """Replace the checkpoint file whole: after a crash it holds the old text or the new."""
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
