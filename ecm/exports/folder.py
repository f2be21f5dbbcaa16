"""A folder that is there whole or not at all, and that only its owner can read."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ecm.errors import Refused

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file of a folder: its path in it, its size in bytes, its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` at the end; if anything is raised, nothing stays.

    Folders get mode 0700, files 0600. Raises: Refused when `folder` holds something, or somebody else is filling it.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise Refused({"": f"{folder} is not empty: an export needs a folder of its own."})
    part = folder.with_name(f"{folder.name}.part")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
    except FileExistsError:
        raise Refused(
            {"": f"{part} is there: another export is being made, or one was cut off. Delete it first."}
        ) from None
    try:
        yield part
        _close_to_others(part)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _close_to_others(folder: Path) -> None:
    for each in [folder, *folder.rglob("*")]:
        os.chmod(each, 0o700 if each.is_dir() else 0o600)


def described(folder: Path, path: str) -> File:
    """A file as it is."""
    digest, size = sha256(), 0
    with (folder / path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return File(path, size, digest.hexdigest())


def write_sums(folder: Path) -> None:
    """`SHA256SUMS` over every file there is, as `sha256sum -c` reads it. To be written last."""
    paths = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())
    (folder / "SHA256SUMS").write_text("".join(f"{described(folder, path).sha256}  {path}\n" for path in paths))
