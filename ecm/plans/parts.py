"""The things a plan is made of, as its reader finds them: cleaned, worded, and frozen."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class LeadPractitioner:
    """The one person to talk to. `role` is in words; `telephone` is the school's and may be empty."""

    name: str
    role: str
    telephone: str = ""


@dataclass(frozen=True)
class Barrier:
    """What makes learning hard, how that is known (in words, may be empty), and what helps."""

    label: str
    detail: str
    source: str
    strategies: tuple[str, ...]


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


@dataclass(frozen=True)
class Provision:
    """What is done, by whom, how often and for how long, in words."""

    title: str
    who: str
    how_often: str
    how_long: str
    ended_on: date | None


@dataclass(frozen=True)
class Action:
    """Something somebody will do. `status` is in words."""

    title: str
    owner: str
    due_on: date | None
    status: str


@dataclass(frozen=True)
class Involvement:
    """An agency that helps, the worker who comes from it if there is one, why, in words, and how to reach it."""

    agency: str
    worker: str
    why: str
    telephone: str = ""


@dataclass(frozen=True)
class Note:
    """A note for professionals, under the kind of information it is."""

    kind: str
    text: str
    author: str
    written_on: date


@dataclass(frozen=True)
class View:
    """What the pupil or the family said, in their own words. `whose`: pupil or family; `how` and `by` may be empty."""

    whose: str
    text: str
    how: str
    by: str
    given_on: date | None


@dataclass(frozen=True)
class Contribution:
    """What somebody said at a review about one kind of information."""

    kind: str
    text: str
    author: str


@dataclass(frozen=True)
class Review:
    """The last review: when, who wrote it down, what was said, and the next day that was agreed then."""

    held_on: date
    held_by: str
    contributions: tuple[Contribution, ...]
    next_review_on: date | None


@dataclass(frozen=True)
class Sharing:
    """An agency and the kinds of information it may see, in words."""

    agency: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One thing that is not as the version before said it: what happened, and to what."""

    what: str
    text: str


@dataclass(frozen=True)
class Copy:
    """An organisation that has saved an earlier version, which was the last, and when."""

    agency: str
    number: int
    on: date


@dataclass(frozen=True)
class History:
    """What came before this version: its number and day, what has changed since, and who has saved what."""

    number: int
    made_on: date
    changes: tuple[Change, ...]
    copies: tuple[Copy, ...]
