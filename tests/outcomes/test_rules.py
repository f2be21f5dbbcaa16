"""On the way or not, whichever way the number is to go; and a chart that says what its table says."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ecm.cases.rules import expected, trajectory
from ecm.outcomes.rules import category_of, past_problem, start_problem, years_on
from ecm.web.charts import HEIGHT, WIDTH, is_charted, outcome_chart

START, DUE = date(2026, 1, 1), date(2026, 4, 11)  # a hundred days
NUMBERS = st.decimals(-9999, 9999, places=2).map(float)
DAYS = st.integers(-50, 150).map(lambda n: START + timedelta(days=n))


def test_a_straight_line_from_the_start_to_the_target():
    half = START + timedelta(days=50)
    assert expected(20, 60, START, DUE, half) == 40
    rising = [trajectory(20, 60, START, DUE, (half, value)) for value in (35.9, 36, 40, 44, 44.1, 10, 90)]
    assert rising == ["below", "at", "at", "at", "above", "below", "above"]
    falling = [trajectory(10, 0, START, DUE, (half, value)) for value in (6.1, 5, 3.9)]
    assert falling == ["below", "at", "above"]
    assert trajectory(20, 60, START, DUE, (DUE + timedelta(days=90), 60)) == "at"
    assert trajectory(20, 60, START, START, (START, 20)) == "below"  # due when it began
    missing: list[tuple[Any, ...]] = [
        (None, 60, START, DUE, (half, 1)), (20, None, START, DUE, (half, 1)), (20, 60, START, None, (half, 1)),
        (20, 60, START, DUE, None), (20, 20, START, DUE, (half, 1)),
    ]  # fmt: skip
    assert [trajectory(*each) for each in missing] == [None] * 5


@given(NUMBERS, NUMBERS, NUMBERS, DAYS)
def test_it_does_not_matter_which_way_the_number_is_to_go(baseline, target, value, on):
    upright = trajectory(baseline, target, START, DUE, (on, value))
    assert upright == trajectory(-baseline, -target, START, DUE, (on, -value))
    assert (upright is None) == (baseline == target)


def test_days_and_kinds_of_information():
    opened, today = date(2024, 2, 29), date(2026, 5, 1)
    assert years_on(opened, -1) == date(2023, 2, 28)
    assert [bool(past_problem(day, opened, today)) for day in (date(2023, 2, 27), date(2023, 2, 28), today)] == [
        1,
        0,
        0,
    ]
    assert past_problem(today + timedelta(days=1), opened, today)
    assert [bool(start_problem(day, opened, today)) for day in (date(2027, 5, 1), date(2027, 5, 2))] == [0, 1]
    assert [category_of("pupil", None, False), category_of("family", None, False)] == ["classroom", "family"]
    assert [category_of("pupil", None, True), category_of("pupil", "health", False)] == ["family", "health"]


def outcome(baseline: float | None, target: float | None, values: list[float], due: bool = True) -> dict[str, Any]:
    points = [{"measured_on": START + timedelta(days=7 * n), "value": v} for n, v in enumerate(values)]
    return {
        "id": UUID(int=1), "title": "Reads <b>", "measure": "Words & lines", "baseline": baseline, "target": target,
        "due_on": DUE if due else None, "starts_on": START, "measurements": points,
    }  # fmt: skip


@given(NUMBERS, NUMBERS, st.lists(NUMBERS, max_size=6), st.booleans())
def test_any_chart_is_sound_svg_inside_its_frame(baseline, target, values, due):
    drawn = ElementTree.fromstring(outcome_chart(outcome(baseline, target, values, due)))
    of = "{http://www.w3.org/2000/svg}"
    assert [each.tag for each in list(drawn)[:2]] == [of + "title", of + "desc"]
    assert drawn.find(of + "title").text == "Reads <b>: Words & lines"
    assert len(drawn.findall(of + "circle")) == len(values)
    for each in drawn.iter():
        assert "style" not in each.attrib
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(name, 0)) <= WIDTH
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.get(name, 0)) <= HEIGHT


def test_a_chart_needs_all_three_and_says_them_in_words():
    for baseline, target in ((None, 1), (1, None)):
        assert not is_charted(outcome(baseline, target, [1]))
        assert outcome_chart(outcome(baseline, target, [1])) == ""
    told = re.sub(r"<[^>]+>", "|", outcome_chart(outcome(-1.5, 60, [2, 30.25])))
    assert "From −1.5 on 1 January 2026 to 60 by 11 April 2026. Measured 2 times, last 30.25 on 8 January 2026." in told
