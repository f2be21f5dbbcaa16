"""Outcomes that are behind the way to their target today: one row each on Home, for who may see them."""

from datetime import date
from typing import Any

from asyncpg import Record

from ecm.cases.queries import display
from ecm.clock import LONDON
from ecm.database import Act
from ecm.home.rules import Need, below_way

MOST_SHOWN = 10
# For each desk and person the reader acts for, the open cases in which something moved last: all of a school's or of a
# worker's, and of somebody who answers for an area those that are being worked on.
CASES_LOOKED_AT = 200
MEASURED = f"""
WITH seat AS MATERIALIZED (
    SELECT DISTINCT x.case_id FROM unnest((SELECT principals())) p (id) CROSS JOIN LATERAL (
        SELECT s.case_id FROM case_seat s WHERE s.principal = p.id AND s.status = 'open'
        ORDER BY s.last_activity_at DESC, s.case_id DESC LIMIT {CASES_LOOKED_AT}) x)
SELECT o.id, o.title, o.baseline, o.target, o.due_on, o.added_at, y.measured_on AS first_on, x.value,
       c.pupil_id, u.first_name, u.last_name, u.preferred_name
FROM seat s JOIN outcome o ON o.case_id = s.case_id JOIN support_case c ON c.id = o.case_id JOIN pupil u ON u.id = c.pupil_id
CROSS JOIN LATERAL (
    SELECT m.value FROM measurement m WHERE m.outcome_id = o.id
    ORDER BY m.measured_on DESC, m.written_at DESC, m.id DESC LIMIT 1) x
CROSS JOIN LATERAL (SELECT m.measured_on FROM measurement m WHERE m.outcome_id = o.id ORDER BY m.measured_on LIMIT 1) y
WHERE o.status = 'working' AND o.baseline <> o.target AND o.due_on IS NOT NULL
  AND c.status = 'open' AND u.died_on IS NULL
ORDER BY o.id
"""


async def below(act: Act, today: date) -> list[tuple[Record, Need]]:
    """Up to ten outcomes behind the way to their target on this day, those furthest behind: the row and what Home says."""
    found = [(row, way) for row in await act.rows(MEASURED) if (way := _way(row, today)) is not None]
    furthest = sorted(found, key=lambda each: _share_missing(*each), reverse=True)[:MOST_SHOWN]
    return [(row, _need(row, way)) for row, way in furthest]


def _way(row: Record, today: date) -> float | None:
    starts_on = min(row["added_at"].astimezone(LONDON).date(), row["first_on"])
    numbers = float(row["baseline"]), float(row["target"])
    return below_way(*numbers, starts_on, row["due_on"], float(row["value"]), today)


def _share_missing(row: Record, way: float) -> float:
    """How much of the whole way is missing, so that words in a minute and days at school can stand in one order."""
    return abs((way - float(row["value"])) / float(row["target"] - row["baseline"]))


def _need(row: Record, way: float) -> Need:
    what = f"{row['title']}: {_figure(row['value'])} when last measured, {_figure(way)} by now would be on the way"
    return Need("below", ("outcome", row["id"]), display(row), what, None, f"/outcomes/{row['id']}", "Open the outcome")


def _figure(value: Any) -> str:
    return f"{round(float(value), 1):g}"
