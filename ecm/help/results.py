"""What the accessibility statement may claim: `results.json`, written by `python -m tests.help.write_results` and held
to the tests by tests/help/test_statement.py, so that no sentence promises more than was looked at."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True, slots=True)
class Results:
    """`pages`, `forms`: how many kinds were looked at, forms with their errors shown. `widths`: windows, in CSS pixels."""

    pages: int
    forms: int
    widths: tuple[int, ...]
    axe: str
    looked_at_on: date
    written_on: date


@cache
def results() -> Results:
    """The results as they were kept."""
    kept = json.loads(FILE.read_text("utf-8"))
    days = {name: date.fromisoformat(kept[name]) for name in ("looked_at_on", "written_on")}
    return Results(**(kept | days | {"widths": tuple(kept["widths"])}))
