from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ecm.actions.rules import (
    OPEN,
    STATUSES,
    due_problem,
    is_overdue,
    last_due_day,
    move_problem,
    place,
    urgency,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
STATUS = st.sampled_from(STATUSES)
ENDED = tuple(status for status in STATUSES if status not in OPEN)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ACTION = st.tuples(STATUS, DAYS, INSTANTS)
ORDER_OF_URGENCY = ("overdue", "soon", "later", "ended")


@given(STATUS, STATUS, st.text(alphabet=" \n\tab", max_size=3))
def test_an_ended_action_can_only_be_opened_again_and_only_with_a_reason(before: str, after: str, why: str) -> None:
    problem = move_problem(before, after, why)
    if before == after or before in OPEN:
        assert problem is None
    elif after in ENDED:
        assert problem is not None
        assert "Open it again first" in problem
    else:
        assert (problem is None) == any(letter in why for letter in "ab")


@given(DAYS, DAYS, DAYS)
def test_a_date_lies_between_the_opening_of_the_case_and_three_years_from_today(
    due_on: date, opened_on: date, today: date
) -> None:
    problem = due_problem(due_on, opened_on, today)
    assert (problem is None) == (opened_on <= due_on <= last_due_day(today))


def test_three_years_from_today_is_the_same_day_of_the_year() -> None:
    assert last_due_day(date(2026, 9, 30)) == date(2029, 9, 30)
    assert last_due_day(date(2028, 2, 29)) == date(2031, 2, 28)


@given(STATUS, DAYS, st.integers(-400, 400))
def test_an_open_action_is_overdue_from_the_day_after_and_soon_for_the_week_before(
    status: str, today: date, left: int
) -> None:
    found = urgency(status, today + timedelta(days=left), today)
    expected = "ended" if status in ENDED else "overdue" if left < 0 else "soon" if left <= 7 else "later"
    assert found == expected
    assert is_overdue(status, today + timedelta(days=left), today) == (expected == "overdue")


@given(st.lists(ACTION, max_size=8), DAYS)
def test_a_list_puts_the_overdue_first_then_by_day_and_last_what_has_ended_newest_first(
    actions: list[tuple[str, date, datetime]], today: date
) -> None:
    found = sorted(actions, key=lambda each: place(*each))
    ranks = [ORDER_OF_URGENCY.index(urgency(status, due_on, today)) for status, due_on, _ in found]
    assert ranks == sorted(ranks)
    for (one, first, changed), (other, second, later_changed) in pairwise(found):
        if (one in OPEN) == (other in OPEN):
            assert first <= second if one in OPEN else changed >= later_changed
