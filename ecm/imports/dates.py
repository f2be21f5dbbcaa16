"""Dates as schools' systems and spreadsheets write them: day first, or year first. Never guessed."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

_TIME = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?Z?)?"
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})([-/. ])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}", re.IGNORECASE)
_IN_WORDS = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[- ]([a-z]{3,9})[- ,]+([0-9]{4})", re.IGNORECASE)
_RUN_TOGETHER = re.compile("((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/. ](?:[0-9]{1,2}|[a-z]{3,9})[-/. ][0-9]{2}", re.IGNORECASE)
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip

NO_SUCH = "There is no such date. Check the day and the month."
MONTH_FIRST = "The month is over 12: the day must come before the month, like 25/03/2015."
SHORT_YEAR = "Write the year with four digits, like 25/03/2015."
SERIAL = "A spreadsheet has turned this date into a number. Show the column as dates and save the file again."
UNKNOWN = "Write the date like 25/03/2015 or 2015-03-25."


@dataclass(frozen=True)
class Written:
    """A date that was read, or why none could be; and which order it can only have been written in."""

    day: date | None = None
    problem: str | None = None
    order: Literal["day first", "month first"] | None = None


@lru_cache(maxsize=10_000)
def read_date(text: str) -> Written:
    """The day a cell means. A time of day after it says nothing. Source: ISO 8601; BS EN 28601 and British usage."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(found[1], found[3], found[4])
    if found := _DAY_FIRST.fullmatch(text):
        return _day_first(int(found[1]), int(found[3]), found[4])
    if found := _RUN_TOGETHER.fullmatch(text):
        return _date(found[1], found[2], found[3])
    if (found := _IN_WORDS.fullmatch(text)) and (month := _month(found[2])):
        return _date(found[3], month, found[1])
    if _SHORT_YEAR.fullmatch(text):
        return Written(problem=SHORT_YEAR)
    return Written(problem=SERIAL if _SERIAL.fullmatch(text) else UNKNOWN)


def _day_first(day: int, month: int, year: str) -> Written:
    if month > 12 >= day:
        return Written(problem=MONTH_FIRST, order="month first")
    read = _date(year, month, day)
    return Written(read.day, read.problem, "day first" if day > 12 else None)


def _date(year: str, month: str | int, day: str | int) -> Written:
    try:
        return Written(date(int(year), int(month), int(day)))
    except ValueError:
        return Written(problem=NO_SUCH)


def _month(word: str) -> int | None:
    """1 to 12 for the name of a month or its first three letters or more."""
    small = word.casefold()
    return next((place for place, name in enumerate(_MONTHS, start=1) if name.startswith(small)), None)
