"""The verifier against everything an insider or an accident can do to a bundle."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ecm.audit.bundle import CHECKPOINT, ENTRIES, FILES, KEY, SEALS, START, SUMS, Writer, sums_text
from ecm.audit.merkle import Frontier, leaf_hash
from ecm.audit.note import Checkpoint, Signer, new_signer, signed
from ecm.audit.verify import CANNOT_TELL, SOUND, TAMPERED, USAGE, verify

SIGNER = new_signer("ecm.example/log")
TRUSTED = str(SIGNER.verifier)
ENTRY_LIST = [b'{"id": %d, "event": "case:shown", "actor": "someone"}' % number for number in range(13)]


def checkpoint_of(entries: list[bytes], signer: Signer = SIGNER) -> str:
    frontier = Frontier().extend(map(leaf_hash, entries))
    text = str(Checkpoint(signer.name, frontier.size, frontier.root()))
    return signed(text, signer.verifier, signer.seal(text))


def seals_of(entries: list[bytes], signer: Signer = SIGNER) -> list[bytes]:
    frontier, seals = Frontier(), []
    for entry in entries:
        frontier.add(leaf_hash(entry))
        seals.append(signer.seal(str(Checkpoint(signer.name, frontier.size, frontier.root()))))
    return seals


def write(directory: Path, entries: list[bytes], seals: list[bytes], checkpoint: str, first: int = 0) -> Path:
    start = Frontier().extend(map(leaf_hash, entries[:first]))
    with Writer(directory, start, seals[first - 1] if first else b"") as bundle:
        for entry, seal in zip(entries[first:], seals[first:], strict=True):
            bundle.add(entry, seal)
        bundle.finish(checkpoint, TRUSTED)
    return directory


def sound(directory: Path, entries: list[bytes] = ENTRY_LIST, first: int = 0) -> Path:
    return write(directory, entries, seals_of(entries), checkpoint_of(entries), first)


def kept(directory: Path, size: int) -> Path:
    path = directory / f"kept-{size}"
    path.write_text(checkpoint_of(ENTRY_LIST[:size]))
    return path


def test_sound(tmp_path: Path) -> None:
    whole, part = sound(tmp_path / "whole"), sound(tmp_path / "part", first=5)
    assert verify(whole, TRUSTED).exit_code == SOUND
    assert "unchanged" in verify(whole, TRUSTED, kept(tmp_path, 9)).message
    assert verify(part, TRUSTED).exit_code == SOUND
    assert verify(part, TRUSTED, kept(tmp_path, 5)).exit_code == SOUND
    assert verify(sound(tmp_path / "nothing new", first=13), TRUSTED, kept(tmp_path, 13)).exit_code == SOUND
    (tmp_path / "key").write_text(TRUSTED + "\n")
    assert verify(whole, str(tmp_path / "key")).exit_code == SOUND


def test_cannot_tell(tmp_path: Path) -> None:
    whole, part = sound(tmp_path / "whole"), sound(tmp_path / "part", first=5)
    assert verify(whole, None).exit_code == CANNOT_TELL
    found = verify(part, TRUSTED, kept(tmp_path, 4))
    assert found.exit_code == CANNOT_TELL
    assert "--since 4" in found.message
    (tmp_path / "theirs").write_text(checkpoint_of(ENTRY_LIST[:5], new_signer("ecm.example/log")))
    assert verify(whole, TRUSTED, tmp_path / "theirs").exit_code == CANNOT_TELL
    for name in (*FILES, SUMS):
        content = (whole / name).read_bytes()
        (whole / name).unlink()
        found = verify(whole, TRUSTED)
        assert (found.exit_code, found.first_bad_position) == (CANNOT_TELL, None)
        assert name in found.message
        (whole / name).write_bytes(content)
    assert verify(whole, TRUSTED).exit_code == SOUND


def test_used_wrongly(tmp_path: Path) -> None:
    whole = sound(tmp_path / "whole")
    assert verify(tmp_path / "absent", TRUSTED).exit_code == USAGE
    assert verify(whole, "no key").exit_code == USAGE
    assert verify(whole, TRUSTED, tmp_path / "absent").exit_code == USAGE


Lines = list[bytes]


def tamper(chance: random.Random, lines: Lines, seals: Lines) -> tuple[Lines, Lines, int]:
    """Remove, reorder, insert or cut off entries, with their seals or without; and where the first bad one then is."""
    at = chance.randrange(len(lines))
    with_seals = chance.random() < 0.5
    lines, seals = list(lines), list(seals)
    match chance.choice(("remove", "reorder", "insert", "cut")):
        case "remove":
            del lines[at]
            if with_seals:
                del seals[at]
        case "reorder":
            other = chance.choice([each for each in range(len(lines)) if each != at])
            lines[at], lines[other] = lines[other], lines[at]
            if with_seals:
                seals[at], seals[other] = seals[other], seals[at]
            at = min(at, other)
        case "insert":
            at = chance.randrange(len(lines) + 1)
            lines.insert(at, b'{"id": %d}' % chance.randrange(10**6))
            if with_seals:
                seals.insert(at, chance.randbytes(64))
        case "cut":
            del lines[at:]
            if with_seals:
                del seals[at:]
    return lines, seals, at


@pytest.mark.parametrize("first", [0, 5])
def test_four_thousand_tampered_logs(tmp_path: Path, first: int) -> None:
    chance = random.Random(first)
    whole = sound(tmp_path / "whole", first=first)
    seals, sums = seals_of(ENTRY_LIST), (whole / SUMS).read_bytes()
    for _ in range(2000):
        lines, kept_seals, position = tamper(chance, ENTRY_LIST[first:], seals[first:])
        (whole / ENTRIES).write_bytes(b"".join(line + b"\n" for line in lines))
        (whole / SEALS).write_bytes(b"".join(kept_seals))
        # An insider makes the digests fit; an accident does not.
        (whole / SUMS).write_bytes(sums_text(whole).encode() if chance.random() < 0.5 else sums)
        found = verify(whole, TRUSTED)
        assert (found.exit_code, found.first_bad_position) == (TAMPERED, first + position), found.message


def expected(name: str, at: int, files: dict[str, bytes], first: int) -> int:
    """Where a damaged byte is to be reported: at its entry, at its seal, else past the last entry."""
    if name == ENTRIES:
        return first + files[name][:at].count(b"\n")
    return {SEALS: first + at // 64, START: first}.get(name, len(ENTRY_LIST))


@pytest.mark.parametrize("first", [0, 5])
def test_six_thousand_damaged_files(tmp_path: Path, first: int) -> None:
    """One bit flipped, or the file cut short, at a random place of a random file."""
    chance = random.Random(first)
    whole = sound(tmp_path / "whole", first=first)
    files = {name: (whole / name).read_bytes() for name in (*FILES, SUMS)}
    for _ in range(3000):
        name = chance.choice((ENTRIES, ENTRIES, *files))
        at = chance.randrange(len(files[name]))
        cut = chance.random() < 0.2
        damaged = files[name][:at] + (b"" if cut else bytes([files[name][at] ^ 1 << chance.randrange(8)]))
        (whole / name).write_bytes(damaged if cut else damaged + files[name][at + 1 :])
        found = verify(whole, TRUSTED)
        wanted = (TAMPERED, expected(name, at, files, first))
        assert (found.exit_code, found.first_bad_position) == wanted, (name, at, found.message)
        (whole / name).write_bytes(files[name])
    assert verify(whole, TRUSTED).exit_code == SOUND


def own_key(entries: list[bytes], position: int) -> tuple[list[bytes], str]:
    mine = new_signer(SIGNER.name)
    return seals_of(ENTRY_LIST)[:position] + seals_of(entries, mine)[position:], checkpoint_of(entries, mine)


def old_signature(entries: list[bytes], position: int) -> tuple[list[bytes], str]:
    text = checkpoint_of(entries).partition("\n\n")[0]
    return seals_of(ENTRY_LIST), text + "\n\n" + checkpoint_of(ENTRY_LIST).partition("\n\n")[2]


def old_checkpoint(entries: list[bytes], position: int) -> tuple[list[bytes], str]:
    return seals_of(ENTRY_LIST), checkpoint_of(ENTRY_LIST)


@pytest.mark.parametrize("resign", [own_key, old_signature, old_checkpoint])
def test_insider_without_the_key_rebuilds_the_whole_tree(
    tmp_path: Path, resign: Callable[[list[bytes], int], tuple[list[bytes], str]]
) -> None:
    for position in range(len(ENTRY_LIST)):
        entries = [*ENTRY_LIST[:position], b'{"rewritten": true}', *ENTRY_LIST[position + 1 :]]
        seals, checkpoint = resign(entries, position)
        found = verify(write(tmp_path / str(position), entries, seals, checkpoint), TRUSTED)
        assert (found.exit_code, found.first_bad_position) == (TAMPERED, position), found.message


def test_a_log_of_another_key_is_not_this_log(tmp_path: Path) -> None:
    mine = new_signer(SIGNER.name)
    forged = write(tmp_path / "forged", ENTRY_LIST, seals_of(ENTRY_LIST, mine), checkpoint_of(ENTRY_LIST, mine))
    found = verify(forged, TRUSTED)
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 0)
    assert verify(forged, str(mine.verifier)).exit_code == SOUND  # why the key in the bundle proves nothing


def test_insider_with_the_key_is_caught_by_the_checkpoint_kept(tmp_path: Path) -> None:
    entries = [*ENTRY_LIST[:11], b'{"rewritten": true}', *ENTRY_LIST[12:]]
    forged = sound(tmp_path / "forged", entries)
    assert verify(forged, TRUSTED).exit_code == SOUND  # nothing inside the bundle can show it
    assert verify(forged, TRUSTED, kept(tmp_path, 11)).exit_code == SOUND  # rewritten after what was seen
    found = verify(forged, TRUSTED, kept(tmp_path, 12))
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 0)
    assert "positions 0 to 11" in found.message

    careless = write(tmp_path / "careless", entries, seals_of(ENTRY_LIST), checkpoint_of(entries))
    found = verify(careless, TRUSTED, kept(tmp_path, 13))
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 11)


def test_a_log_put_back_to_an_earlier_state_is_caught_by_the_checkpoint_kept(tmp_path: Path) -> None:
    earlier = sound(tmp_path / "earlier", ENTRY_LIST[:9])
    assert verify(earlier, TRUSTED, kept(tmp_path, 9)).exit_code == SOUND
    found = verify(earlier, TRUSTED, kept(tmp_path, 10))
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 9)
    assert "the log ends here" in found.message


def test_entries_past_the_checkpoint_are_not_covered_however_well_sealed(tmp_path: Path) -> None:
    longer = write(tmp_path / "longer", ENTRY_LIST, seals_of(ENTRY_LIST), checkpoint_of(ENTRY_LIST[:9]))
    found = verify(longer, TRUSTED)
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 9)


def test_history_rewritten_before_the_part_exported(tmp_path: Path) -> None:
    entries = [ENTRY_LIST[0], b'{"rewritten": true}', *ENTRY_LIST[2:]]
    part = write(tmp_path / "part", entries, seals_of(ENTRY_LIST), checkpoint_of(ENTRY_LIST), first=5)
    found = verify(part, TRUSTED)
    assert (found.exit_code, found.first_bad_position) == (TAMPERED, 5)


def test_command_stands_alone(tmp_path: Path) -> None:
    """Its own process, its exit codes, and none of the rest of the system imported."""
    whole = sound(tmp_path / "whole")
    code = (
        "import sys; from ecm.audit.verify import main; code = main();"
        "assert not {'asyncpg', 'piccolo', 'litestar', 'pydantic'} & set(sys.modules); sys.exit(code)"
    )

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert run(str(whole), "--key", TRUSTED, "--since", str(kept(tmp_path, 5)))[0] == SOUND
    (whole / KEY).write_text("another\n")
    assert run(str(whole), "--key", TRUSTED)[0] == TAMPERED
    (whole / CHECKPOINT).unlink()
    assert run(str(whole), "--key", TRUSTED)[0] == CANNOT_TELL
    assert run("--since")[0] == USAGE
