"""Where a parent's view may be written down: behind the walls, in the database itself."""

from tests.actions.story import SENCO, open_story
from tests.asked import asking
from tests.grounds.story import AMINA, let_in


async def test_a_carer_says_how_it_is_where_they_are_let_in_and_nowhere_else(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    await let_in(story, AMINA)
    say = """INSERT INTO case_view (id, case_id, category, whose, text, given_on) VALUES (gen_random_uuid(), $1, $2, 'family', 'x', '2026-11-01')"""
    amina = await db.act_as(AMINA)
    async with asking(db, say, walled=True) as ask:
        assert await ask(amina, "", story.case_id, "family") is None
        assert await ask(amina, "", other.case_id, "family") == "not allowed"
        assert await ask(amina, "", story.case_id, "education") == "not allowed"
        assert await ask(await db.act_as(SENCO), "DELETE FROM case_author;", story.case_id, "family") == "not allowed"
