"""Signed notes: the published example, keys in files, and every way a note can fail to be ours."""

from pathlib import Path

import pytest

from ecm.audit.note import (
    BadKey,
    BadNote,
    Checkpoint,
    new_signer,
    open_checkpoint,
    open_note,
    parse_verifier,
    read_signer,
    signed,
    write_signer,
)

# The example of c2sp.org/signed-note.
KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
NOTE = f"This is an example message.\n\n— example.com/foo {SIGNATURE}\n"


def test_published_example() -> None:
    key = parse_verifier(KEY)
    assert open_note(NOTE.encode(), key) == "This is an example message.\n"
    assert str(key) == KEY
    for changed in (NOTE.replace("example m", "exemple m"), NOTE.replace("Uw2QOkn8", "Uw2QOkn9")):
        with pytest.raises(BadNote, match="the signature is wrong"):
            open_note(changed.encode(), key)


def test_other_signers_are_passed_over_but_never_believed() -> None:
    ours, theirs = new_signer("ecm.example/log"), new_signer("witness.example")
    namesake = new_signer("ecm.example/log")
    text = str(Checkpoint("ecm.example/log", 7, bytes(32)))
    note = signed(text, ours.verifier, ours.seal(text))
    for other in (theirs, namesake):
        line = signed(text, other.verifier, other.seal(text)).removeprefix(text + "\n")
        assert open_checkpoint((note + line).encode(), ours.verifier) == Checkpoint("ecm.example/log", 7, bytes(32))
        with pytest.raises(BadNote, match="not signed with the key given"):
            open_checkpoint(f"{text}\n{line}".encode(), ours.verifier)
    twice = note + signed(text, ours.verifier, bytes(64)).removeprefix(text + "\n")
    with pytest.raises(BadNote, match="wrong"):  # one of our signatures holds, another does not
        open_note(twice.encode(), ours.verifier)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("7\n", "7\t\n"),
        lambda note: note + "\n",
        lambda note: note + "more\n",
        lambda note: "",
    ],
)
def test_malformed_notes_are_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    ours = new_signer("ecm.example/log")
    text = str(Checkpoint("ecm.example/log", 7, bytes(32)))
    note = signed(text, ours.verifier, ours.seal(text))
    assert open_note(note.encode(), ours.verifier) == text
    with pytest.raises(BadNote):
        open_note(spoil(note).encode(), ours.verifier)
    with pytest.raises(BadNote, match="not text"):
        open_note(b"\xff" + note.encode(), ours.verifier)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ecm.example/log\n7\n", "not a checkpoint"),
        ("ecm.example/log\n07\n" + "A" * 43 + "=\n", "not a checkpoint"),
        ("ecm.example/log\n-7\n" + "A" * 43 + "=\n", "not a checkpoint"),
        ("ecm.example/log\n7\nAAAA\n", "not a checkpoint"),
        ("other.example/log\n7\n" + "A" * 43 + "=\n", "another log"),
    ],
)
def test_signed_but_no_checkpoint_of_this_log(text: str, complaint: str) -> None:
    ours = new_signer("ecm.example/log")
    with pytest.raises(BadNote, match=complaint):
        open_checkpoint(signed(text, ours.verifier, ours.seal(text)).encode(), ours.verifier)


def test_key_files(tmp_path: Path) -> None:
    signer, path = new_signer("ecm.example/log"), tmp_path / "log.key"
    write_signer(path, signer)
    assert path.stat().st_mode & 0o777 == 0o400
    assert read_signer(path).seal("text") == signer.seal("text")
    assert parse_verifier(str(signer.verifier)).accepts("text", signer.seal("text"))
    with pytest.raises(FileExistsError):
        write_signer(path, new_signer("ecm.example/log"))

    path.chmod(0o440)
    with pytest.raises(BadKey, match="others can reach it"):
        read_signer(path)
    path.chmod(0o600)
    path.write_text(path.read_text().replace("+", "-"))
    with pytest.raises(BadKey, match="not a log's key"):
        read_signer(path)


@pytest.mark.parametrize(
    "text", ["", "x", KEY[:-4], KEY.replace("530d903a", "530d903b"), KEY.replace("example", "ex ample"), KEY + "+"]
)
def test_bad_public_keys_are_refused(text: str) -> None:
    with pytest.raises(BadKey):
        parse_verifier(text)
    with pytest.raises(BadKey, match="no spaces"):
        new_signer("a log")
