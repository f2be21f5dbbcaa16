"""Dates in words, checked by eye once and by the calendar ever after."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.clock import midnight
from ecm.web import dates

TODAY = date(2026, 12, 15)


@pytest.mark.parametrize(
    ("day", "promised", "past"),
    [
        (date(2026, 12, 11), "4 days overdue", "4 days ago"),
        (date(2026, 12, 14), "1 day overdue", "yesterday"),
        (date(2026, 12, 15), "today", "today"),
        (date(2026, 12, 16), "tomorrow", "tomorrow"),
        (date(2026, 12, 18), "in 3 days", "in 3 days"),
    ],
)
def test_how_far_off_a_day_is(day: date, promised: str, past: str) -> None:
    assert dates.due(day, TODAY) == promised
    assert dates.ago(day, TODAY) == past


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 12, 18, 14, 15, tzinfo=UTC), "Friday 18 December 2026 at 2:15pm"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "Wednesday 1 July 2026 at midnight"),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "Wednesday 1 July 2026 at midday"),
        (datetime(2026, 1, 5, 0, 5, tzinfo=UTC), "Monday 5 January 2026 at 12:05am"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sunday 29 March 2026 at 2am"),
    ],
)
def test_moments_are_london_time_in_summer_and_winter(instant: datetime, words: str) -> None:
    assert dates.moment(instant) == words


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_long_dates_agree_with_the_calendar(day: date) -> None:
    assert dates.long_date(day) == f"{day:%A} {day.day} {day:%B %Y}"
    assert dates.due(day, day + timedelta(days=2)) == "2 days overdue"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_what_ends_at_the_midnight_after_a_day_holds_until_that_day(day: date) -> None:
    end = midnight(day + timedelta(days=1))
    assert (
        dates.last_day(end)
        == dates.last_day(midnight(day) + timedelta(hours=1))
        == dates.last_day(day)
        == dates.short_date(day)
    )
    assert (
        dates.short_date(end) == dates.last_day(end + timedelta(seconds=1)) == dates.short_date(day + timedelta(days=1))
    )


def test_numbers_of_things() -> None:
    assert [dates.plural(n, "action") for n in (0, 1, 2)] == ["0 actions", "1 action", "2 actions"]
    assert dates.plural(2, "agency", "agencies") == "2 agencies"
