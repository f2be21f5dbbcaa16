"""Opening a record in an emergency: for how long, by when somebody else looks at it, and whom it is about. Pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
LASTS = timedelta(hours=4)
WORKING_DAYS_TO_REVIEW = 2
SHORTEST_REASON = 20
# A password typed this recently has been asked for again: a program takes a token just before. Source: ADR 0028.
FRESH_FOR = timedelta(minutes=5)
EITHER = "Enter the UPN, or the first name, the last name and the date of birth."
NOT_BOTH = "Enter the UPN, or the names and the date of birth, not both."


def problem_of(upn: str | None, first_name: str | None, last_name: str | None, born: date | None) -> dict[str, str]:
    """What is wrong with how a pupil is named; empty when it is one of the two ways. A last name may be none.

    Source: contract, `POST /emergency-access`.
    """
    by_name = first_name is not None or last_name is not None or born is not None
    if upn is not None:
        return {"upn": NOT_BOTH} if by_name else {}
    return {} if first_name and born is not None else {"upn": EITHER}


def review_by(opened_at: datetime) -> datetime:
    """The end in London of the second working day after the day it was opened.

    Source: issue "Access that cannot leak", "reviewed by someone else within 2 working days".
    """
    day = opened_at.astimezone(LONDON).date()
    for _ in range(WORKING_DAYS_TO_REVIEW):
        day = next_working_day(day)
    day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def review_day(review_by_at: datetime) -> date:
    """The last day on which a review is in time. Source: as `review_by`."""
    return review_by_at.astimezone(LONDON).date() - timedelta(days=1)


def next_working_day(day: date) -> date:
    """The first day after this one that is neither a Saturday or Sunday nor a bank holiday in England.

    Source: as `bank_holidays`.
    """
    day += timedelta(days=1)
    while day.weekday() >= 5 or day in bank_holidays(day.year):
        day += timedelta(days=1)
    return day


def bank_holidays(year: int) -> set[date]:
    """Those of England in this year, without days that a proclamation adds once; after a weekend the next free day.

    Source: Banking and Financial Dealings Act 1971, Schedule 1 and section 1(3); Good Friday and Christmas Day by
    common law.
    """
    christmas = [date(year, 12, 25), date(year, 12, 26)]
    days = {easter(year) - timedelta(days=2), easter(year) + timedelta(days=1), _first_monday(year, 5)}
    days |= {_last_monday(year, 5), _last_monday(year, 8)}
    for each in (date(year, 1, 1), *christmas):
        while each.weekday() >= 5 or each in days:
            each += timedelta(days=1)
        days.add(each)
    return days


def easter(year: int) -> date:
    """Easter Sunday. Source: Calendar (New Style) Act 1750; the Gregorian computation of Meeus, Astronomical Algorithms."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    (i, k) = divmod(c, 4)
    w = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * w) // 451
    month, day = divmod(h + w - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)  # May and August
    return last - timedelta(days=last.weekday())
