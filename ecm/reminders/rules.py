"""When somebody is reminded, and of what. Pure.

A reminder goes out on a working morning on which something of the worker's has come to a step of its cadence; it then
counts everything of theirs that is outstanding, so that one letter says it all and most days bring none.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
AT = time.fromisoformat("07:00")

# Days after the day a thing counts from (the due day, or the day it was sent) on which it is a reason to write.
# After the last of them it is one every WEEKLY days. Source: local decision of 22 November 2026, to be confirmed by an
# area each September (ADR 0015).
STEPS: dict[str, tuple[int, ...]] = {
    "action": (-3, 1),
    "review": (-7, 1),
    "consent": (7,),
    "invitation": (3,),
    "handover": (7,),
}
WEEKLY = 7
SOON = {"action": 3, "review": 7}
WORDS = {"review": "reviews", "consent": "unanswered", "invitation": "invitations", "handover": "handovers"}


@dataclass(frozen=True, slots=True)
class Work:
    """Something not done yet, and whether its case still runs."""

    kind: str
    counts_from: date
    case_open: bool = True
    pupil_lives: bool = True
    on_roll: bool = True


def counted_as(work: Work, today: date) -> str | None:
    """The word of the letter under which this counts today; None when nobody is to hear of it.

    Never for a case that is not open, a pupil who has died or who has left the school. Source: ADR 0015.
    """
    if not (work.case_open and work.pupil_lives and work.on_roll):
        return None
    days = (today - work.counts_from).days
    if work.kind == "action":
        return "overdue" if days > 0 else "due_soon" if days >= -SOON["action"] else None
    least = -SOON["review"] if work.kind == "review" else STEPS[work.kind][0]
    return WORDS[work.kind] if days >= least else None


def comes_to_a_step(work: Work, after: date, today: date) -> bool:
    """Whether its cadence has a step after `after` (the last day of reminders) and not after today. Source: ADR 0015."""
    steps = STEPS[work.kind]
    before, now = (after - work.counts_from).days, (today - work.counts_from).days
    return _steps_until(steps, now) > _steps_until(steps, before)


def _steps_until(steps: tuple[int, ...], day: int) -> int:
    return sum(step <= day for step in steps) + max(0, (day - steps[-1]) // WEEKLY)


def letter_for(works: Iterable[Work], after: date, today: date) -> dict[str, int]:
    """How much of each kind to tell one worker this morning; empty when there is no reason to write. Source: ADR 0015."""
    heard = [(work, word) for work in works if (word := counted_as(work, today))]
    if not any(comes_to_a_step(work, after, today) for work, _ in heard):
        return {}
    return dict(Counter(word for _, word in heard))


def run_day(now: datetime) -> date | None:
    """The day in London whose reminders are due at this instant; None before seven in the morning and at weekends.

    Source: ADR 0015.
    """
    there = now.astimezone(LONDON)
    return there.date() if (there.hour, there.minute) >= (AT.hour, AT.minute) and there.weekday() < 5 else None


def next_run(now: datetime) -> datetime:
    """The next instant after `now` at which reminders begin: seven in London on a working day, whatever the clocks do.

    Source: ADR 0015; Summer Time Act 1972, section 1.
    """
    day = now.astimezone(LONDON).date()
    while (run := datetime.combine(day, AT, LONDON).astimezone(UTC)) <= now or day.weekday() >= 5:
        day += timedelta(days=1)
    return run
