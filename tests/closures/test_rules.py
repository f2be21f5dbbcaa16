"""How a case may end and begin again: the sentences, and that the database holds the same rules."""

from contextlib import nullcontext
from itertools import product

import asyncpg
import pytest

from ecm.clock import new_id
from ecm.closures.rules import turn_problem
from ecm.database import acting_as
from tests.actions.story import open_story

TURNS = ("closed", "reopened", "voided", "died", "died_in_error")
MAY = {
    ("closed", "open", False), ("closed", "open", True), ("reopened", "closed", False),
    ("voided", "open", False), ("voided", "open", True), ("voided", "closed", False), ("voided", "closed", True),
    ("died", "open", False), ("died", "closed", False), ("died_in_error", "closed", True), ("died_in_error", "voided", True),
}  # fmt: skip


def test_every_turn_that_is_not_in_the_table_is_refused_with_a_sentence():
    for turn, status, died in product(TURNS, ("open", "closed", "voided"), (False, True)):
        problem = turn_problem(turn, status, died=died)
        assert (problem is None) == ((turn, status, died) in MAY), (turn, status, died)
        assert problem is None or problem.endswith(".")


async def test_the_database_moves_a_case_by_the_same_table(db):
    story = await open_story(db)
    for turn, status, died in product(TURNS, ("open", "closed", "voided"), (False, True)):
        async with db.admin() as admin:
            await admin.execute("UPDATE support_case SET status = $2 WHERE id = $1", story.case_id, status)
            died_on = "date '2026-01-05'" if died else "NULL"
            await admin.execute(
                f"""UPDATE pupil SET died_on = {died_on}
                    WHERE id = (SELECT pupil_id FROM support_case WHERE id = $1)""",
                story.case_id,
            )
        outcome = "other" if turn in ("closed", "died") else None
        sql = f"""INSERT INTO case_turn (id, case_id, kind, outcome, died_on)
                  VALUES ($1, $2, $3, $4, {"'2026-01-06'" if turn == "died" else "NULL"})"""
        asked = asyncpg.CheckViolationError if (turn, status, died) not in MAY else None
        with pytest.raises(asked, match="not a move") if asked else nullcontext():
            async with acting_as(story.senco, "test") as act:
                await act.run(sql, new_id(), story.case_id, turn, outcome)
                act.record("case:changed")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(story.senco, "test") as act:
            await act.run("UPDATE support_case SET status = 'open' WHERE id = $1", story.case_id)
