"""Lists a page at a time, by the last row seen: nothing is skipped or doubled when rows come and go meanwhile."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from litestar.params import FromQuery

from ecm.errors import Refused

Row = TypeVar("Row")

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows are wanted (1 to 100), and the sort key of the last row of the page before."""

    limit: int = DEFAULT_LIMIT
    key: tuple[str, ...] = ()

    def after(self, *start: Any) -> tuple[Any, ...]:
        """The key to go on after; `start` for the first page. Each part is of the type of its part in `start`.

        Raises: Refused when the cursor is of another list.
        """
        if not self.key:
            return start
        try:
            return tuple(READERS[type(first)](text) for text, first in zip(self.key, start, strict=True))
        except (ValueError, OverflowError):
            raise Refused({"cursor": BAD_CURSOR}) from None


LAST_ID = UUID(int=2**128 - 1)
BAD_CURSOR = "Start again from the first page: this place in the list is not known."


def _text(text: str) -> str:
    """Raises: ValueError for a character the database cannot hold."""
    if "\0" in text:
        raise ValueError
    return text


def _instant(text: str) -> datetime:
    """Raises: ValueError for an instant without its offset from UTC, which the database would refuse."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)


def _number(text: str) -> int:
    """Raises: ValueError for what is no integer of the database."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ValueError
    return int(text)


READERS: dict[type, Callable[[str], Any]] = {
    int: _number,
    str: _text,
    date: date.fromisoformat,
    datetime: _instant,
    UUID: UUID,
}


def page_asked(limit: FromQuery[int] = DEFAULT_LIMIT, cursor: FromQuery[str | None] = None) -> Page:
    """The page a request asks for, from `?limit` and `?cursor`.

    Raises: Refused.
    """
    if not 1 <= limit <= LARGEST_LIMIT:
        raise Refused({"limit": f"The limit must be from 1 to {LARGEST_LIMIT}."})
    return Page(limit, _opened(cursor) if cursor else ())


def cursor_of(*key: Any) -> str:
    """An opaque cursor that goes on after the row with this sort key."""
    text = json.dumps([each if isinstance(each, str) else getattr(each, "isoformat", each.__str__)() for each in key])
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def page_of(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The rows of this page, and whether there are more; `rows` was asked for with one row over."""
    return rows[:limit], len(rows) > limit


def _opened(cursor: str) -> tuple[str, ...]:
    try:
        key = json.loads(urlsafe_b64decode(cursor[:500] + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = None
    if not isinstance(key, list) or not key or not all(isinstance(each, str) for each in key):
        raise Refused({"cursor": BAD_CURSOR})
    return tuple(key)
