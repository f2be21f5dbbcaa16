"""What can be said of events by looking at them: pauses in a day, months, how long sealing may take."""

import re
from datetime import date, datetime, timedelta
from uuid import UUID

PAUSE = timedelta(minutes=30)  # shorter ones are reading, thinking and the telephone
SEALED_WITHIN = timedelta(minutes=2)  # it takes a second; this long means that it has stopped
MONTHS = 12
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(9000, 1, 1)  # no event is older than this product


def pause_before(at: datetime, before: datetime | None) -> timedelta | None:
    """The pause between two events of a day if it is one: half an hour or more, in whole minutes. Source: ADR 0026."""
    if before is None or at - before < PAUSE:
        return None
    return timedelta(minutes=(at - before) // timedelta(minutes=1))


def pause_words(pause: timedelta) -> str:
    """`45 minutes`, `1 hour`, `2 hours 5 minutes`. Source: ADR 0026 (a person's day)."""
    hours, minutes = divmod(pause // timedelta(minutes=1), 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(f"{number} {name}{'s' if number != 1 else ''}" for number, name in parts if number)


def happened_at(event: UUID, zone: datetime) -> datetime:
    """When an event was recorded, to the millisecond, as its id says it; in the zone of `zone`. Source: RFC 9562, 5.7."""
    return datetime.fromtimestamp((event.int >> 80) / 1000, zone.tzinfo)


def within_reach(day: date) -> date:
    """A day that the database can compare; nothing was recorded outside these. Source: ADR 0026 (figures)."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def months_until(last: date) -> list[date]:
    """The first days of the twelve months that end with the month of `last`, in order. Source: ADR 0026 (figures)."""
    number = last.year * 12 + last.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(number - MONTHS + 1, number + 1)]


def month_after(month: date) -> date:
    """The first day of the next month. Source: ADR 0026 (figures)."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def stopped(waiting_since: datetime | None, now: datetime) -> bool:
    """Whether events have waited to be sealed for so long that somebody has to look. Source: ADR 0026."""
    return waiting_since is not None and now - waiting_since > SEALED_WITHIN


def numbers_in(typed: str) -> tuple[UUID | None, str, str]:
    """What a number may be, as (id, pupil number, case reference): each in the one way it is stored; '' or None if not.

    Source: DfE, Unique Pupil Numbers guide; ADR 0007 (case references).
    """
    plain = re.sub(r"[^0-9A-Za-z]", "", typed).upper()
    try:
        found = UUID(typed.strip()) if len(plain) == 32 else None
    except ValueError:
        found = None
    upn = plain if re.fullmatch(r"[A-Z][0-9]{11}[0-9A-Z]", plain) else ""
    reference = re.fullmatch(r"(?:ECM)?([0-9A-Z]{4})([0-9A-Z]{2})", plain)
    return found, upn, f"ECM-{reference[1]}-{reference[2]}" if reference else ""
