"""When somebody is reminded, against a slow model that writes down every day of a cadence."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.clock import LONDON
from ecm.reminders.rules import Work, letter_for, next_run, run_day

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
BEGUN = date(2026, 7, 1)
FIRST_HEARD = {"action": -3, "review": -7, "consent": 7, "invitation": 3, "handover": 7}
REASONS = {"action": (-3, 1), "review": (-7, 1), "consent": (7,), "invitation": (3,), "handover": (7,)}


def works(near: date) -> st.SearchStrategy[Work]:
    return st.builds(
        Work,
        st.sampled_from(list(REASONS)),
        st.integers(-60, 60).map(lambda n: near + timedelta(days=n)),
        *[st.sampled_from([True, True, True, False])] * 3,
    )


def model(each: list[Work], after: date, today: date) -> dict[str, int]:
    """The slow plain way: every reason to write is a day on a list."""
    heard: dict[str, int] = {}
    reason = False
    for work in each:
        day = timedelta(days=1)
        if not work.case_open or not work.pupil_lives or not work.on_roll:
            continue
        if today < work.counts_from + FIRST_HEARD[work.kind] * day:
            continue
        late = today > work.counts_from
        word = {
            "action": "overdue" if late else "due_soon",
            "review": "reviews",
            "consent": "unanswered",
            "handover": "handovers",
        }
        name = word.get(work.kind, "invitations")
        heard[name] = heard.get(name, 0) + 1
        steps = [work.counts_from + n * day for n in REASONS[work.kind]]
        while steps[-1] < today:
            steps.append(steps[-1] + 7 * day)
        reason = reason or any(after < step <= today for step in steps)
    return heard if reason else {}


@given(st.data(), st.integers(1, 20))
def test_what_is_told_is_what_the_model_says(data, gap):
    each = data.draw(st.lists(works(BEGUN), max_size=6))
    assert letter_for(each, BEGUN - timedelta(days=gap), BEGUN) == model(each, BEGUN - timedelta(days=gap), BEGUN)


@given(works(BEGUN))
def test_of_one_thing_nobody_hears_more_than_once_a_week_or_at_all_when_its_case_does_not_run(work):
    told = []
    for n in range(120):
        today = BEGUN + timedelta(days=n)
        if letter_for([work], today - timedelta(days=1), today):
            told.append(today)
    runs = work.case_open and work.pupil_lives and work.on_roll
    assert bool(told) == runs or not runs
    assert runs or not told
    gaps = [(b - a).days for a, b in pairwise(told)]
    assert all(gap in (4, 7, 8) for gap in gaps)  # 4 and 8: from before the day to after it


@given(st.lists(works(BEGUN), max_size=8), st.integers(0, 7))
def test_a_day_without_reminders_loses_none_of_them(each, gap):
    """Whoever was to hear on a day when nothing ran hears on the next that does, if it is still so."""
    days = [BEGUN + timedelta(days=n) for n in range(gap + 1)]
    daily = [letter_for(each, day - timedelta(days=1), day) for day in days]
    once = letter_for(each, days[0] - timedelta(days=1), days[-1])
    assert bool(once) >= any(daily)


def slow_next_run(now: datetime) -> datetime:
    """Look at every minute there is."""
    at = now.replace(second=0, microsecond=0)
    while True:
        at += timedelta(minutes=1)
        there = at.astimezone(LONDON)
        if (there.hour, there.minute) == (7, 0) and there.weekday() < 5:
            return at


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
def test_the_next_run_is_at_seven_in_london_also_when_the_clocks_change(night):
    for hours in range(-60, 60, 5):
        for minutes in (0, 1, 59):
            now = night + timedelta(hours=hours, minutes=minutes)
            assert next_run(now) == slow_next_run(now)
    friday, monday = next_run(night - timedelta(days=2)), next_run(night)
    hours = (monday - friday) / timedelta(hours=1)
    assert (friday.hour, monday.hour, hours) in ((7, 6, 71), (6, 7, 73))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_a_run_belongs_to_the_day_in_london_and_comes_once_for_each_working_day(now):
    run = next_run(now)
    assert now < run <= now + timedelta(days=3, hours=1)
    assert run_day(run) == run.astimezone(LONDON).date()
    assert run_day(run - timedelta(microseconds=1)) is None
    day = run_day(now)
    assert day is None or (day == now.astimezone(LONDON).date() and day < run.astimezone(LONDON).date())


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), None),  # past midnight in London already
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 5, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), None),
        (datetime(2026, 12, 1, 7, 0, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2026, 12, 5, 12, 0, tzinfo=UTC), None),  # a Saturday
    ],
)
def test_midnight_and_seven_are_londons(now, day):
    assert run_day(now) == day
