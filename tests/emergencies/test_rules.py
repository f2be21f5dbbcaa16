"""Working days in England, and the two ways to name a pupil."""

from datetime import UTC, date, datetime

import pytest

from ecm.emergencies.rules import bank_holidays, problem_of, review_by, review_day

# Source: gov.uk/bank-holidays, England and Wales, as published for these years.
PUBLISHED = {
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_are_published(year):
    assert bank_holidays(year) == {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}


@pytest.mark.parametrize(
    ("opened", "last_day"),
    [
        ("2026-11-23T09:00", "2026-11-25"),  # a Monday
        ("2026-11-20T17:00", "2026-11-24"),  # a Friday
        ("2026-11-21T03:00", "2026-11-24"),  # a Saturday counts as no day
        ("2026-12-24T18:00", "2026-12-30"),  # Christmas, and a Monday instead of Boxing Day
        ("2026-04-02T12:00", "2026-04-08"),  # Easter, in summer time
        ("2026-06-01T23:30", "2026-06-04"),  # it is Tuesday in London already
    ],
)
def test_a_review_has_two_whole_working_days(opened, last_day):
    by = review_by(datetime.fromisoformat(opened).replace(tzinfo=UTC))
    assert review_day(by) == date.fromisoformat(last_day)
    assert by > datetime.fromisoformat(last_day + "T22:59:59").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("named", "sound"),
    [
        (("A1", None, None, None), True),
        ((None, "Leila", "Reid", date(2018, 2, 14)), True),
        ((None, "Suhaila", None, date(2017, 11, 3)), True),
        ((None, "Leila", "Reid", None), False),
        ((None, None, "Reid", date(2018, 2, 14)), False),
        ((None, None, None, None), False),
        (("A1", "Leila", None, None), False),
    ],
)
def test_a_pupil_is_named_in_one_of_two_ways(named, sound):
    assert bool(problem_of(*named)) is not sound
