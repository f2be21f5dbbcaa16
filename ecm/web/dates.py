"""Dates and times as people read them: London time, British English, day of the week included."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from ecm.clock import LONDON

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@lru_cache(4096)
def long_date(day: date) -> str:
    """`Friday 18 December 2026`; an instant is taken at its date in London."""
    day = _in_london(day)
    return f"{WEEKDAYS[day.weekday()]} {short_date(day)}"


@lru_cache(4096)
def short_date(day: date) -> str:
    """`18 December 2026`, where the day of the week does not help, as in a date of birth."""
    day = _in_london(day)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def last_day(end: date) -> str:
    """`17 December 2026` for what ends with that day, at the midnight after it: the last day on which it still holds."""
    return short_date(end - timedelta(microseconds=1) if isinstance(end, datetime) else end)


def clock_time(instant: datetime) -> str:
    """`9am`, `2:15pm`, `midday`, `midnight`: an aware instant, in London."""
    local = instant.astimezone(LONDON)
    if local.minute == 0 and local.hour % 12 == 0:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def moment(instant: datetime) -> str:
    """`Friday 18 December 2026 at 2:15pm`."""
    return f"{long_date(instant)} at {clock_time(instant)}"


def due(day: date, today: date) -> str:
    """How far off a promised day is: `today`, `tomorrow`, `in 3 days`, `1 day overdue`, `4 days overdue`."""
    left = (day - today).days
    if left < 0:
        return f"{plural(-left, 'day')} overdue"
    return ("today", "tomorrow")[left] if left < 2 else f"in {left} days"


def ago(then: date, today: date) -> str:
    """How long ago something happened: `today`, `yesterday`, `3 days ago`; a day to come is worded as `due` does."""
    past = (today - _in_london(then)).days
    if past < 0:
        return due(_in_london(then), today)
    return ("today", "yesterday")[past] if past < 2 else f"{past} days ago"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 action`, `2 actions`, `0 agencies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _in_london(day: date) -> date:
    return day.astimezone(LONDON).date() if isinstance(day, datetime) else day
