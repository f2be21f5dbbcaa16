"""What people said and wrote in a plan: the family's own words, notes, and what was said at a review. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecm.agencies.words import CATEGORY_LABELS
from ecm.plans.text import Row, text_in


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


def notes(rows: Iterable[Row]) -> tuple[Note, ...]:
    """Notes, newest first. Keys: category, text, author, written_on."""
    return tuple(sorted(map(_note, rows), key=_newest_first))


def views(rows: Iterable[Row]) -> tuple[View, ...]:
    """Their own words, newest first. Keys: whose, text, how?, by?, given_on?."""
    return tuple(sorted(map(_view, rows), key=_newest_view_first))


def review(row: Row) -> Review:
    """A review, what was said in the order of the kinds. Keys: held_on, held_by, next_review_on?, contributions (category, text, author)."""
    order = list(CATEGORY_LABELS.values())
    said = map(_contribution, row["contributions"])
    in_order = sorted(said, key=lambda each: (order.index(each.kind), each.author, each.text))
    return Review(row["held_on"], text_in(row, "held_by"), tuple(in_order), row.get("next_review_on"))


def _note(row: Row) -> Note:
    return Note(CATEGORY_LABELS[row["category"]], text_in(row, "text"), text_in(row, "author"), row["written_on"])


def _newest_first(note: Note) -> tuple[int, str, str, str]:
    return (-note.written_on.toordinal(), note.kind, note.author, note.text)


def _view(row: Row) -> View:
    return View(row["whose"], text_in(row, "text"), text_in(row, "how"), text_in(row, "by"), row.get("given_on"))


def _newest_view_first(view: View) -> tuple[Any, ...]:
    return (-(view.given_on or date.min).toordinal(), view.whose, view.by, view.how, view.text)


def _contribution(row: Row) -> Contribution:
    return Contribution(CATEGORY_LABELS[row["category"]], text_in(row, "text"), text_in(row, "author"))
