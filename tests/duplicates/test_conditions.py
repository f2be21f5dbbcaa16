"""What is said of two pupils who are not one stands until it is undone: behind the walls, in the database itself."""

from ecm.seeds import known
from tests.actions.story import OAKFIELD, SENCO
from tests.asked import asking


async def test_nobody_says_of_two_that_they_are_not_one_and_takes_it_back_in_one_breath(db):
    first, second = sorted((known("pupil Leila Reid"), known("pupil Niamh O’Neill")))
    say = """INSERT INTO dismissed_pair (id, school_id, pupil_id, other_pupil_id, by_membership_id, at, undone_at)
        VALUES (gen_random_uuid(), $1, $2, $3, $4, app_now(), $5::text::timestamptz)"""
    given = (OAKFIELD, first, second, known(f"seat {SENCO}"))
    async with asking(db, say, walled=True) as ask:
        assert await ask(await db.act_as(SENCO), "", *given, None) is None
        assert await ask(await db.act_as(SENCO), "", *given, "2026-11-01") == "not allowed"
