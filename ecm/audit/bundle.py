"""What an auditor is handed: a folder of plain files, written here and read back by `verify`.

| file            | holds                                                                                       |
|-----------------|---------------------------------------------------------------------------------------------|
| `entries.jsonl` | the entries in order, one a line: the exact bytes that were hashed, then a newline           |
| `seals`         | 64 bytes for each entry: the log's signature over the checkpoint that ends with that entry  |
| `start`         | the first entry's position; above 0 also the frontier before it, and the seal over that      |
| `checkpoint`    | the signed checkpoint that covers the last entry                                            |
| `log.vkey`      | the log's public key, for information: the verdict rests on the one the auditor kept        |
| `SHA256SUMS`    | a digest of each file above, as `sha256sum -c` reads it                                     |

Standard library only. The format is described in docs/audit-log.md; the reasons are in docs/adr/0003-sealed-log.md.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from ecm.audit.merkle import Frontier

ENTRIES, SEALS, START, CHECKPOINT, KEY, SUMS = "entries.jsonl", "seals", "start", "checkpoint", "log.vkey", "SHA256SUMS"
FILES = (ENTRIES, SEALS, START, CHECKPOINT, KEY)


class BadStart(ValueError):
    """The `start` file does not describe a frontier."""


class Writer:
    """Writes one bundle as a stream: `add` in order, then `finish`. The folder must be new or empty.

    `start` is the frontier before the first entry, `seal` that of the entry before it (empty when there is none).

    `SHA256SUMS` is written last, so a bundle cut short by a crash is never taken for a whole one.
    """

    def __init__(self, directory: Path, start: Frontier, seal: bytes) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise FileExistsError(f"{directory} is not empty: a bundle needs a folder of its own.")
        self._directory = directory
        self._open = ExitStack()
        self._entries = self._open.enter_context((directory / ENTRIES).open("wb"))
        self._seals = self._open.enter_context((directory / SEALS).open("wb"))
        (directory / START).write_text(start_text(start, seal))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, entry: bytes, seal: bytes) -> None:
        """The next entry and its seal."""
        self._entries.write(entry + b"\n")
        self._seals.write(seal)

    def finish(self, checkpoint: str, key: str) -> None:
        """The checkpoint that covers the last entry added, and the log's public key."""
        self._open.close()
        (self._directory / CHECKPOINT).write_text(checkpoint)
        (self._directory / KEY).write_text(key + "\n")
        (self._directory / SUMS).write_text(sums_text(self._directory))


def start_text(start: Frontier, seal: bytes) -> str:
    """The `start` file for a bundle that begins at this frontier."""
    hashes = [*start.peaks, seal] if start.size else []
    return "".join(f"{line}\n" for line in [start.size, *(b64encode(each).decode() for each in hashes)])


def read_start(text: str) -> tuple[Frontier, bytes]:
    """The frontier in a `start` file and the seal over it (empty at position 0). Raises: BadStart."""
    size, *lines = text.split("\n")[:-1] or [""]
    try:
        hashes = [b64decode(line, validate=True) for line in lines]
        start, seal = Frontier(int(size), hashes[:-1]), b"".join(hashes[-1:])
    except ValueError:
        raise BadStart from None
    if start_text(start, seal) != text or start.size < 0 or len(start.peaks) != start.size.bit_count():
        raise BadStart
    return start, seal


def entries(directory: Path) -> Iterator[bytes]:
    """The entries of a bundle in order, without their newlines. A last line without one is cut short: not an entry."""
    with (directory / ENTRIES).open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def sums_text(directory: Path) -> str:
    """The `SHA256SUMS` these files should have."""
    return "".join(f"{_digest(directory / name)}  {name}\n" for name in FILES)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
