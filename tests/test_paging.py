"""A cursor goes on exactly where its list stopped, and nothing else that is sent as one gets past 422."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.errors import Refused
from ecm.paging import Page, cursor_of, page_asked, page_of

START = (datetime(1, 1, 2, tzinfo=UTC), date.min, UUID(int=0), "")
KEYS = st.tuples(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    st.dates(),
    st.uuids(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)


@given(KEYS)
def test_a_cursor_brings_back_the_key_it_was_made_from(key: tuple[Any, ...]) -> None:
    assert page_asked(10, cursor_of(*key)).after(*START) == key
    assert Page().after(*START) == START


@given(st.text(max_size=600) | st.binary(max_size=400).map(lambda each: urlsafe_b64encode(each).decode()))
def test_what_is_no_cursor_of_ours_is_refused(text: str) -> None:
    if not text:
        return
    with pytest.raises(Refused) as refused:
        page_asked(10, text).after(*START)
    assert set(refused.value.problems) == {"cursor"}


@pytest.mark.parametrize(
    "key",
    [
        (date(2026, 9, 1), UUID(int=7)),  # of another list
        (date(2026, 9, 1), date.min, UUID(int=7), ""),  # a day is no instant
        ("2026-09-01T10:00:00", date.min, UUID(int=7), ""),  # nor is an instant without its offset
        ("0001-01-01T00:00:00+14:00", date.min, UUID(int=7), ""),
        (datetime(2026, 9, 1, tzinfo=UTC), "2026-02-30", UUID(int=7), ""),
        (datetime(2026, 9, 1, tzinfo=UTC), date.min, "7", ""),
        (datetime(2026, 9, 1, tzinfo=UTC), date.min, UUID(int=7), "\0"),
    ],
)
def test_a_key_of_the_wrong_shape_is_refused(key: tuple[Any, ...]) -> None:
    with pytest.raises(Refused):
        page_asked(10, cursor_of(*key)).after(*START)


@pytest.mark.parametrize("limit", [-1, 0, 101])
def test_a_page_has_1_to_100_rows(limit: int) -> None:
    with pytest.raises(Refused) as refused:
        page_asked(limit)
    assert set(refused.value.problems) == {"limit"}
    assert [page_asked(good).limit for good in (1, 100)] == [1, 100]


def test_the_row_over_says_that_there_is_more() -> None:
    assert page_of([1, 2, 3], 2) == ([1, 2], True)
    assert page_of([1, 2], 2) == ([1, 2], False)
