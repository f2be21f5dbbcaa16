"""What came before a version of a plan: what has changed since, and who has saved what."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Change:
    """One thing that is not as the version before said it: what happened, and to what."""

    what: str
    text: str


@dataclass(frozen=True)
class Copy:
    """An organisation that has saved an earlier version, which was the last, and when."""

    agency: str
    number: int
    on: date


@dataclass(frozen=True)
class History:
    """What came before this version: its number and day, what has changed since, and who has saved what."""

    number: int
    made_on: date
    changes: tuple[Change, ...]
    copies: tuple[Copy, ...]
