"""What is told from events by looking at them, and the figures as bars."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.oversight.charts import bar_chart
from ecm.oversight.rules import month_after, months_until, numbers_in, pause_before, pause_words, stopped
from ecm.oversight.words import why

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.integers(0, 5000))
def test_a_pause_is_half_an_hour_or_more_and_its_words_add_up(minutes):
    pause = pause_before(NOON + timedelta(minutes=minutes, seconds=59), NOON)
    assert (pause is None) == (minutes < 30)
    if pause:
        hours, rest = (re.search(rf"(\d+) {unit}", pause_words(pause)) for unit in ("hour", "minute"))
        assert int(hours[1] if hours else 0) * 60 + int(rest[1] if rest else 0) == minutes
    assert pause_before(NOON, None) is None


def test_twelve_months_over_the_turn_of_the_year():
    months = months_until(date(2026, 2, 28))
    assert (months[0], months[-1], len(months)) == (date(2025, 3, 1), date(2026, 2, 1), 12)
    assert [month_after(each) for each in months[:-1]] == months[1:]
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)


def test_sealing_has_stopped_when_something_waits_for_minutes():
    assert not stopped(None, NOON)
    assert not stopped(NOON, NOON + timedelta(seconds=100))
    assert stopped(NOON, NOON + timedelta(seconds=121))


@pytest.mark.parametrize(("typed", "upn", "reference"), [
    ("h999200126001", "H999200126001", ""), (" H 9992-0012 6001", "H999200126001", ""), ("ecm 7k4p 2q", "", "ECM-7K4P-2Q"),
    ("7K4P2Q", "", "ECM-7K4P-2Q"), ("Leila", "", ""), ("'; --", "", ""), ("½" * 32, "", ""),
])  # fmt: skip
def test_a_number_on_paper_is_read_in_the_one_way_it_is_stored(typed, upn, reference):
    assert numbers_in(typed) == (None, upn, reference)


@given(st.uuids())
def test_an_id_is_read_however_it_is_written(made: UUID):
    assert numbers_in(str(made))[0] == numbers_in(f" {str(made).upper()} ")[0] == made


def test_why_somebody_could_in_words():
    assert why("consent:own_record") == "The family agreed; wrote something there"
    assert why(None) == why("") == ""


def test_every_bar_is_written_out_and_nothing_runs():
    drawn = bar_chart("views", "<b>Views</b>", [("Oct 26", 12_345), ("Nov 26", 0)])
    assert ">12,345<" in drawn
    assert "Oct 26 12,345; Nov 26 0." in drawn
    assert "<b>" not in drawn
    assert "style" not in drawn
    assert re.findall(r'rect [^>]*width="([\d.]+)"', drawn) == ["280.0", "0.0"]
    assert 'width="0.0"' in bar_chart(f"n{uuid4().hex}", "None", [("Nov 26", 0)])
