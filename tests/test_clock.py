"""Days begin at midnight in London, in Python and in the database alike, and twice a year they have 23 or 25 hours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm import clock
from tests.actions.story import OAKFIELD, SENCO, action, open_story
from tests.client import application, sign_in

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
DAY = timedelta(days=1)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_every_instant_is_on_one_day(instant: datetime) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: instant)
        today = clock.today()
    assert clock.midnight(today) <= instant < clock.midnight(today + DAY)


def test_the_nights_when_clocks_change() -> None:
    hours = {day: (clock.midnight(day + DAY) - clock.midnight(day)).seconds / 3600 for day in (SPRING, AUTUMN)}
    assert hours == {SPRING: 23, AUTUMN: 1}  # 25 hours: a day, and one more
    assert clock.midnight(SPRING) == datetime(2027, 3, 28, 0, tzinfo=UTC)
    assert clock.midnight(SPRING + DAY) == datetime(2027, 3, 28, 23, tzinfo=UTC)
    assert clock.midnight(AUTUMN + DAY) == datetime(2027, 11, 1, 0, tzinfo=UTC)


async def test_the_database_begins_its_days_with_us(db) -> None:
    days = [date(2026, 1, 1) + n * DAY for n in range(800)]
    async with db.admin() as admin:
        theirs = await admin.fetch("SELECT london_midnight(d) FROM unnest($1::date[]) d", days)
    assert [row[0] for row in theirs] == [clock.midnight(day) for day in days]


@pytest.mark.parametrize("day", [SPRING, SPRING + DAY, AUTUMN, AUTUMN + DAY, date(2027, 7, 1)])
async def test_an_action_is_overdue_from_midnight_in_london(db, monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Due on the day before `day`: not overdue a minute before midnight, overdue a minute after."""
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        due = action(OAKFIELD, due_on=(day - DAY).isoformat())
        assert (await senco.post(f"/cases/{story.case_id}/actions", due)).status_code == 201
        found = {}
        for minutes in (-1, 1):
            then = clock.midnight(day) + timedelta(minutes=minutes)
            await db.put_clock_forward(then - datetime.now(UTC))
            monkeypatch.setattr(clock, "now", lambda then=then: then)
            late = await sign_in(client, SENCO)
            found[minutes] = len((await late.get("/actions", overdue="true")).json()["items"])
            monkeypatch.undo()
    assert found == {-1: 0, 1: 1}
