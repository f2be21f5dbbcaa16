"""The log in a file for an auditor: the bundle of `ecm audit export` as a ZIP, sent while it is read.

What is sealed never changes, so it is read in short transactions one after another, and nothing waits for a long download.
A download that was cut short has no table of contents and cannot be opened: it is never taken for a whole one.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from ecm.audit.bundle import CHECKPOINT, ENTRIES, KEY, SEALS, START, SUMS, start_text
from ecm.audit.events import Event
from ecm.audit.tree import frontier_at
from ecm.config import settings
from ecm.database import Act, Actor, acting_as, outside_the_log, proof
from ecm.errors import NotAllowed, Refused
from ecm.oversight.schemas import BundleAsked, Checked
from ecm.oversight.state import LogState, read_state

AT_ONCE = 5_000
IN_MEMORY = 4 << 20
FOLDER = "ecm-log"
NOT_SEALED = "Nothing has been sealed yet, so there is nothing to hand out. Try again in a minute."
TOO_FAR = "The log has only {size} entries. Enter the number in the checkpoint you kept, or leave the box empty."
PAGE = "SELECT * FROM audit_page($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Positions from `first` up to the size in this checkpoint; `key` is the log's public key, for information."""

    first: int
    checkpoint: str
    key: str

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return int(self.checkpoint.split("\n")[1])


def public_key() -> str:
    """The log's public key as `name+id+key`; '' where this process may not read the file beside the private one."""
    key = settings().log_key_file or settings().data / "log" / "key"
    try:
        return key.with_suffix(".vkey").read_text().strip()
    except OSError:
        return ""


async def show_bundle(actor: Actor) -> LogState:
    """Where the log stands, for who may take it away. Records audit:checked. Raises: NotAllowed."""
    async with acting_as(actor, "audit") as act:
        _refuse_others(act)
        state = await read_state(act)
        act.record(Event.AUDIT_CHECKED, outcome="shown")
    return state


async def begin_bundle(actor: Actor, said: BundleAsked) -> Wanted:
    """What will be sent: everything sealed by now from there on. Records audit:exported. Raises: NotAllowed; Refused."""
    async with acting_as(actor, "audit") as act:
        _refuse_others(act)
        state = await read_state(act)
        first = said.first or 0
        if not state.checkpoint:
            raise Refused({"": NOT_SEALED})
        if first > state.size:
            raise Refused({"first": TOO_FAR.format(size=f"{state.size:,}")})
        act.record(Event.AUDIT_EXPORTED, outcome="shown", part="bundle", first=first, count=state.size - first)
    return Wanted(first, state.checkpoint, public_key())


async def note_check(actor: Actor, said: Checked) -> None:
    """Write down how a check from outside ended. Records audit:verified. Raises: NotAllowed; Refused."""
    async with acting_as(actor, "audit") as act:
        _refuse_others(act)
        state = await read_state(act)
        if said.size > state.size:
            raise Refused({"size": TOO_FAR.format(size=f"{state.size:,}")})
        act.record(Event.AUDIT_VERIFIED, verdict=said.verdict, size=said.size)


def _refuse_others(act: Act) -> None:
    if not act.who.may("audit:export"):
        raise NotAllowed


class _Pipe:
    """Takes what a ZIP is made of, to be sent on. It cannot be gone back in, and ZipFile knows how to do without."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What has come since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


async def bundle_chunks(wanted: Wanted) -> AsyncIterator[bytes]:
    """The ZIP in pieces. Needs some 10 MB however long the log is; the seals wait in a temporary file for their turn."""
    pipe, sums = _Pipe(), []
    with ExitStack() as stack:
        seals: IO[bytes] = stack.enter_context(SpooledTemporaryFile(max_size=IN_MEMORY))
        archive = stack.enter_context(ZipFile(pipe, "w", ZIP_DEFLATED, allowZip64=True, compresslevel=3))
        digest = sha256()
        with archive.open(f"{FOLDER}/{ENTRIES}", "w", force_zip64=True) as out:
            async for entries, their_seals in _pages(wanted):
                seals.write(their_seals)
                digest.update(entries)
                await asyncio.to_thread(out.write, entries)
                yield pipe.taken()
        sums.append((digest.hexdigest(), ENTRIES))
        seals.seek(0)
        digest = sha256()
        with archive.open(f"{FOLDER}/{SEALS}", "w", force_zip64=True) as out:
            while some := seals.read(1 << 20):
                digest.update(some)
                await asyncio.to_thread(out.write, some)
                yield pipe.taken()
        sums.append((digest.hexdigest(), SEALS))
        for name, text in await _small_files(wanted):
            archive.writestr(f"{FOLDER}/{name}", text)
            sums.append((sha256(text.encode()).hexdigest(), name))
        archive.writestr(f"{FOLDER}/{SUMS}", "".join(f"{each}  {name}\n" for each, name in sums))
    yield pipe.taken()


async def _pages(wanted: Wanted) -> AsyncIterator[tuple[bytes, bytes]]:
    """Entries, each with its newline, and their seals, some thousands at a time."""
    for first in range(wanted.first, wanted.size, AT_ONCE):
        many = min(AT_ONCE, wanted.size - first)
        async with outside_the_log("audit_export") as act:
            rows = await act.rows(PAGE, first, many, proof("audit_page", first, many))
        yield "".join(f"{row['entry']}\n" for row in rows).encode(), b"".join(row["seal"] for row in rows)


async def _small_files(wanted: Wanted) -> list[tuple[str, str]]:
    async with outside_the_log("audit_export") as act:
        before = max(wanted.first - 1, 0)
        rows = await act.rows(PAGE, before, 1, proof("audit_page", before, 1)) if wanted.first else []
        frontier = await frontier_at(act.connection, wanted.first)
    start = start_text(frontier, rows[0]["seal"] if rows else b"")
    return [(START, start), (CHECKPOINT, wanted.checkpoint), (KEY, f"{wanted.key}\n")]
