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
    if name == "pool_size":
        if not text.isdigit() or not 2 <= int(text) <= 200:
            raise Unsafe("ECM_POOL_SIZE must be a number from 2 to 200.")
        return int(text)
    return text == "1" if name == "demo" else text


def _refuse_unsafe(found: Settings) -> None:
    if found.database_url and len(found.secret_key) < 32:
        raise Unsafe("Set ECM_SECRET_KEY to at least 32 random characters (for example: openssl rand -hex 32).")
    if found.database_url and not found.https:
        raise Unsafe("Set ECM_PUBLIC_URL to the https:// address people use: sign-in cookies need it.")


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
