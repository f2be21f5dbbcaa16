"""How long a draft goes on: behind the walls, in the database itself."""

from ecm.seeds import known
from tests.actions.story import SENCO
from tests.asked import asking


async def test_a_draft_goes_on_for_thirty_days(db):
    draft = f"""INSERT INTO case_draft (id, membership_id, pupil_id, updated_at)
        VALUES (gen_random_uuid(), '{known(f"seat {SENCO}")}', '{known("pupil Leila Reid")}', app_now() - interval '{{}} days');""".format
    went_on = "SELECT count(*) FROM case_draft WHERE version = 9"
    async with asking(db, "UPDATE case_draft SET version = 9", after=went_on, walled=True) as ask:
        assert await ask(await db.act_as(SENCO), draft(29)) == 1
        assert await ask(await db.act_as(SENCO), draft(31)) == 0
