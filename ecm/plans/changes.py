"""What a version of a plan says that the one before did not: two snapshots in, sentences out. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ecm.plans.history import Change
from ecm.plans.text import amount
from ecm.web.dates import long_date

Row = Mapping[str, Any]

# Part of the snapshot, what one of it is called, what makes it the same one, and what about it is told when it differs.
LISTS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("needs", "need", (), ()),
    ("barriers", "barrier", ("label",), ("detail", "strategies")),
    ("outcomes", "outcome", ("id",), ("title", "measure", "target", "due_on", "status")),
    ("provisions", "provision", ("title", "who"), ("how_often", "how_long", "ended_on")),
    ("actions", "action", ("title", "owner"), ("due_on", "status")),
    ("involvements", "service", ("agency",), ("worker", "why")),
    ("views", "words", ("whose", "text"), ()),
    ("notes", "note", ("text", "written_on", "author"), ()),
)
TEXTS = {
    "strengths": "What is going well",
    "reason": "Why we have this plan",
    "level": "Level of support",
    "sen_provision": "Provision for special educational needs",
    "school": "School",
    "next_review_on": "When we meet next",
}
SAID = {
    "detail": "what it looks like", "strategies": "what helps", "title": "what is to be reached", "measure": "how it is measured",
    "target": "target", "due_on": "by when", "status": "how it stands", "how_often": "how often", "how_long": "how long",
    "ended_on": "ended on", "worker": "who comes", "why": "why",
}  # fmt: skip
WHOSE = {"pupil": "The pupil said", "family": "The family said"}
LONGEST = 90


def changes(before: Row, after: Row) -> tuple[Change, ...]:
    """What is new, different or gone in `after`, in the order of the plan; nothing when both say the same.

    Both are what `snapshot` in ecm/plans/document.py makes. What a version of before could not say yet is new.
    """
    return (*_texts(before, after), *_people(before, after), *_lists(before, after), *_points(before, after))


def _texts(before: Row, after: Row) -> Iterator[Change]:
    for key, name in TEXTS.items():
        old, new = before.get(key), after.get(key)
        if (old or None) == (new or None):
            continue
        if key in ("strengths", "reason"):
            yield Change(name, "written anew" if old and new else "added" if new else "taken out")
        else:
            yield Change(name, f"now {_word(new)}" if new else "taken out")


def _people(before: Row, after: Row) -> Iterator[Change]:
    old, new = ((each.get("lead") or {}).get("name") for each in (before, after))
    if old != new and new:
        yield Change("Who leads this plan", f"now {new}")


def _lists(before: Row, after: Row) -> Iterator[Change]:
    for part, name, same, told in LISTS:
        old, new = (_known(each.get(part) or (), same) for each in (before, after))
        for key in (each for each in new if each not in old):
            yield Change(f"New {name}" if part != "views" else WHOSE[new[key]["whose"]], _title(new[key]))
        for key in (each for each in new if each in old):
            differs = [each for each in told if _value(old[key], each) != _value(new[key], each)]
            if differs:
                yield Change(
                    f"Changed {name}", f"{_title(new[key])}: {'; '.join(_said(new[key], each) for each in differs)}"
                )
        for key in (each for each in old if each not in new):
            yield Change(f"No longer here: {name}", _title(old[key]))


def _known(rows: Any, same: tuple[str, ...]) -> dict[Any, Any]:
    """Rows by what makes each the same one; of several that are alike, each by its place among them."""
    found: dict[Any, Any] = {}
    for row in rows:
        key = tuple(row[each] for each in same) if same else (row,)
        place = 0
        while (*key, place) in found:
            place += 1
        found[(*key, place)] = row
    return found


def _points(before: Row, after: Row) -> Iterator[Change]:
    measured = {
        each["id"]: _known(each["measurements"], ("measured_on", "value", "note"))
        for each in before.get("outcomes") or ()
    }
    for outcome in after.get("outcomes") or ():
        old, new = measured.get(outcome["id"], {}), _known(outcome["measurements"], ("measured_on", "value", "note"))
        for key in (each for each in new if each not in old):
            words = f"{amount(new[key]['value'])} on {_word(new[key]['measured_on'])}"
            yield Change("New measurement", f"{_title(outcome)}: {words}")


def _title(row: Any) -> str:
    if isinstance(row, str):
        return row
    text = str(next(row[each] for each in ("title", "label", "agency", "text") if each in row))
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _value(row: Row, key: str) -> Any:
    value = row.get(key)
    return list(value) if isinstance(value, list | tuple) else value or None


def _said(row: Row, key: str) -> str:
    value = row.get(key)
    if key in ("detail", "strategies"):
        return f"{SAID[key]} was written anew"
    return f"{SAID[key]} is now {_word(value)}" if value not in (None, "") else f"{SAID[key]} is open now"


def _word(value: Any) -> str:
    if isinstance(value, float | int):
        return amount(value)
    try:
        return long_date(date.fromisoformat(value))
    except (TypeError, ValueError):
        return str(value)
