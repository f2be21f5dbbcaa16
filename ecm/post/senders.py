"""Ways out: SMTP for e-mail, an HTTP provider for text messages, and in the demonstration nothing but the outbox."""

import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import aiosmtplib
import httpx

from ecm.config import Settings

PATIENCE_SECONDS = 20
IMPLICIT_TLS = 465  # RFC 8314; on every other port STARTTLS is required
TEMPORARY_HTTP = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves. Its id is the same at every try, so that whoever gets it twice can tell."""

    id: UUID
    channel: str
    recipient: str
    subject: str
    text: str
    at: datetime


class NotTaken(Exception):
    """A message did not leave: `trouble` is a code of `words.TROUBLES`; `final` when trying again is no use."""

    def __init__(self, trouble: str, final: bool = False) -> None:
        super().__init__(trouble)
        self.trouble, self.final = trouble, final


class Sender(Protocol):
    """A way out of the house."""

    @property
    def keeps_text(self) -> bool:
        """Whether what left may still be read here."""

    async def send(self, message: Message) -> None:
        """Hand the message over. Returning means that somebody else answers for it now. Raises: NotTaken."""


class Kept:
    """The demonstration: nothing leaves the machine, everybody may look into the outbox."""

    keeps_text = True

    async def send(self, message: Message) -> None:
        """Do nothing: the message is where it goes."""


class NoWay:
    """Nothing is set for this channel: messages wait, and who keeps the post going is shown them."""

    keeps_text = False

    async def send(self, message: Message) -> None:
        """Raises: NotTaken, always."""
        raise NotTaken("no_carrier")


@dataclass(frozen=True)
class Smtp:
    """A mail server that everything is handed to, under TLS with a checked certificate or not at all."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    origin: str
    keeps_text: bool = False

    async def send(self, message: Message) -> None:
        """Hand over one e-mail on a connection of its own. Raises: NotTaken."""
        implicit = self.port == IMPLICIT_TLS
        server = aiosmtplib.SMTP(
            hostname=self.host, port=self.port, use_tls=implicit, start_tls=not implicit, tls_context=_trust(),
            username=self.user or None, password=self.password or None, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        try:
            async with server:
                # RFC 3461: a report about this message then names it, whatever else it leaves out.
                marked = [f"ENVID={message.id}", "RET=HDRS"] if server.supports_extension("dsn") else []
                await server.send_message(self._written(message), sender=self.sender, mail_options=marked)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
            raise _smtp_trouble(error) from None

    def _written(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self.sender, message.recipient, message.subject
        letter["Date"] = format_datetime(message.at)
        letter["Message-ID"] = message_id(message.id, self.origin)
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
        letter.set_content(message.text + "\n", cte="quoted-printable")
        return letter


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def message_id(message: UUID, origin: str) -> str:
    """The Message-ID of an outbox row; `origin` is the host that people reach this installation by."""
    return f"<{message}@{origin}>"


def _smtp_trouble(error: Exception) -> NotTaken:
    """What a failed hand-over means. Our own sign-in, sender or connection is ours to repair: that is never final."""
    refusal = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    if isinstance(refusal, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return NotTaken(f"smtp_{refusal.code}", final=refusal.code >= 500)
    for kind, trouble in (
        (aiosmtplib.SMTPAuthenticationError, "sign_in"),
        (aiosmtplib.SMTPSenderRefused, "sender"),
        (ssl.SSLError, "certificate"),
        (aiosmtplib.SMTPResponseException, "server"),
        (aiosmtplib.SMTPTimeoutError, "no_connection"),
        (aiosmtplib.SMTPServerDisconnected, "no_connection"),
        (aiosmtplib.SMTPConnectError, "no_connection"),
        (OSError, "no_connection"),
        (ValueError, "unsendable"),
    ):
        if isinstance(error, kind):
            return NotTaken(trouble, final=trouble == "unsendable")
    return NotTaken("no_starttls" if "STARTTLS" in str(error) else "server")


@dataclass(frozen=True)
class Http:
    """A provider of text messages: POST {to, text, reference} with a bearer token; 2xx means taken."""

    url: str
    token: str = field(repr=False)
    keeps_text: bool = False

    async def send(self, message: Message) -> None:
        """Hand over one text message. Raises: NotTaken."""
        body = {"to": message.recipient, "text": message.text, "reference": str(message.id)}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(message.id)}
        try:
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, verify=_trust()) as client:
                answer = await client.post(self.url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotTaken("certificate" if "CERTIFICATE" in str(error) else "no_connection") from None
        code = answer.status_code
        if code in (401, 403):
            raise NotTaken("sign_in")
        if not answer.is_success:
            raise NotTaken(f"http_{code}", final=400 <= code < 500 and code not in TEMPORARY_HTTP)


def senders(config: Settings) -> dict[str, Sender]:
    """The way out for each channel, by the settings."""
    if config.demo:
        return {"email": Kept(), "sms": Kept()}
    origin = urlsplit(config.public_url).hostname or "ecm.invalid"
    found: dict[str, Sender] = {"email": NoWay(), "sms": NoWay()}
    if config.smtp_host:
        found["email"] = Smtp(
            config.smtp_host, config.smtp_port, config.smtp_user, config.smtp_password, config.smtp_from, origin
        )
    if config.sms_url:
        found["sms"] = Http(config.sms_url, config.sms_token)
    return found
