"""When to try again, and when to stop. Pure.

Source: RFC 5321, 4.5.4.1 (try again with growing patience, for days); RFC 5321, 4.2.1 (5xx is final); ADR 0015.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the post is. `stale`: silence after which a job is taken from a worker that died."""

    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=3)
    stale: timedelta = timedelta(seconds=30)
    sweep_every: timedelta = timedelta(minutes=1)


PACE = Pace()
TOO_LONG = timedelta(hours=1)  # a message that waits longer is shown to who keeps the post going
SHOWN_FOR = timedelta(days=30)


def wait_before_next(tries: int, chance: float, pace: Pace = PACE) -> timedelta:
    """How long to wait after this many tries: twice as long each time, half of it left to chance (0 to 1).

    Chance spreads what failed together, so that a server coming back is not met by everything at once.
    Source: RFC 5321, 4.5.4.1.
    """
    full = min(pace.first_wait * 2 ** min(tries - 1, 30), pace.longest_wait)
    return full * (0.5 + chance / 2)


def next_try(
    now: datetime, waiting_since: datetime, useful_until: datetime, wait: timedelta, pace: Pace = PACE
) -> timedelta | None:
    """The wait, if a try after it still comes before everybody would have given up; else None. Source: RFC 5321, 4.5.4.1."""
    return wait if now + wait < min(waiting_since + pace.give_up, useful_until) else None
