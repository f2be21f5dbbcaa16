"""A file that is sent: kept on disk without a name while it comes, whatever its size, and never in memory.

The form's own token stands before its file and is checked before a byte of the file is kept. What the browser says of
the file, its name and its type, is neither trusted nor kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

from litestar import Request
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import (  # type: ignore[import-untyped]  # it types itself from Python 3.12 on
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from ecm.database import sending
from ecm.errors import Refused
from ecm.web import visit
from ecm.web.errors import is_api
from ecm.web.forms import Form
from ecm.web.guards import refuse_without_token_of_visit
from ecm.web.render import local_path

Result = TypeVar("Result")

LARGEST_FILE = 200_000_000
FILE_FIELD = "file"
MOST_PARTS = 8
LONGEST_TEXT = 4_096
NO_FILE = "Choose a file."
TOO_LARGE = f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Send the pupils of one school."
NOT_A_FORM = "The form could not be read."


@dataclass
class Upload:
    """A file that has come, and the boxes of its form. It has no name on disk, so it is gone when it is closed."""

    file: IO[bytes]
    boxes: dict[str, str] = field(default_factory=dict)
    size: int = 0
    sha256: str = ""

    @property
    def path(self) -> Path:
        """Where it can be opened anew, from its beginning, as long as it is not closed."""
        return Path(f"/dev/fd/{self.file.fileno()}")

    def close(self) -> None:
        """Delete it."""
        self.file.close()


async def receive(request: Request[Any, Any, Any]) -> Upload:
    """The file of a `multipart/form-data` body, in its part `file`. Whoever asks closes it.

    Raises: Forged; Refused without a file, with an empty one or one that is too large; ClientException.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not 0 < len(options.get("boundary", "")) <= 70:
        raise Refused({FILE_FIELD: NO_FILE})
    upload = Upload(TemporaryFile(prefix="ecm-"))  # noqa: SIM115  # outlives this request: a file is read after it
    try:
        await _take(request, upload, options["boundary"])
        if not upload.size:
            raise Refused({FILE_FIELD: NO_FILE})
    except BaseException:
        upload.close()
        raise
    return upload


async def _take(request: Request[Any, Any, Any], upload: Upload, boundary: str) -> None:
    kept = _Kept(upload, checked=is_api(request))
    try:
        with PushMultipartParser(boundary, max_segment_count=MOST_PARTS) as parser:
            async for chunk in request.stream():
                for part in parser.parse(chunk) if not parser.closed else ():
                    kept.take(part)
                await asyncio.sleep(0)  # what has arrived already is taken at once, and others wait for their pages
    except RequestEntityTooLarge:
        raise Refused({FILE_FIELD: TOO_LARGE}) from None
    except (MultipartError, UnicodeDecodeError):
        raise ClientException(NOT_A_FORM) from None
    upload.file.flush()
    upload.sha256 = kept.hash.hexdigest()
    sent = upload.boxes.get(visit.SENT_FIELD, "")
    visit.current().page = local_path("/" + sent.partition("/")[2])


class _Kept:
    """What has come so far: texts into boxes, the file to disk."""

    def __init__(self, upload: Upload, *, checked: bool) -> None:
        self.upload = upload
        self.checked = checked
        self.hash = sha256()
        self.name = ""
        self.text = b""

    def take(self, part: "MultipartSegment | bytearray | None") -> None:
        """The next piece, as the parser gives it: the head of a part, some of its bytes, or None for its end."""
        if isinstance(part, MultipartSegment):
            self.name, self.text = part.name, b""
        elif part is None:
            if self.name != FILE_FIELD:
                self.upload.boxes[self.name] = self.text.decode()
        elif self.name == FILE_FIELD:
            self._to_disk(bytes(part))
        elif len(self.text) + len(part) > LONGEST_TEXT:
            raise ClientException(NOT_A_FORM)
        else:
            self.text += bytes(part)

    def _to_disk(self, piece: bytes) -> None:
        if not self.checked:
            refuse_without_token_of_visit(self.upload.boxes.get(visit.CSRF_FIELD, ""))
            self.checked = True
        self.hash.update(piece)
        self.upload.size += len(piece)
        self.upload.file.write(piece)


async def send_upload(request: Request[Any, Any, Any], command: Callable[[Upload], Awaitable[Result]]) -> Form[Result]:
    """Take the file of a form and do what is to be done with it, once however often the form is sent.

    The command closes the file. A rule that says no becomes a problem of the form.
    Raises: AlreadySent; Forged; ClientException.
    """
    try:
        upload = await receive(request)
        mark = f"{request.url.path}?{upload.boxes.get(visit.SENT_FIELD, '')}&{upload.sha256}"
        with sending(sha256(mark.encode()).digest()):
            return Form(outcome=await command(upload))
    except Refused as refused:
        return Form(problems=refused.problems)
