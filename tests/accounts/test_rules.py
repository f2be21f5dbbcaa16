from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.accounts.rules import (
    ABSOLUTE_LIMIT,
    IDLE_LIMIT,
    address_group,
    blocks_online_consent,
    code_is_usable,
    read_code,
    retry_after,
    session_ends_at,
    session_warns_at,
    tries_left,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

counts = st.integers(0, 100_000)
instants = st.one_of(st.none(), st.integers(-100_000, 1000).map(lambda each: NOW + each * SECOND))


def test_a_session_ends_after_15_idle_minutes_and_after_10_hours_whatever_happens() -> None:
    assert session_ends_at(NOW, NOW) == NOW + timedelta(minutes=15) == NOW + IDLE_LIMIT
    assert session_ends_at(NOW, NOW + timedelta(hours=9)) == NOW + timedelta(hours=9, minutes=15)
    assert session_ends_at(NOW, NOW + timedelta(hours=9, minutes=50)) == NOW + timedelta(hours=10)
    assert session_ends_at(NOW, NOW + timedelta(hours=30)) == NOW + ABSOLUTE_LIMIT
    assert session_warns_at(NOW, NOW) == NOW + timedelta(minutes=13)


# ------------------------------------------------------------------------------------------------- slowing guesses


class Attack:
    """Failures on one account as the database would count them: one list of (when, where)."""

    def __init__(self, known: bool = False) -> None:
        self.failures: list[tuple[datetime, str]] = []
        self.known = known

    def wait(self, where: str, now: datetime) -> int:
        recent = [(at, place) for at, place in self.failures if at > now - DAY]
        here = [at for at, place in recent if place == where]
        elsewhere = [at for at, place in recent if place != where]
        return retry_after(
            now,
            known=self.known,
            failures_here=len(here),
            failures_elsewhere=len(elsewhere),
            failures_from_address=0,
            last_here=max(here, default=None),
            last_elsewhere=max(elsewhere, default=None),
        )

    def guesses_a_day(self, where: Callable[[int], str], days: float = 3) -> int:
        """The most guesses in any 24 hours when each is made the moment it is let through."""
        now = NOW
        while now < NOW + days * DAY:
            place = where(len(self.failures))
            now += self.wait(place, now) * SECOND
            self.failures.append((now, place))
        times = [at for at, _ in self.failures]
        return max(sum(start <= at < start + DAY for at in times) for start in times)


def test_guesses_per_day_are_bounded_as_promised() -> None:
    assert Attack(known=True).guesses_a_day(lambda _: "here") == 109
    assert Attack().guesses_a_day(lambda _: "one stranger") == 109
    assert Attack().guesses_a_day(lambda n: f"stranger {n}") == 204
    assert Attack().guesses_a_day(lambda n: f"stranger {n // 5}") == 204


def test_guesses_from_one_address_on_many_accounts_are_bounded_as_promised() -> None:
    now, made = NOW, [NOW]
    while now < NOW + 2 * DAY:
        recent = sum(at > now - DAY for at in made[-2000:])
        now += SECOND * retry_after(
            now,
            failures_here=0,
            failures_elsewhere=0,
            failures_from_address=recent,
            last_from_address=made[-1],
            known=False,
        )
        made.append(now)
    assert max(sum(start <= at < start + DAY for at in made) for start in made[::50]) == 1494


def test_a_siege_by_strangers_stops_strangers_and_nobody_else() -> None:
    siege = Attack()
    siege.guesses_a_day(lambda n: f"stranger {n}", days=0.5)
    now = siege.failures[-1][0]
    assert 0 < siege.wait("somebody new", now) <= 900
    siege.known = True
    assert siege.wait("their own desk", now) == 0


def test_the_first_tries_cost_nothing_then_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    def wait(failures: int, ago: int = 0) -> int:
        last = NOW - ago * SECOND
        return retry_after(
            NOW, failures_here=failures, failures_elsewhere=0, failures_from_address=0, known=True, last_here=last
        )

    assert [wait(failures) for failures in range(12)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64]
    assert [wait(14), wait(15), wait(1000)] == [512, 900, 900]
    assert [wait(15, 899), wait(15, 900)] == [1, 0]


@given(counts, counts, counts, st.booleans(), instants, instants, instants, st.tuples(counts, counts, counts))
def test_waits_grow_with_failures_end_within_15_minutes_and_strangers_never_delay_a_known_place(
    here: int,
    address: int,
    elsewhere: int,
    known: bool,
    last_here: datetime | None,
    last_address: datetime | None,
    last_elsewhere: datetime | None,
    more: tuple[int, int, int],
) -> None:
    def wait(here: int, address: int, elsewhere: int, known: bool = known, now: datetime = NOW) -> int:
        return retry_after(
            now,
            failures_here=here,
            failures_from_address=address,
            failures_elsewhere=elsewhere,
            known=known,
            last_here=last_here,
            last_from_address=last_address,
            last_elsewhere=last_elsewhere,
        )

    asked = wait(here, address, elsewhere)
    assert 0 <= asked <= 900
    assert asked <= wait(here + more[0], address + more[1], elsewhere + more[2])
    assert wait(here, address, elsewhere, known=True) == wait(here, 0, 0, known=True)
    assert wait(here, address, elsewhere, known=True) <= wait(here, address, elsewhere, known=False)
    # Nobody's clock is more than 1,000 s ahead here: whoever waits that long and the longest wait gets a turn.
    assert wait(here, address, elsewhere, now=NOW + 1900 * SECOND) == 0


@pytest.mark.parametrize(
    ("same", "other"),
    [
        (["203.0.113.7", " 203.0.113.7 ", "::ffff:203.0.113.7", "::FFFF:CB00:7107"], "203.0.113.8"),
        (["2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::%eth0"], "2001:db8:1:3::1"),
        (["", "unknown", "203.0.113.999", "/run/socket", "203.0.113.7, 10.0.0.1"], "10.0.0.1"),
    ],
)
def test_addresses_of_one_household_are_one_group(same: list[str], other: str) -> None:
    groups = {address_group(each) for each in same}
    assert len(groups) == 1
    assert address_group(other) not in groups


# --------------------------------------------------------------------------------------------------- codes by text


def test_a_code_is_read_as_people_type_it() -> None:
    for typed in ("012345", "012 345", " 012-345\n", "０１２３４５", "٠١٢٣٤٥"):
        assert read_code(typed) == "012345"
    for wrong in ("", "12345", "0123456", "01234x", "0x1234", "-+1234", "①②③④⑤⑥", "0,12345"):
        assert read_code(wrong) is None


def test_a_code_works_for_10_minutes_and_5_tries_on_its_link() -> None:
    assert code_is_usable(NOW, NOW, 0)
    assert code_is_usable(NOW, NOW + timedelta(minutes=10) - SECOND, 4)
    assert not code_is_usable(NOW, NOW + timedelta(minutes=10), 0)
    assert not code_is_usable(NOW, NOW - SECOND, 0)
    assert not code_is_usable(NOW, NOW, 5)
    assert [tries_left(tries) for tries in (0, 4, 5, 6)] == [5, 1, 0, 0]
    for tries in range(8):
        assert code_is_usable(NOW, NOW, tries) == (tries_left(tries) > 0)


def test_a_number_changed_in_the_last_14_days_carries_no_consent() -> None:
    assert not blocks_online_consent(None, NOW)
    assert blocks_online_consent(NOW, NOW)
    assert blocks_online_consent(NOW - 14 * DAY + SECOND, NOW)
    assert not blocks_online_consent(NOW - 14 * DAY, NOW)
    assert blocks_online_consent(NOW + SECOND, NOW)
