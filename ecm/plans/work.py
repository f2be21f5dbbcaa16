"""The work in a plan: what is hard and what helps, the help that is given, and who does what by when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecm.agencies.words import ACTION_STATUS_LABELS, HOW_LABELS
from ecm.plans.text import Row, clean, text_in, worded


@dataclass(frozen=True)
class Barrier:
    """What makes learning hard, how that is known (in words, may be empty), and what helps."""

    label: str
    detail: str
    source: str
    strategies: tuple[str, ...]


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

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.status == ACTION_STATUS_LABELS["done"]


def barriers(rows: Iterable[Row]) -> tuple[Barrier, ...]:
    """What is hard, in the order given. Keys: label, how_identified?, detail?, strategies? (in the order given)."""
    return tuple(map(_barrier, rows))


def provisions(rows: Iterable[Row]) -> tuple[Provision, ...]:
    """The help that is given; ended ones last. Keys: title, who, how_often, minutes?, weeks?, ended_on?."""
    return tuple(sorted(map(_provision, rows), key=_going_on_first))


def actions(rows: Iterable[Row]) -> tuple[Action, ...]:
    """What is to be done; soonest first, done ones last. Keys: title, owner_agency, assignee?, due_on?, status."""
    return tuple(sorted(map(_action, rows), key=_soonest_first))


def _barrier(row: Row) -> Barrier:
    strategies = (clean(each) for each in row.get("strategies") or ())
    return Barrier(
        label=text_in(row, "label"),
        detail=text_in(row, "detail"),
        source=worded(HOW_LABELS, text_in(row, "how_identified")),
        strategies=tuple(each for each in strategies if each),
    )


def _provision(row: Row) -> Provision:
    minutes, weeks = row.get("minutes"), row.get("weeks")
    long = [f"{minutes} minutes" if minutes != 1 else "1 minute"] if minutes else []
    long += [f"for {weeks} weeks" if weeks != 1 else "for 1 week"] if weeks else []
    words = (text_in(row, "title"), text_in(row, "who"), text_in(row, "how_often"))
    return Provision(*words, how_long=" ".join(long), ended_on=row.get("ended_on"))


def _going_on_first(each: Provision) -> tuple[Any, ...]:
    return (each.ended_on is not None, each.title, each.who, each.how_often, each.how_long, each.ended_on or date.max)


def _action(row: Row) -> Action:
    people = (text_in(row, "assignee"), text_in(row, "owner_agency"))
    return Action(
        title=text_in(row, "title"),
        owner=", ".join(each for each in people if each),
        due_on=row.get("due_on"),
        status=worded(ACTION_STATUS_LABELS, row["status"]),
    )


def _soonest_first(action: Action) -> tuple[Any, ...]:
    return (action.done, action.due_on or date.max, action.title, action.owner, action.status)
