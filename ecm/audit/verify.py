"""Checks a bundle offline: is this the log that was sealed, and if not, from which entry on?

Standard library and `cryptography` only; no database, no network, no settings. It can be run on a machine that has
nothing else of the system: `python -m ecm.audit.verify DIR --key KEY --since CHECKPOINT`.

The verdict rests on two things the auditor holds and the installation cannot reach: the log's public key, and a
checkpoint kept from an earlier visit. What each protects against is set out in docs/audit-log.md.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ecm.audit.bundle import CHECKPOINT, FILES, SEALS, START, SUMS, BadStart, entries, read_start, sums_text
from ecm.audit.merkle import Frontier, leaf_hash
from ecm.audit.note import SEAL_BYTES, BadKey, BadNote, Checkpoint, Verifier, open_checkpoint, parse_verifier

SOUND, TAMPERED, CANNOT_TELL, USAGE = range(4)
_HASH_BYTES = 32


@dataclass(frozen=True)
class Verdict:
    """What was found. `exit_code`: 0 sound, 1 tampered, 2 cannot tell, 3 used wrongly.

    `first_bad_position` is given with 1 alone: every entry of the bundle before it is as the log's key sealed it,
    and it is the first for which that cannot be said. Past the last entry, the damage is in another file.
    """

    exit_code: int
    message: str
    first_bad_position: int | None = None


@dataclass(frozen=True)
class _Contents:
    start: Frontier
    leaves: bytes
    seals: bytes

    @property
    def end(self) -> int:
        return self.start.size + len(self.leaves) // _HASH_BYTES


def verify(directory: Path, key: str | None, since: Path | None = None) -> Verdict:
    """Judge the bundle in a folder.

    `key` is the log's public key, or a file with it; `since` is a checkpoint file kept from before.
    """
    if not directory.is_dir():
        return Verdict(USAGE, f"{directory} is not a folder.")
    if key is None:
        return Verdict(CANNOT_TELL, "Cannot tell: give the log's public key that you kept (--key).")
    try:
        trusted = parse_verifier(Path(key).read_text() if _is_file(key) else key)
        kept = since.read_bytes() if since else None
    except (BadKey, OSError, UnicodeDecodeError) as problem:
        return Verdict(USAGE, f"The key or the checkpoint you gave cannot be read: {problem}")
    missing = [name for name in (*FILES, SUMS) if not (directory / name).is_file()]
    if missing:
        return Verdict(CANNOT_TELL, f"Cannot tell: the bundle lacks {', '.join(missing)}.")
    try:
        return _judge(directory, trusted, open_checkpoint(kept, trusted) if kept is not None else None)
    except BadNote as problem:
        return Verdict(CANNOT_TELL, f"Cannot tell: of the checkpoint you kept, {problem}.")


def _judge(directory: Path, key: Verifier, kept: Checkpoint | None) -> Verdict:
    checkpoint, complaint = _checkpoint(directory, key)
    leaves = b"".join(leaf_hash(entry) for entry in entries(directory))
    start = _start(directory, key)
    if start is None:
        first = max(0, checkpoint.size - len(leaves) // _HASH_BYTES) if checkpoint else 0
        return _tampered(first, "what the bundle says of the entries before this one is not what was sealed")
    contents = _Contents(start, leaves, (directory / SEALS).read_bytes())
    if checkpoint is None or contents.end != checkpoint.size or _root_at(contents, checkpoint.size) != checkpoint.root:
        return _unsound(contents, key, checkpoint, complaint)
    verdict = _against(kept, contents, key) if kept is not None else None
    if verdict is None and (directory / SUMS).read_bytes() != sums_text(directory).encode():
        verdict = _damaged(directory, contents, key)
    return verdict or Verdict(SOUND, _sound(contents, kept))


def _against(kept: Checkpoint, contents: _Contents, key: Verifier) -> Verdict | None:
    """What speaks against this being the log the auditor saw, now that it is known to be signed throughout."""
    if kept.size < contents.start.size:
        return Verdict(
            CANNOT_TELL,
            f"Cannot tell: the bundle begins at position {contents.start.size} and your checkpoint covers only "
            f"{kept.size} entries. Ask for an export with --since {kept.size}.",
        )
    if kept.size > contents.end:
        return _tampered(contents.end, f"the log ends here, and the checkpoint you kept covers {kept.size} entries")
    return None if _root_at(contents, kept.size) == kept.root else _rewritten(contents, key, kept)


def _sound(contents: _Contents, kept: Checkpoint | None) -> str:
    whole = f"Sound: positions {contents.start.size} to {contents.end - 1} are as they were sealed."
    if contents.end == contents.start.size:
        whole = f"Sound: no entry after the first {contents.start.size}."
    if kept is None:
        return f"{whole} Without --since this does not show that nothing was rewritten by a holder of the log's key."
    return f"{whole} The {kept.size} entries you had seen are unchanged. Keep the checkpoint file for next time."


def _unsound(contents: _Contents, key: Verifier, checkpoint: Checkpoint | None, complaint: str) -> Verdict:
    """The entries do not add up to the signed root: say from where."""
    end = contents.end if checkpoint is None else min(contents.end, checkpoint.size)
    position = min(_proved(contents, key), end)
    if position < end:
        return _tampered(position, "from here on the entries are not those that were sealed")
    if checkpoint is None:
        return _tampered(position, f"every entry before it is as it was sealed, but of the checkpoint, {complaint}")
    if contents.end < checkpoint.size:
        return _tampered(position, f"the bundle ends here, and its checkpoint covers {checkpoint.size} entries")
    return _tampered(position, "the checkpoint covers no entry from here on")


def _rewritten(contents: _Contents, key: Verifier, kept: Checkpoint) -> Verdict:
    """Signed throughout, and yet not the log the auditor saw: its key was used to rewrite it."""
    position = _proved(contents, key)
    if position < kept.size:
        return _tampered(position, "from here on the entries are not those that were sealed")
    return _tampered(
        contents.start.size,
        f"somewhere in positions {contents.start.size} to {kept.size - 1} the log was rewritten by a holder of its "
        f"key: these are not the {kept.size} entries of the checkpoint you kept. No signature can say which",
    )


def _damaged(directory: Path, contents: _Contents, key: Verifier) -> Verdict:
    """Every entry is sound, but a file around them is not what was written."""
    stated = set((directory / SUMS).read_bytes().decode(errors="replace").splitlines())
    lines = zip(FILES, sums_text(directory).splitlines(), strict=True)
    altered = [name for name, line in lines if line not in stated] or [SUMS]
    position = contents.end
    if altered == [SEALS]:
        position = next((at for at, good in _seals(contents, key) if not good), contents.end)
    return _tampered(position, f"every entry is as it was sealed, but {', '.join(altered)} or its digest was altered")


def _tampered(position: int, what: str) -> Verdict:
    return Verdict(TAMPERED, f"Tampered: first bad position {position}: {what}.", position)


def _checkpoint(directory: Path, key: Verifier) -> tuple[Checkpoint | None, str]:
    try:
        return open_checkpoint((directory / CHECKPOINT).read_bytes(), key), ""
    except BadNote as problem:
        return None, str(problem)


def _start(directory: Path, key: Verifier) -> Frontier | None:
    """The frontier the bundle begins at, if the log's key vouches for it."""
    try:
        start, seal = read_start((directory / START).read_bytes().decode(errors="replace"))
    except BadStart:
        return None
    return start if start.size == 0 or key.accepts(_sealed_text(key, start), seal) else None


def _leaves(contents: _Contents, low: int, high: int) -> Iterator[bytes]:
    """The leaf hashes of these positions."""
    for at in range((low - contents.start.size) * _HASH_BYTES, (high - contents.start.size) * _HASH_BYTES, _HASH_BYTES):
        yield contents.leaves[at : at + _HASH_BYTES]


def _root_at(contents: _Contents, size: int) -> bytes:
    return contents.start.copy().extend(_leaves(contents, contents.start.size, size)).root()


def _proved(contents: _Contents, key: Verifier) -> int:
    """The number of entries shown to be as they were sealed.

    A seal signs the root of everything up to its entry, so it holds exactly while all before it is unchanged: the
    first that does not hold is found by halving.
    """
    low, high, before = contents.start.size, contents.end, contents.start
    while low < high:
        middle = (low + high) // 2
        ahead = before.copy().extend(_leaves(contents, low, middle + 1))
        if _seal_holds(contents, key, ahead):
            low, before = middle + 1, ahead
        else:
            high = middle
    return low


def _seals(contents: _Contents, key: Verifier) -> Iterator[tuple[int, bool]]:
    frontier = contents.start.copy()
    for position, leaf in enumerate(_leaves(contents, frontier.size, contents.end), frontier.size):
        frontier.add(leaf)
        yield position, _seal_holds(contents, key, frontier)


def _seal_holds(contents: _Contents, key: Verifier, frontier: Frontier) -> bool:
    at = (frontier.size - 1 - contents.start.size) * SEAL_BYTES
    return key.accepts(_sealed_text(key, frontier), contents.seals[at : at + SEAL_BYTES])


def _sealed_text(key: Verifier, frontier: Frontier) -> str:
    """What the seal of a frontier's last entry signs."""
    return str(Checkpoint(key.name, frontier.size, frontier.root()))


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:
        return False


def main() -> int:
    """`python -m ecm.audit.verify`: prints the verdict, returns its exit code."""
    parser = argparse.ArgumentParser(prog="verify", description="Check a bundle of the audit log, offline.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--key", help="the log's public key, or a file with it")
    parser.add_argument("--since", type=Path, help="a checkpoint file kept from before")
    parser.error = lambda message: parser.exit(USAGE, f"{message}\n")  # type: ignore[method-assign]
    given = parser.parse_args()
    verdict = verify(given.directory, given.key, given.since)
    print(verdict.message)
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
