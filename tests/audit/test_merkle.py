"""The tree against the published vectors, the definition, and an implementation by somebody else."""

from collections.abc import Callable, Iterator

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    consistency_ranges,
    consistent,
    includes,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root,
    subtrees,
)

# The eight entries and nine roots that implementations of RFC 6962 publish and check themselves against.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
# (index, size) and (old, size) with the first eight digits of each hash of the published proof.
INCLUSION = [
    (0, 1, ""),
    (0, 8, "96a296d2 5f083f0a 6b47aaf2"),
    (5, 8, "bc1a0643 ca854ea1 d37ee418"),
    (2, 3, "fac54203"),
    (1, 5, "6e340b9c 5f083f0a bc1a0643"),
]
CONSISTENCY = [
    (1, 1, ""),
    (1, 8, "96a296d2 5f083f0a 6b47aaf2"),
    (2, 5, "5f083f0a bc1a0643"),
    (6, 8, "0ebc5d34 ca854ea1 d37ee418"),
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def subtree_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda low, high: root(leaves[low:high])


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def test_published_roots_and_proofs() -> None:
    assert [root(LEAVES[:size]) for size in range(9)] == ROOTS
    for index, size, digits in INCLUSION:
        proof = inclusion_proof(index, size, subtree_of(LEAVES))
        assert [each.hex()[:8] for each in proof] == digits.split()
        assert includes(LEAVES[index], index, size, proof, ROOTS[size])
    for old, size, digits in CONSISTENCY:
        proof = consistency_proof(old, size, subtree_of(LEAVES))
        assert [each.hex()[:8] for each in proof] == digits.split()
        assert consistent(old, size, proof, ROOTS[old], ROOTS[size])


def spoilt(proof: list[bytes], roots: list[bytes]) -> Iterator[list[bytes]]:
    """The wrong proofs that published test suites try: cut, lengthened at either end, doubled, one bit changed."""
    for extra in (b"", bytes(32), *roots):
        yield [*proof, extra]
        yield [extra, *proof]
    for at, each in enumerate(proof):
        yield proof[:at] + proof[at + 1 :]
        yield [*proof[:at], each, *proof[at:]]
        yield [*proof[:at], bytes([each[0] ^ 16]) + each[1:], *proof[at + 1 :]]
        yield [*proof[:at], b"", *proof[at + 1 :]]


@pytest.mark.parametrize("size", range(1, 9))
def test_every_wrong_proof_is_refused(size: int) -> None:
    """Each way the published vectors spoil a proof (transparency-dev/merkle tries it on nine of them), on every proof."""
    for index in range(size):
        proof = inclusion_proof(index, size, subtree_of(LEAVES))
        for wrong in spoilt(proof, [LEAVES[index], ROOTS[size]]):
            assert not includes(LEAVES[index], index, size, wrong, ROOTS[size])
        for at in {index - 1, index + 1, index ^ 2, index + size}:
            assert not includes(LEAVES[index], at, size, proof, ROOTS[size])
        for grown in {size * 2, size // 2}:
            assert not includes(LEAVES[index], index, grown, proof, ROOTS[size])
        for wrong_root in (b"", b"WrongRoot", EMPTY_ROOT, ROOTS[size - 1]):
            assert not includes(LEAVES[index], index, size, proof, wrong_root)
        for wrong_leaf in (b"", b"WrongLeaf"):
            assert not includes(wrong_leaf, index, size, proof, ROOTS[size])
        assert not includes(b"", index, size, proof, b"")
        assert not includes(LEAVES[index - 1], index, size, proof, ROOTS[size]) or size == 1
    for old in range(1, size + 1):
        proof = consistency_proof(old, size, subtree_of(LEAVES))
        for wrong in spoilt(proof, [ROOTS[old], ROOTS[size]]):
            assert not consistent(old, size, wrong, ROOTS[old], ROOTS[size])
        if old < size:
            assert not consistent(old, size, proof, ROOTS[size], ROOTS[old])
            assert not consistent(size, old, proof, ROOTS[size], ROOTS[old])
            assert not consistent(old, size, [], ROOTS[old], ROOTS[size])
            for begun, grown in ((old - 1, size), (old + 1, size), (old ^ 2, size), (old, size * 2), (old, size // 2)):
                assert not consistent(begun, grown, proof, ROOTS[old], ROOTS[size])
        for wrong_root in (EMPTY_ROOT, b"WrongRoot"):
            assert not consistent(old, size, proof, wrong_root, ROOTS[size])
            assert not consistent(old, size, proof, ROOTS[old], wrong_root)
    assert not consistent(0, size, [], EMPTY_ROOT, ROOTS[size])
    assert consistent(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    assert not consistent(0, 0, [], ROOTS[size], ROOTS[size])


def test_ranges_outside_the_tree_are_refused() -> None:
    for index, size in ((0, 0), (-1, 3), (3, 3)):
        with pytest.raises(ValueError, match="no position"):
            inclusion_ranges(index, size)
    for old, size in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="cannot be shown"):
            consistency_ranges(old, size)


def test_same_tree_as_pymerkle() -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    entries = [b"entry %d" % number for number in range(70)]
    leaves = [leaf_hash(entry) for entry in entries]
    for entry in entries:
        theirs.append_entry(entry)
    for size in range(1, 71):
        assert root(leaves[:size]) == theirs.get_root(size)
        for index in range(0, size, 3):
            path = theirs.prove_inclusion(index + 1, size).serialize()["path"]
            ours = inclusion_proof(index, size, subtree_of(leaves))
            assert sorted(path) == sorted(each.hex() for each in [leaves[index], *ours])
        # From an even old size its consistency proofs are longer than those of RFC 9162, so only the odd are compared.
        for old in range(3, size, 2):
            path = theirs.prove_consistency(old, size).serialize()["path"]
            assert sorted(path) == sorted(each.hex() for each in consistency_proof(old, size, subtree_of(leaves)))


@given(st.integers(1, 300), st.data())
def test_a_growing_tree_proves_itself_and_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    old = data.draw(st.integers(1, size), "old")
    index = data.draw(st.integers(0, size - 1), "index")
    whole, begun = by_definition(leaves), by_definition(leaves[:old])

    frontier = Frontier().extend(leaves[:old])
    assert frontier.root() == begun
    assert frontier.peaks == [root(leaves[low:high]) for low, high in subtrees(0, old)]
    assert frontier.copy().extend(leaves[old:]).root() == whole
    assert frontier.size == old  # the copy grew, not this one

    found = inclusion_proof(index, size, subtree_of(leaves))
    assert includes(leaves[index], index, size, found, whole)
    step = consistency_proof(old, size, subtree_of(leaves))
    assert consistent(old, size, step, begun, whole)

    changed = [*leaves[:index], leaf_hash(b"changed"), *leaves[index + 1 :]]
    assert not includes(changed[index], index, size, found, whole)
    assert not consistent(old, size, step, begun, by_definition(changed))
    if index < old:
        assert not consistent(
            old, size, consistency_proof(old, size, subtree_of(changed)), begun, by_definition(changed)
        )


def test_add_names_the_subtrees_it_completes() -> None:
    frontier = Frontier()
    for number, leaf in enumerate(LEAVES, 1):
        completed = frontier.add(leaf)
        assert completed == [
            root(LEAVES[number - (1 << height) : number]) for height in range((number & -number).bit_length())
        ]
