"""A school's pupils out of a file: taken, read, approved or cancelled. One event each."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as, acting_for, outside_the_log
from ecm.errors import EcmError, NotAllowed, NotFound, Refused, Stale
from ecm.imports.reading import Head, Tail, Unreadable, read_file
from ecm.imports.rules import school_problem
from ecm.pupils.rules import search_key
from ecm.web.uploads import FILE_FIELD, Upload

Door = Callable[[str], AbstractAsyncContextManager[Act]]
"""Opens a transaction for a purpose: of somebody who is signed in, or of the command line."""
Seen = Callable[[int], None]

LASTS = timedelta(hours=24)
MOST_IN_HAND = 10
SOON = 6.0
"""Seconds an upload waits for its file to be read before it is told where to look."""
PATIENCE = 120
"""Seconds one statement about a whole file may take; everything else here has five."""
FORGET_EVERY = 600.0

MANY = f"Your school has {MOST_IN_HAND} files waiting. Approve or cancel one of them first."
UNSOUND = "The file has characters that cannot be kept. Export it again, or send a CSV file in UTF-8."
NOT_WAITING = "This file is not waiting to be approved: it has been approved or cancelled, or its day is over."
STILL_READ = "This file is still being read, or it is not waiting any more."

_readers: set[asyncio.Task[None]] = set()


def service(purpose: str) -> AbstractAsyncContextManager[Act]:
    """The door of the command line and of the worker."""
    return acting_for("import", purpose)


async def start_import(actor: Actor, upload: Upload) -> UUID:
    """Take a file for the acting school and have it read; answers when it is read, or soon. Closes the file.

    Raises: NotAllowed; Refused when it cannot be read, as far as that is known by then.
    """
    door = partial(acting_as, actor)
    try:
        import_id = await begin_import(door, None, upload.sha256)
    except BaseException:
        upload.close()
        raise
    task = asyncio.create_task(_read_and_close(door, import_id, upload))
    _readers.add(task)
    task.add_done_callback(_forget_reader)
    if (await asyncio.wait({task}, timeout=SOON))[0]:
        task.result()
    return import_id


def _forget_reader(task: asyncio.Task[None]) -> None:
    """What came of it stands in the database; somebody who waited has been told."""
    _readers.discard(task)
    if not task.cancelled() and not isinstance(task.exception(), EcmError | None):
        task.get_loop().call_exception_handler({"message": "reading a file failed", "task": task})


async def import_now(actor: Actor, upload: Upload) -> dict[str, Any]:
    """The same for a program, which waits for the end; the id. Raises: NotAllowed; Refused."""
    door = partial(acting_as, actor)
    try:
        import_id = await begin_import(door, None, upload.sha256)
        await read_import(door, import_id, upload.path)
    finally:
        upload.close()
    return {"id": import_id}


async def _read_and_close(door: Door, import_id: UUID, upload: Upload) -> None:
    try:
        await read_import(door, import_id, upload.path)
    finally:
        upload.close()


async def begin_import(door: Door, school_id: UUID | None, sha256: str) -> UUID:
    """A file has come for this school (None: the acting one). Records import:begun. Raises: NotAllowed; Refused."""
    async with door("import_pupils") as act:
        school = school_id or act.who.agency_id
        import_id = new_id()
        began = await act.value(
            "SELECT begin_import($1, $2, $3, $4, $5)", import_id, school, sha256, LASTS, MOST_IN_HAND
        )
        if began is None:
            raise Refused({FILE_FIELD: MANY})
        if not began:
            raise NotAllowed
        act.record(Event.IMPORT_BEGUN, subject=import_id, file=sha256)
    return import_id


async def read_import(door: Door, import_id: UUID, file: Path, seen: Seen = lambda _: None) -> None:
    """Read the file and compare it with the roll, all of it or none. Records import:read, or import:failed.

    `seen` is told of each batch of at most 200 rows. Raises: NotFound; Refused with why it cannot be read.
    """
    try:
        async with door("import_pupils") as act:
            await _be_patient(act)
            head, tail = await _stage(act, import_id, file, seen)
            if not await _slow(
                act, "SELECT finish_reading($1, $2, $3::text::jsonb, $4::text::jsonb)",
                import_id, head.format, json.dumps(asdict(head)), json.dumps(tail.warnings),
            ):  # fmt: skip
                raise NotFound
            act.record(Event.IMPORT_READ, subject=import_id, rows=tail.rows)
    except (Unreadable, asyncpg.DataError) as error:
        sentence = str(error) if isinstance(error, Unreadable) else UNSOUND
        with contextlib.suppress(asyncpg.InFailedSQLTransactionError):  # joined to a call that is refused as a whole
            await _fail(door, import_id, sentence)
        raise Refused({FILE_FIELD: sentence}) from None


async def _stage(act: Act, import_id: UUID, file: Path, seen: Seen) -> tuple[Head, Tail]:
    """Raises: Unreadable; NotFound."""
    head: Head | None = None
    async with aclosing(read_file(file, today())) as parts:  # type: ignore[type-var]
        async for part in parts:
            if isinstance(part, Head):
                await _refuse_other_school(act, import_id, head := part)
            elif isinstance(part, Tail):
                assert head is not None
                return head, part
            elif not await _slow(act, "SELECT stage_rows($1, $2::text::jsonb)", import_id, part.decode()):
                raise NotFound
            else:
                seen(len(part))
    raise Unreadable(UNSOUND)


async def _refuse_other_school(act: Act, import_id: UUID, head: Head) -> None:
    """Raises: Unreadable; NotFound."""
    school = await act.row(
        """SELECT a.name, a.urn, a.laestab FROM pupil_import i JOIN agency a ON a.id = i.school_id WHERE i.id = $1""",
        import_id,
    )
    if school is None:
        raise NotFound
    if problem := school_problem(dict(school), head.source, head.destination):
        raise Unreadable(problem)


async def _fail(door: Door, import_id: UUID, sentence: str) -> None:
    async with door("import_pupils") as act:
        await act.run("SELECT fail_import($1, $2)", import_id, sentence)
        act.record(Event.IMPORT_FAILED, subject=import_id)


async def _be_patient(act: Act) -> None:
    """For this transaction: a statement takes as long as a whole file, and waits for another file of this school; names
    go into their index by the thousand, which writes a third of the log that everybody's COMMIT waits for."""
    await act.connection.execute(
        f"SET LOCAL statement_timeout = '{PATIENCE}s'; SET LOCAL idle_in_transaction_session_timeout = '{PATIENCE}s'; "
        f"SET LOCAL lock_timeout = '{PATIENCE}s'; SET LOCAL gin_pending_list_limit = '1MB'"
    )


async def _slow(act: Act, sql: str, *values: Any) -> Any:
    return await act.connection.fetchval(sql, *values, timeout=PATIENCE)


async def approve_import(door: Door, import_id: UUID, version: int | None = None) -> None:
    """Write what was looked at, all of it or none. Records import:approved, and pupils:imported for each 1,000.

    Where the roll has changed meanwhile so that the file would do something else, it is compared again instead.
    Raises: NotFound; Refused when it is not waiting; Stale when another version is what there is now.
    """
    try:
        async with door("approve_import") as act:
            now = await _waiting(act, import_id)
            await _be_patient(act)
            verdict = await _slow(act, "SELECT approve_import($1, $2)", import_id, version or now)
            if verdict == "gone":
                raise Refused({"": NOT_WAITING})
            if verdict == "stale":
                raise Stale({"version": now})
            if verdict == "done":
                await _write_keys(act, import_id)
            act.record(Event.IMPORT_APPROVED if verdict == "done" else Event.IMPORT_COMPARED, subject=import_id)
    except asyncpg.UniqueViolationError:  # somebody has just written down one of these numbers or addresses
        raise Stale({}) from None
    if verdict == "compared":
        raise Stale({"version": now + 1})


async def _waiting(act: Act, import_id: UUID) -> int:
    """The version of a file that waits. Raises: NotFound, Refused."""
    row = await act.row(
        "SELECT version, status = 'ready' AND app_now() < expires_at AS waits FROM pupil_import WHERE id = $1",
        import_id,
    )
    if row is None:
        raise NotFound
    if not row["waits"]:
        raise Refused({"": NOT_WAITING})
    return int(row["version"])


async def _write_keys(act: Act, import_id: UUID) -> None:
    """Names that are partly the file's and partly the school's own are found by a key that only Python can make."""
    rows = await act.rows("SELECT * FROM names_without_key($1)", import_id)
    keys = [search_key(r["first_name"], r["last_name"], r["preferred_name"] or "") for r in rows]
    if rows:
        await _slow(act, "SELECT write_search_keys($1, $2, $3)", import_id, [r["id"] for r in rows], keys)


async def cancel_import(door: Door, import_id: UUID) -> None:
    """Throw away what was read of a file. Records import:cancelled. Raises: NotFound; Refused when it is not waiting."""
    async with door("cancel_import") as act:
        if not await act.value("SELECT EXISTS (SELECT FROM pupil_import WHERE id = $1)", import_id):
            raise NotFound
        await _be_patient(act)
        if not await _slow(act, "SELECT cancel_import($1)", import_id):
            raise Refused({"": STILL_READ})
        act.record(Event.IMPORT_CANCELLED, subject=import_id)


async def keep_forgetting(stop: asyncio.Event) -> None:
    """Delete the rows of files that are a day old, every ten minutes."""
    while not stop.is_set():
        while await forget_imports():
            pass
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), FORGET_EVERY)


async def forget_imports() -> int:
    """Delete the rows of some files whose day is over; of how many files. Records imports:forgotten if any."""
    async with outside_the_log("import") as act:
        if not await act.value("SELECT imports_to_forget()"):
            return 0
    async with service("forget_imports") as act:
        await _be_patient(act)
        count: int = await _slow(act, "SELECT forget_import_rows()")
        act.record(Event.IMPORTS_FORGOTTEN, count=count)
    return count
