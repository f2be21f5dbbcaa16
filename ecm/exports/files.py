"""Files on their way to somebody: written while the rows are read, sent when that is in the log, and kept nowhere.

A small one stays in memory; a large one is a file without a name, which is gone when it is closed.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from litestar import Response
from litestar.response import Stream

IN_MEMORY = 2 << 20
CHUNK = 1 << 18
MEDIA = {"csv": "text/csv; charset=utf-8", "zip": "application/zip"}


def new_file() -> IO[bytes]:
    """A file to write, and then to send."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)


def file_answer(file: IO[bytes], name: str, ending: str, day: date) -> Response[Any]:
    """The file, to be saved. Its name says what and when, never whom about. Sending it closes it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    kept = {
        "Content-Disposition": f'attachment; filename="{name}-{day.isoformat()}.{ending}"',
        "Content-Length": str(size),
    }
    return Stream(_chunks(file), media_type=MEDIA[ending], headers=kept)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
