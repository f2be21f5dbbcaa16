"""Settings, read once from the environment. At most 25; a constant lives beside the rule that uses it."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from secrets import token_hex


class Unsafe(Exception):
    """A setting that must not be used outside the demonstration; the message names it and says what to do."""


NUMBERS = {"pool_size": (2, 200), "smtp_port": (1, 65535)}


@dataclass(frozen=True)
class Settings:
    """How this installation runs. Every field has an environment variable of the same name: `ECM_<FIELD>`.

    `database_url` also answers to `DATABASE_URL`. `demo` is set by `ecm demo` and by nothing else.
    """

    data: Path = Path(".ecm-data")
    database_url: str = ""
    admin_database_url: str = ""
    secret_key: str = field(default="", repr=False)
    token_key_file: Path | None = None
    log_key_file: Path | None = None
    log_origin: str = "ecm.example/log"
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = ""
    pool_size: int = 10
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_from: str = ""
    sms_url: str = ""
    sms_token: str = field(default="", repr=False)
    metrics_token: str = field(default="", repr=False)
    demo: bool = False

    @property
    def https(self) -> bool:
        """Whether people reach this installation by https."""
        return self.public_url.startswith("https://")


def read_settings(environment: dict[str, str]) -> Settings:
    """Settings from environment variables; unknown `ECM_` names are ignored.

    Raises: Unsafe for a value that is not safe outside the demonstration.
    """
    values: dict[str, object] = {}
    for each in fields(Settings):
        text = environment.get(f"ECM_{each.name.upper()}", "")
        if not text and each.name == "database_url":
            text = environment.get("DATABASE_URL", "")
        if text:
            values[each.name] = _typed(each.name, text)
    found = Settings(**values)  # type: ignore[arg-type]
    if not found.demo:
        _refuse_unsafe(found)
    return found


def _typed(name: str, text: str) -> object:
    if name in ("data", "token_key_file", "log_key_file"):
        return Path(text)
    if name in NUMBERS:
        least, most = NUMBERS[name]
        if not text.isdecimal() or not least <= int(text) <= most:
            raise Unsafe(f"ECM_{name.upper()} must be a number from {least} to {most}.")
        return int(text)
    return text == "1" if name == "demo" else text


def _refuse_unsafe(found: Settings) -> None:
    if found.database_url and len(found.secret_key) < 32:
        raise Unsafe("Set ECM_SECRET_KEY to at least 32 random characters (for example: openssl rand -hex 32).")
    if found.database_url and not found.https:
        raise Unsafe("Set ECM_PUBLIC_URL to the https:// address people use: sign-in cookies need it.")
    if found.metrics_token and len(found.metrics_token) < 20:
        raise Unsafe(
            "Set ECM_METRICS_TOKEN to at least 20 random characters, or leave it out: then there are no metrics."
        )
    if found.smtp_host and "@" not in found.smtp_from:
        raise Unsafe("Set ECM_SMTP_FROM to the e-mail address that messages come from, or leave ECM_SMTP_HOST out.")
    if bool(found.smtp_user) != bool(found.smtp_password):
        raise Unsafe("Set ECM_SMTP_USER and ECM_SMTP_PASSWORD both, or neither.")
    if found.sms_url and not found.sms_url.startswith("https://"):
        raise Unsafe("Set ECM_SMS_URL to an https:// address: text messages carry codes.")
    if found.sms_url and not found.sms_token:
        raise Unsafe("Set ECM_SMS_TOKEN, which shows the provider of text messages who asks.")


def secret_file(file: Path, make: Callable[[], str] = lambda: token_hex(32)) -> str:
    """The text of a file only its owner can read; made by `make` on first use, whoever comes first."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out,
        ):
            out.write(make())
    return file.read_text()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings(dict(os.environ))
