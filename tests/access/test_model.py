"""Model against database: 500 worlds in which model = relation = rows that each person is really shown.

`make prove` tries 50,000 in pieces of their own worlds, on as many processors as there are. What is asked of the whole
is asked of every piece: ten pieces with a rule ten times each have it a hundred times.
"""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.access.cast import DAWN, gather_cast
from tests.access.compare import DENIALS, LANES, OTHER_DENIALS, RULES, Tally, try_worlds
from tests.access.looking import open_eyes
from tests.access.model import birthday
from tests.access.worlds import draw_worlds

PIECES, WORLDS, FEW = (10, 5_000, 10) if os.environ.get("ECM_LONG") else (1, 500, 6)


@pytest.mark.timeout(3 * 3600 if os.environ.get("ECM_LONG") else 1200)
@pytest.mark.parametrize("piece", range(PIECES))
async def test_model_relation_and_rows_shown_are_the_same(db: Any, piece: int) -> None:
    worlds, tally, cast = draw_worlds(WORLDS, piece), Tally(), await gather_cast(db, LANES)
    await open_eyes(db)
    # Worlds begin long past too: else their sessions would be marked as used, and lanes wait for each other's.
    await db.put_clock_forward(DAWN - datetime.now(UTC))
    wrong = await try_worlds(cast, worlds, tally)
    print(f"\n{len(worlds)} worlds (piece {piece + 1} of {PIECES}), {tally.report()}")
    assert not wrong, "\n".join([str(wrong[0][0]), *wrong[0][1], f"and {len(wrong) - 1} more worlds"])
    assert len(worlds) == WORLDS
    assert tally.shown >= 0.4 * tally.cells
    assert {name for name in RULES if tally.allowed[name] < FEW} == set()
    assert {name for name in (*DENIALS, *OTHER_DENIALS) if tally.refused[name] < FEW} == set()


async def test_birthdays_of_a_century_are_the_same(db: Any) -> None:
    days = [date(1990, 1, 1) + timedelta(days=n) for n in range(36_525)]
    async with db.admin() as admin:
        for age in (16, 18):
            asked = "SELECT london_midnight(birthday(day, $2)) FROM unnest($1::date[]) WITH ORDINALITY u (day, n) ORDER BY n"
            assert [r[0] for r in await admin.fetch(asked, days, age)] == [birthday(day, age) for day in days]
