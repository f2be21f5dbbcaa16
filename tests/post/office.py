"""A mail server of the tests: real SMTP, real TLS with a certificate of a test's own authority, and moods."""

import datetime
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.free import free_port

HOST = "localhost"
USER, PASSWORD = "ecm", "let me post"
DAY = datetime.timedelta(days=1)


@dataclass
class Office:
    """What arrived, and how the server is minded: `answers` by recipient; `gone` while nobody answers at all."""

    port: int
    authority: Path
    answers: dict[str, str] = field(default_factory=dict)
    letters: list[Message] = field(default_factory=list)
    copies: Counter = field(default_factory=Counter)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, _: list[str]) -> str:
        """Take the recipient, or say what the test says."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """Take the letter; a second copy is told by its Message-ID and dropped, as mail systems do."""
        letter = message_from_bytes(envelope.content)
        if not self.copies[letter["Message-ID"]]:
            self.letters.append(letter)
        self.copies[letter["Message-ID"]] += 1
        return "250 OK"


class _Controller(Controller):
    tls: ssl.SSLContext | None = None

    def factory(self) -> SMTP:
        kept = {"require_starttls": True, "tls_context": self.tls} if self.tls else {}
        return SMTP(
            self.handler, hostname="mail.example", enable_SMTPUTF8=True, authenticator=_check,
            auth_require_tls=self.tls is not None, **kept,
        )  # fmt: skip


def _check(*words: Any) -> AuthResult:
    data = words[-1]
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))


def authority(folder: Path) -> tuple[Path, Path]:
    """A certificate authority and a certificate of it for `localhost`: the authority's file, certificate with key."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    now = datetime.datetime.now(datetime.UTC)

    def made(name: x509.Name, key: Any, extension: x509.ExtensionType) -> bytes:
        signed = (
            x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(root, hashes.SHA256())
        )  # fmt: skip
        return signed.public_bytes(serialization.Encoding.PEM)

    ca, own = folder / "authority.pem", folder / "server.pem"
    ca.write_bytes(made(issuer, root, x509.BasicConstraints(ca=True, path_length=None)))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    own.write_bytes(
        made(name, leaf, x509.SubjectAlternativeName([x509.DNSName(HOST)]))
        + leaf.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return ca, own


@contextmanager
def running_office(folder: Path, *, tls: bool = True, port: int = 0) -> Iterator[Office]:
    """A mail server until the end of the block; `tls` False: one that offers no STARTTLS."""
    ca, own = authority(folder)
    office = Office(port or free_port(), ca)
    controller = _Controller(office, hostname="127.0.0.1", port=office.port)
    if tls:
        controller.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        controller.tls.load_cert_chain(own)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def wait_until(true: Any, seconds: float = 20) -> None:
    """Wait for something to become true. Raises: AssertionError when it does not."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
