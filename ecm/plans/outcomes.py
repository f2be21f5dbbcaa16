"""The outcomes in a plan, with what was measured on the way. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from ecm.agencies.words import OUTCOME_STATUS_LABELS
from ecm.plans.text import Row, text_in, worded


@dataclass(frozen=True)
class Measurement:
    """A point on the way: a number, and who measured it when."""

    measured_on: date
    value: float
    note: str
    author: str


@dataclass(frozen=True)
class Outcome:
    """What is to be reached. `state` is the code, `status` the words; numbers are in the unit of `measure`."""

    id: str
    title: str
    measure: str
    baseline: float | None
    target: float | None
    starts_on: date | None
    due_on: date | None
    state: str
    status: str
    agency: str
    measurements: tuple[Measurement, ...]

    @property
    def row(self) -> dict[str, Any]:
        """As a page shows it, for drawing its chart."""
        return asdict(self) | {"status": self.state, "measurements": [asdict(each) for each in self.measurements]}


def outcomes(rows: Iterable[Row]) -> tuple[Outcome, ...]:
    """What is to be reached; those still worked on first, soonest first.

    Keys: id, title, measure?, baseline?, target?, starts_on?, due_on?, status, agency?, measurements (measured_on, value,
    note?, author?).
    """
    return tuple(sorted(map(_outcome, rows), key=_open_first))


def _outcome(row: Row) -> Outcome:
    points = map(_measurement, row.get("measurements") or ())
    return Outcome(
        id=str(row["id"]),
        title=text_in(row, "title"),
        measure=text_in(row, "measure"),
        baseline=_number(row.get("baseline")),
        target=_number(row.get("target")),
        starts_on=row.get("starts_on"),
        due_on=row.get("due_on"),
        state=row["status"],
        status=worded(OUTCOME_STATUS_LABELS, row["status"]),
        agency=text_in(row, "agency"),
        measurements=tuple(sorted(points, key=lambda each: (each.measured_on, each.value, each.note, each.author))),
    )


def _measurement(row: Row) -> Measurement:
    return Measurement(row["measured_on"], float(row["value"]), text_in(row, "note"), text_in(row, "author"))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _open_first(outcome: Outcome) -> tuple[Any, ...]:
    return (outcome.state != "working", outcome.due_on or date.max, outcome.title, outcome.id)
