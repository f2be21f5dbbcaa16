"""Days that can be a last or first one, and the answer each open case needs."""

from datetime import date, timedelta

import pytest

from ecm.moves.rules import case_problems, first_day_problem, last_day_problem

TODAY = date(2026, 11, 22)
CASES = {1: "ECM-1111-11", 2: "ECM-2222-22"}


@pytest.mark.parametrize(("days", "sound"), [(0, True), (366, True), (-366, True), (367, False), (-367, False)])
def test_a_day_is_within_a_year(days, sound):
    day = TODAY + timedelta(days=days)
    assert (last_day_problem(day, TODAY), first_day_problem(day, TODAY)) == (None, None) or not sound
    assert sound or (last_day_problem(day, TODAY) and first_day_problem(day, TODAY))


def test_nobody_leaves_before_they_came():
    assert last_day_problem(date(2026, 9, 1), TODAY, date(2026, 9, 1)) is None
    assert "before the pupil came" in last_day_problem(date(2026, 8, 31), TODAY, date(2026, 9, 1))
    assert last_day_problem(date(9999, 12, 31), TODAY)
    assert last_day_problem(date(1, 1, 1), TODAY)


def test_every_open_case_needs_an_answer_that_can_be_done():
    both = {1: "keep", 2: "hand_over"}
    assert case_problems(CASES, both, "school") == {}
    assert set(case_problems(CASES, both, "unknown")) == {"cases.2"}
    assert set(case_problems(CASES, {1: "keep"}, "school")) == {"cases.2"}
    assert set(case_problems(CASES, both | {3: "keep"}, "school")) == {"cases.3"}
    assert case_problems({}, {}, "home") == {}
