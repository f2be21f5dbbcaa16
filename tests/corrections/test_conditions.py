"""What is hidden with a goal that was a mistake: in the database itself."""

from uuid import UUID

from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, bring_in, open_story
from tests.asked import asking

BY = known(f"seat {SENCO}")


async def test_with_a_goal_its_measurements_are_hidden_that_are_not_hidden_yet_and_no_others(db):
    story = await open_story(db)
    one, two = known("goal one"), known("goal two")

    def goal(key: UUID) -> str:
        return f"""INSERT INTO outcome (id, case_id, category, title, measure, author_agency_id, author_membership_id, author_desk_id, added_at, updated_at)
            VALUES ('{key}', '{story.case_id}', 'education', 'x', 'words', '{OAKFIELD}', '{BY}', '{OAKFIELD}', app_now(), app_now());"""

    def measured(key: UUID, of: UUID, value: int, wrong: bool = False) -> str:
        return f"""INSERT INTO measurement (id, outcome_id, case_id, category, measured_on, value, author_agency_id, author_membership_id, author_desk_id, written_at, in_error)
            VALUES ('{key}', '{of}', '{story.case_id}', 'education', '2026-11-01', {value}, '{OAKFIELD}', '{BY}', '{OAKFIELD}', app_now(), {wrong});"""

    before = (
        goal(one)
        + goal(two)
        + measured(known("m1"), one, 1)
        + measured(known("m2"), one, 2, True)
        + measured(known("m3"), two, 3)
    )
    correct = "INSERT INTO correction (id, kind, subject_id, reason) VALUES (gen_random_uuid(), $1, $2, 'Typed wrongly.') RETURNING NULL"
    hidden = """SELECT array_agg(coalesce(x.value::int, 0) || ' ' || c.category ORDER BY x.value NULLS FIRST) FROM correction c
                LEFT JOIN measurement x ON x.id = c.subject_id AND x.in_error"""
    async with asking(db, correct, after=hidden) as ask:
        assert await ask(story.senco, before, "outcome", one) == ["0 education", "1 education"]
        assert await ask(story.senco, before, "measurement", known("m3")) == ["3 education"]
    async with asking(db, "SELECT agency_id::text || text FROM subject_of($1, $2)") as ask:
        assert await ask(story.senco, before, "measurement", known("m3")) == f"{OAKFIELD}x\nwords: 3"


async def test_only_an_action_that_one_sees_is_corrected(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "health")
    nurse = known(f"seat {NURSE}")
    actions = "".join(
        f"""INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, author_agency_id, author_membership_id, author_desk_id, added_at, updated_at)
            VALUES ('{known(name)}', '{story.case_id}', '{category}', 'x', '{HEALTH}', '{HEALTH}', '2026-12-01', '{HEALTH}', '{nurse}', '{HEALTH}', app_now(), app_now());"""
        for name, category in (("seen", "education"), ("hidden", "health"))
    )
    correct = "INSERT INTO correction (id, kind, subject_id, reason) VALUES (gen_random_uuid(), 'action', $1, 'Typed wrongly.')"
    may = "INSERT INTO permission (id, kind, role, verb) VALUES (gen_random_uuid(), 'school', 'senco', 'write:health') ON CONFLICT DO NOTHING;"
    async with asking(db, correct, walled=True) as ask:
        assert await ask(story.senco, actions + may, known("seen")) is None
        assert await ask(story.senco, actions + may, known("hidden")) == "not allowed"
        assert await ask(await db.act_as(NURSE), actions + may, known("hidden")) is None
