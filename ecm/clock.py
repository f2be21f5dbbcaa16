"""The only source of time and of new identifiers.

Instants are aware UTC; every 'today' and every midnight is Europe/London.
The database has its own clock, `app_now()`, which decides access; this one only words and names things.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar date in London now."""
    return now().astimezone(LONDON).date()


_fixed: list[Random] = []


def new_id() -> UUID:
    """A fresh UUIDv7: ordered by time of making, the rest random."""
    return _drawn(_fixed[0]) if _fixed else uuid7()


@contextmanager
def fixed_ids(seed: int) -> Iterator[None]:
    """Within this block ids are drawn from a seed: the demonstration area is the same every time it is made."""
    _fixed[:] = [Random(seed)]
    try:
        yield
    finally:
        _fixed.clear()


def _drawn(source: Random) -> UUID:
    """A UUIDv7 of the first instant of 2026, the rest from the seed (RFC 9562, 5.7)."""
    milliseconds = 1_767_225_600_000
    bits = milliseconds << 80 | 7 << 76 | source.getrandbits(12) << 64 | 2 << 62 | source.getrandbits(62)
    return UUID(int=bits)


def midnight(day: date) -> datetime:
    """The instant a day begins in London. Raises: OverflowError at the ends of the calendar."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
