"""Home's one list against a plain model of it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ecm.agencies.permissions import GRANTS
from ecm.home.rules import (
    KINDS,
    Need,
    answer_expected_by,
    below_way,
    last_review_day,
    most_urgent_first,
    next_things,
    reply_by,
)

DAYS = st.dates(date(2026, 11, 1), date(2026, 12, 20))
WORDS = st.text(alphabet="abB", max_size=2)
NEEDS = st.builds(
    Need, kind=st.sampled_from(KINDS), subject=st.integers(0, 5), who=WORDS, what=WORDS, due=st.none() | DAYS,
    href=st.just("/"), button=st.just("Open"),
)  # fmt: skip


def weight(need: Need) -> tuple[int, date]:
    return KINDS.index(need.kind), need.due or date.max


@given(st.lists(NEEDS, max_size=12))
def test_the_list_names_everything_once_and_what_is_longest_overdue_comes_first(needs: list[Need]) -> None:
    found = most_urgent_first(needs)
    assert {need.subject for need in found} == {need.subject for need in needs}
    assert len({need.subject for need in found}) == len(found)
    for need in found:
        assert weight(need) == min(weight(each) for each in needs if each.subject == need.subject)
    for place, one in enumerate(found):
        for later in found[place + 1 :]:
            if one.due is None or later.due is None:
                assert later.due is None
            else:
                assert one.due <= later.due
            if one.due == later.due:
                assert KINDS.index(one.kind) <= KINDS.index(later.kind)


@given(DAYS)
def test_days_are_counted_as_the_rules_say(day: date) -> None:
    assert (answer_expected_by(day), reply_by(day)) == (day + timedelta(days=7), day + timedelta(days=14))
    assert last_review_day(day) == day + timedelta(days=14)


def test_every_role_is_offered_two_things() -> None:
    for kind, role in GRANTS:
        offered = next_things(kind, role)
        assert len({href for _, href in offered}) == 2
        assert all(href.startswith("/") and text for text, href in offered)


@given(
    st.integers(-50, 50),
    st.integers(1, 40),
    st.booleans(),
    st.integers(1, 200),
    st.integers(0, 300),
    st.integers(-60, 60),
)
def test_behind_is_more_than_a_tenth_of_the_way_short_of_the_straight_line_today(
    start: int, span: int, falls: bool, days: int, gone: int, covered: int
) -> None:
    way = -span if falls else span
    begun = date(2026, 11, 1)
    now, due = begun + timedelta(days=gone), begun + timedelta(days=days)
    line = start + way * min(1, gone / days)
    last = start + (-covered if falls else covered)
    found = below_way(start, start + way, begun, due, last, now)
    short = (line - last) / way
    if abs(short - 0.1) > 1e-6:
        assert (found is not None) == (short > 0.1)
    assert found is None or abs(found - line) < 1e-6
