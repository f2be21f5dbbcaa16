"""The tree as the database keeps it: hashes in levels of 256, put together into frontiers and proofs."""

from base64 import b64encode
from typing import Any, Protocol

from ecm.audit.merkle import Frontier, inclusion_ranges, subtrees

_LEVEL_BITS = 8


class Reads(Protocol):
    """What is asked of a connection here: one value."""

    async def fetchval(self, query: str, *values: Any) -> Any: ...


def level_of(width: int) -> int:
    """The level whose hashes make up a perfect subtree of this many leaves: 0 leaves, 1 subtrees of 256, ..."""
    return (width.bit_length() - 1) // _LEVEL_BITS


def completed(nodes: list[bytes], size: int) -> list[tuple[int, int, bytes]]:
    """Of the subtrees completed by the leaf that made the tree `size` long, those kept: (level, number, hash)."""
    return [
        (height // _LEVEL_BITS, (size >> height) - 1, nodes[height])
        for height in range(_LEVEL_BITS, len(nodes), _LEVEL_BITS)
    ]


async def read_hashes(connection: Reads, level: int, first: int, count: int) -> list[bytes]:
    """Consecutive hashes of one level; fewer when the log ends before."""
    found = await connection.fetchval("SELECT audit_hashes($1, $2, $3)", level, first, count)
    return [found[at : at + 32] for at in range(0, len(found), 32)]


async def frontier_at(connection: Reads, size: int, first: int = 0) -> Frontier:
    """The frontier over positions `first` to `size - 1`; `first` is 0 or where a range of a proof begins."""
    peaks = []
    for low, high in subtrees(first, size):
        level = level_of(high - low)
        bits = level * _LEVEL_BITS
        peaks.append(Frontier().extend(await read_hashes(connection, level, low >> bits, (high - low) >> bits)).root())
    return Frontier(size - first, peaks)


async def proof_text(connection: Reads, position: int, checkpoint: str) -> str:
    """A proof that the entry at a position is in the log of this checkpoint, as one text to be checked offline.

    Source: c2sp.org/tlog-proof.
    """
    ranges = inclusion_ranges(position, int(checkpoint.split("\n")[1]))
    hashes = [(await frontier_at(connection, high, low)).root() for low, high in ranges]
    lines = [b64encode(each).decode() for each in hashes]
    return "\n".join(["c2sp.org/tlog-proof@v1", f"index {position}", *lines, "", checkpoint])
