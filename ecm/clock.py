"""The only source of time and of new identifiers.

Instants are aware UTC; every 'today' and every midnight is Europe/London.
The database has its own clock, `app_now()`, which decides access; this one only words and names things.
"""

from datetime import UTC, date, datetime
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


def new_id() -> UUID:
    """A fresh UUIDv7: ordered by time of making, the rest random."""
    return uuid7()


def midnight(day: date) -> datetime:
    """The instant a day begins in London. Raises: OverflowError at the ends of the calendar."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
