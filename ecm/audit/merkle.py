"""The log's tree: hashes, proofs and the frontier that lets it grow without reading what is already in it.

Pure, standard library only, so that an auditor can run it anywhere. A *range* is a pair `(low, high)` of leaf
positions, high excluded; a hash is 32 bytes.

Source: RFC 6962 section 2.1; RFC 9162 sections 2.1.1 to 2.1.4 (the same tree, with the proofs written as algorithms).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256

Range = tuple[int, int]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The leaf that stands for these exact bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The inner node above two hashes. The 0x01 keeps a node from passing for an entry."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The tree's right edge: all that is needed to append to it and to know its root.

    `peaks` are the roots of the perfect subtrees that make up the first `size` leaves, largest first: one hash
    for each bit set in `size`, so at most 20 for a million leaves.
    """

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> list[bytes]:
        """Append one leaf. Returns the perfect subtrees it completed, the leaf itself first: heights 0, 1, 2, ..."""
        completed, remaining = [leaf], self.size
        while remaining & 1:
            completed.append(node_hash(self.peaks.pop(), completed[-1]))
            remaining >>= 1
        self.peaks.append(completed[-1])
        self.size += 1
        return completed

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """Append many leaves; returns itself."""
        for leaf in leaves:
            self.add(leaf)
        return self

    def root(self) -> bytes:
        """The root of the first `size` leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))

    def copy(self) -> "Frontier":
        """A second frontier that grows on its own."""
        return Frontier(self.size, list(self.peaks))


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    return Frontier().extend(leaves).root()


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots prove that leaf `index` is in the tree of `size` leaves, leaf end first.

    Raises: ValueError unless 0 <= index < size.
    Source: RFC 9162 section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no position {index} in a tree of {size}.")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        ranges.append((middle, high) if index < middle else (low, middle))
        low, high = (low, middle) if index < middle else (middle, high)
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `size` leaves begins with the tree of `old` leaves.

    Raises: ValueError unless 0 < old <= size.
    Source: RFC 9162 section 2.1.4.1.
    """
    if not 0 < old <= size:
        raise ValueError(f"A tree of {size} cannot be shown to begin with one of {old}.")
    ranges: list[Range] = []
    low, high = 0, size
    while old != high:
        middle = low + _split(high - low)
        ranges.append((middle, high) if old <= middle else (low, middle))
        low, high = (low, middle) if old <= middle else (middle, high)
    # The verifier holds the old root already, so a proof that ends in the whole old tree leaves it out.
    return ([(low, high)] if low else []) + ranges[::-1]


def subtrees(low: int, high: int) -> list[Range]:
    """The perfect subtrees that make up a range of a proof or of a frontier, left to right.

    Every range named by this module begins where a perfect subtree of its size may begin.
    """
    ranges = []
    while low < high:
        width = 1 << ((high - low).bit_length() - 1)
        ranges.append((low, low + width))
        low += width
    return ranges


def range_root(low: int, high: int, subtree: Callable[[int, int], bytes]) -> bytes:
    """The root of a range, from the roots of its perfect subtrees."""
    return Frontier(high - low, [subtree(*each) for each in subtrees(low, high)]).root()


def inclusion_proof(index: int, size: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of `size` leaves. Raises: as `inclusion_ranges`."""
    return [range_root(low, high, subtree) for low, high in inclusion_ranges(index, size)]


def consistency_proof(old: int, size: int, subtree: Callable[[int, int], bytes]) -> list[bytes]:
    """The hashes that lead from the root of `old` leaves to that of `size`. Raises: as `consistency_ranges`."""
    return [range_root(low, high, subtree) for low, high in consistency_ranges(old, size)]


def includes(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the proof shows that `leaf` is at position `index` of the tree with this size and root.

    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size or len(leaf) != 32:
        return False
    here, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def consistent(old: int, size: int, proof: list[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether the proof shows that the tree (size, root) begins with the tree (old, old_root).

    An empty old tree begins every tree, so showing it would prove nothing: it is refused unless both are empty.
    Source: RFC 9162 section 2.1.4.2.
    """
    if old == size:
        return not proof and old_root == root and (size > 0 or root == EMPTY_ROOT)
    if not 0 < old < size or not proof:
        return False
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    here, last = old - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_node = node = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_node, node = node_hash(sibling, old_node), node_hash(sibling, node)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and old_node == old_root and node == root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
