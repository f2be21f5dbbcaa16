"""Files of pupils, read in a process of their own.

What a school sends is hostile until it is read, and reading it is work for a processor. So it is read by
`python -m ecm.imports.reading`, which is given the open file and the date, and no database, no key and no name of any
other file; what it sends back is bytes of JSON. It can be killed at any moment without harm to anybody else.
"""

import asyncio
import json
import os
import resource
import signal
import sys
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import BinaryIO

from ecm.imports.csv_reader import read_csv
from ecm.imports.ctf import read_ctf
from ecm.imports.encoding import AS_CSV, encoding_of, text_of
from ecm.imports.rows import Row
from ecm.imports.shapes import Document, Head, Tail, Unreadable

__all__ = ["Batch", "Head", "Tail", "Unreadable", "read_file"]

Batch = bytes
"""One JSON document in UTF-8: {"rows": [...]}, at most 1,000 of them."""
ROWS_AT_ONCE = 200
"""Few, so that the server, through whose hands they go, keeps nobody's page waiting."""
MEGABYTES = 300
PROCESSOR_SECONDS = 120
SECONDS = 60.0
"""That one answer may take: a thousand rows take a fraction of one."""
AT_ONCE = 2
"""Files read at the same time by one server; others wait."""
NICE = 19
"""How far reading steps back when somebody waits for a page."""
LOOK = 1_000
"""Characters by which a file is told from another kind."""
SIZE_BYTES = 4
ROOT = Path(__file__).parents[2]

_PLACES = asyncio.Semaphore(AT_ONCE)

TOO_LARGE = "Reading the file needs more memory than any list of pupils should. Send the pupils of one school."
TOO_SLOW = "Reading the file took too long and was stopped. Send the pupils of one school."
BROKEN = "The file could not be read. Export it again, or send a CSV file."


# ---- in the server -------------------------------------------------------------------------------------------------


async def read_file(
    path: Path, today: date, *, megabytes: int = MEGABYTES, seconds: float = SECONDS
) -> AsyncGenerator[Head | Batch | Tail, None]:
    """What the file says of itself, its rows in batches, and what is known at its end. Use it with `aclosing`.

    Raises: Unreadable, with a sentence for whoever sent the file; also after some batches.
    """
    async with _PLACES, _reading(path, today, megabytes) as process:
        while True:
            kind, content = await _answer(process, seconds)
            if kind == b"B":
                yield content
                continue
            if kind == b"U":
                raise Unreadable(content.decode())
            if kind == b"T":
                yield Tail(**json.loads(content))
                return
            yield Head(**json.loads(content))


@asynccontextmanager
async def _reading(path: Path, today: date, megabytes: int) -> AsyncIterator[Process]:
    """A reading process, which is gone at the end of the block."""
    with path.open("rb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ecm.imports.reading", today.isoformat(), str(megabytes), str(PROCESSOR_SECONDS),
            stdin=file, stdout=PIPE, cwd=ROOT, env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C in a terminal goes to the server, which then ends its readers in order
        )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _answer(process: Process, seconds: float) -> tuple[bytes, bytes]:
    """What comes next. Raises: Unreadable when nothing comes in time, or nothing can come any more."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds):
            frame = await process.stdout.readexactly(1 + SIZE_BYTES)
            return frame[:1], await process.stdout.readexactly(int.from_bytes(frame[1:]))
    except TimeoutError:
        raise Unreadable(TOO_SLOW) from None
    except asyncio.IncompleteReadError:
        code = await process.wait()  # a signal is a negative code: the kernel ends what takes too much
        raise Unreadable(TOO_SLOW if code == -signal.SIGXCPU else TOO_LARGE if code < 0 else BROKEN) from None


# ---- between the two: one letter, a length, then that many bytes ---------------------------------------------------


def _framed(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(SIZE_BYTES) + content


# ---- in a reading process ------------------------------------------------------------------------------------------


def read(file: BinaryIO, today: date) -> Iterator[Head | Row | Tail]:
    """The file, whatever it is. Raises: Unreadable, also after some pupils."""
    encoding = encoding_of(file)
    with text_of(file, encoding) as text:
        start = text.read(LOOK).lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<table", "<head", "<meta")):
        raise Unreadable(f"This is a web page and not a CSV file, whatever its name. {AS_CSV}")
    if "urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise Unreadable(f"This is a spreadsheet stored as XML and no Common Transfer File. {AS_CSV}")
    yield from read_ctf(file, encoding, today) if start.startswith("<") else read_csv(file, encoding, today)


def answers(file: BinaryIO, today: date) -> Iterator[tuple[bytes, bytes]]:
    """What the server is told: H and the head, B and a batch, T and the tail, or U and why there is none."""
    rows: list[Document] = []
    try:
        for found in read(file, today):
            if isinstance(found, Row):
                rows.append(found.document())
            if rows and (len(rows) == ROWS_AT_ONCE or isinstance(found, Tail)):
                yield b"B", _json({"rows": rows})
                rows = []
            if not isinstance(found, Row):
                yield (b"H" if isinstance(found, Head) else b"T"), _json(asdict(found))
    except Unreadable as error:
        yield b"U", str(error).encode()
    except MemoryError:
        yield b"U", TOO_LARGE.encode()
    except Exception as error:
        # Where it happened, and not what was said: the message of an exception can hold text of the file.
        traceback.print_tb(error.__traceback__)
        print(type(error).__name__, file=sys.stderr)
        yield b"U", BROKEN.encode()


def _json(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _read_standard_input(today: date, megabytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold pupils
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    os.nice(NICE)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    for kind, content in answers(sys.stdin.buffer, today):
        output.write(_framed(kind, content))
        output.flush()


if __name__ == "__main__":
    _read_standard_input(date.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
