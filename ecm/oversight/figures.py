"""Monthly figures: how many events of each sort, by month and by kind of organisation. No person, no pupil, no case."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecm.audit.events import Event
from ecm.audit.queries import auditors_only
from ecm.clock import today
from ecm.database import Actor, acting_as, outside_the_log, proof
from ecm.oversight.rules import month_after, months_until
from ecm.oversight.words import KINDS, SORTS

COUNT_EVERY = 600  # seconds
FIGURES = "SELECT * FROM audit_figures($1, $2)"


@dataclass(frozen=True, slots=True)
class Figures:
    """Twelve months in order; how many events by (month, sort), and by (kind of organisation, sort) over all of them."""

    months: list[date]
    by_month: dict[tuple[date, str], int]
    by_kind: dict[tuple[str, str], int]

    @property
    def kinds(self) -> list[str]:
        """The kinds of which there is anything, in their order."""
        found = {kind for kind, _ in self.by_kind}
        return [kind for kind in KINDS if kind in found]

    def month(self, month: date, sort: str) -> int:
        """How many in one month."""
        return self.by_month.get((month, sort), 0)

    def kind(self, kind: str, sort: str) -> int:
        """How many of one kind of organisation, in all months together."""
        return self.by_kind.get((kind, sort), 0)


async def show_figures(actor: Actor, last: date | None, *, taken: bool = False) -> Figures:
    """The twelve months that end with the month of `last`, by default the present one.

    Records audit:counted, or audit:exported when they are `taken` away. Raises: NotAllowed.
    """
    months = months_until(last or today())
    async with acting_as(actor, "audit") as act:
        with auditors_only():
            rows = await act.rows(FIGURES, months[0], month_after(months[-1]))
        event = Event.AUDIT_EXPORTED if taken else Event.AUDIT_COUNTED
        act.record(event, outcome="shown", part="figures", until_month=int(months[-1].strftime("%Y%m")))
    found = Figures(months, {}, {})
    for row in rows:
        _add(found.by_month, (row["month"], row["what"]), row["number"])
        _add(found.by_kind, (row["kind"], row["what"]), row["number"])
    return found


def _add(counts: dict[Any, int], key: tuple[Any, str], number: int) -> None:
    counts[key] = counts.get(key, 0) + number


def sheet_of(found: Figures) -> tuple[list[str], list[list[str | int]]]:
    """The same as heads and rows: by month, then by kind."""
    rows: list[list[str | int]] = [
        [f"{month:%Y-%m}", "All", *(found.month(month, sort) for sort in SORTS)] for month in found.months
    ]
    span = f"{found.months[0]:%Y-%m} to {found.months[-1]:%Y-%m}"
    rows += [[span, KINDS[kind], *(found.kind(kind, sort) for sort in SORTS)] for kind in found.kinds]
    return ["Month", "Kind of organisation", *SORTS.values()], rows


async def keep_counting(stop: asyncio.Event) -> None:
    """Count each day that is over, so that nobody waits for it when the figures are asked for."""
    while not stop.is_set():
        while not stop.is_set() and await count_next_day() is not None:
            pass
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), COUNT_EVERY)


async def count_next_day() -> date | None:
    """Count the next day that is over, and an hour more; which day, None when there is none."""
    async with outside_the_log("figures") as act:
        counted: date | None = await act.value("SELECT audit_count_next_day($1)", proof("audit_count_next_day"))
    return counted
