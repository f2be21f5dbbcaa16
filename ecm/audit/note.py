"""Signed notes, the log's checkpoints and its keys.

Standard library and `cryptography` only, so that an auditor can run it anywhere.

Source: c2sp.org/signed-note (signature type 0x01, Ed25519) and c2sp.org/tlog-checkpoint.
"""

import os
import re
import stat
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEAL_BYTES = 64
_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class BadKey(ValueError):
    """The key cannot be read, or its file is open to others; the message says what to do."""


class BadNote(ValueError):
    """The note is malformed, or the key asked for did not sign it."""


@dataclass(frozen=True)
class Verifier:
    """The public half of a log's key, under the log's name."""

    name: str
    key_id: bytes
    key: Ed25519PublicKey

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether this key made this signature over this text."""
        try:
            self.key.verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        """The key as people exchange it: name+id+key."""
        return _key_text(self.name, self.key_id, self.key.public_bytes_raw())


@dataclass(frozen=True)
class Signer:
    """The private half. Only the integrator ever holds one."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """What to hand out."""
        public = self.key.public_key()
        return Verifier(self.name, _key_id(self.name, public.public_bytes_raw()), public)

    def seal(self, text: str) -> bytes:
        """The bare signature over a text: 64 bytes, the same each time."""
        return self.key.sign(text.encode())


@dataclass(frozen=True)
class Checkpoint:
    """The log at one moment: its first `size` entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def new_signer(name: str) -> Signer:
    """A fresh key for the log of this name (an address without scheme, such as `ecm.example/log`).

    Raises: BadKey for a name with white space or a plus sign.
    """
    if not _NAME.fullmatch(name):
        raise BadKey("The log's name must have no spaces and no plus sign.")
    return Signer(name, Ed25519PrivateKey.generate())


def write_signer(path: Path, signer: Signer) -> None:
    """Keep a private key in a new file that only its owner can read.

    Raises: FileExistsError, so that a key in use is never replaced.
    """
    text = _PRIVATE + _key_text(signer.name, signer.verifier.key_id, signer.key.private_bytes_raw())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_signer(path: Path) -> Signer:
    """The private key in a file.

    Raises: BadKey when group or others may touch the file, or when it holds no key.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadKey(f"{path} holds the log's private key and others can reach it: run chmod 400 on it.")
    name, key_id, raw = _parse_key(path.read_text().strip().removeprefix(_PRIVATE))
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(raw))
    if signer.verifier.key_id != key_id:
        raise BadKey(f"{path} is damaged.")
    return signer


def parse_verifier(text: str) -> Verifier:
    """The public key in a text such as `ecm.example/log+530d903a+AekyeRrm...`.

    Raises: BadKey.
    """
    name, key_id, raw = _parse_key(text.strip())
    if _key_id(name, raw) != key_id:
        raise BadKey("This is not a log's public key: its identifier does not fit.")
    return Verifier(name, key_id, Ed25519PublicKey.from_public_bytes(raw))


def signed(text: str, verifier: Verifier, signature: bytes) -> str:
    """The note that carries this signature."""
    return f"{text}\n— {verifier.name} {b64encode(verifier.key_id + signature).decode()}\n"


def open_note(note: bytes, verifier: Verifier) -> str:
    """The text of a note this key signed. Signatures of other keys are passed over.

    Raises: BadNote when the note is malformed, when this key did not sign it, or when a signature in its name is wrong.
    """
    text, lines = _take_apart(note)
    mine = [raw[4:] for name, raw in lines if name == verifier.name and raw[:4] == verifier.key_id]
    if not mine:
        raise BadNote("not signed with the key given")
    if not all(verifier.accepts(text, signature) for signature in mine):
        raise BadNote("the signature is wrong")
    return text


def open_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note this key signed, for the log the key is named after.

    Raises: BadNote.
    """
    lines = open_note(note, verifier).split("\n")
    try:
        found = Checkpoint(lines[0], int(lines[1]), b64decode(lines[2], validate=True))
    except (IndexError, ValueError):
        raise BadNote("it is not a checkpoint") from None
    if lines[:3] != str(found).split("\n")[:3] or len(found.root) != 32 or found.size < 0:
        raise BadNote("it is not a checkpoint")
    if found.origin != verifier.name:
        raise BadNote("it is the checkpoint of another log")
    return found


def _take_apart(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise BadNote("it is not text") from None
    body, blank, tail = whole.rpartition("\n\n")
    matches = [_SIGNATURE_LINE.fullmatch(line) for line in tail.removesuffix("\n").split("\n")]
    if not blank or not tail.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise BadNote("it is not a signed note")
    return body + "\n", [_signature(match) for match in matches]


def _signature(match: re.Match[str] | None) -> tuple[str, bytes]:
    if match is None:
        raise BadNote("it is not a signed note")
    try:
        return match[1], b64decode(match[2], validate=True)
    except ValueError:
        raise BadNote("it is not a signed note") from None


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _key_text(name: str, key_id: bytes, raw: bytes) -> str:
    return f"{name}+{key_id.hex()}+{b64encode(_ED25519 + raw).decode()}"


def _parse_key(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    identifier, _, key = rest.partition("+")
    try:
        key_id, raw = bytes.fromhex(identifier), b64decode(key, validate=True)
    except ValueError:
        raise BadKey("This is not a log's key.") from None
    if not _NAME.fullmatch(name) or len(key_id) != 4 or len(raw) != 33 or raw[:1] != _ED25519:
        raise BadKey("This is not a log's key.")
    return name, key_id, raw[1:]
