"""What is hidden with a goal that was a mistake: in the database itself."""

from uuid import UUID

from ecm.seeds import known
from tests.access.test_conditions import written
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


async def test_only_what_one_sees_is_corrected(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "health")
    nurse = await db.act_as(NURSE)
    held = f"""INSERT INTO review (id, case_id, held_on, held_by_membership_id, written_at)
        VALUES ('{known("review")}', '{story.case_id}', '2026-11-01', '{BY}', app_now());"""
    may = "INSERT INTO permission (id, kind, role, verb) VALUES (gen_random_uuid(), 'school', 'senco', 'write:health') ON CONFLICT DO NOTHING;"
    correct = (
        "INSERT INTO correction (id, kind, subject_id, reason) VALUES (gen_random_uuid(), $2, $1, 'Typed wrongly.')"
    )
    for kind, table in (
        ("action", "action"),
        ("view", "case_view"),
        ("contribution", "review_contribution"),
        ("note", "note"),
    ):
        rows = held + "".join(written(table, story.case_id, 0, category) for category in ("education", "health"))
        rows += f"""UPDATE {table} SET author_agency_id = '{HEALTH}', author_desk_id = '{HEALTH}', author_membership_id = '{known(f"seat {NURSE}")}';
            UPDATE {table} SET id = '{known("seen")}' WHERE category = 'education'; UPDATE {table} SET id = '{known("hidden")}' WHERE category = 'health';"""
        rows += f"UPDATE action SET owner_agency_id = '{HEALTH}', owner_desk_id = '{HEALTH}';"
        async with asking(db, correct, walled=True) as ask:
            assert await ask(story.senco, rows + may, known("seen"), kind) is None, kind
            assert await ask(story.senco, rows + may, known("hidden"), kind) == "not allowed", kind
            assert await ask(nurse, rows + may, known("hidden"), kind) is None, kind
