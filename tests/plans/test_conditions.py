"""Which corrections of what a plan says withdraw it: one thing changed at a time, in the database itself."""

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import OAKFIELD, SENCO, open_story
from tests.asked import asking

BY = known(f"seat {SENCO}")
MADE = "app_now() - interval '5 days'"


async def test_what_was_in_it_and_was_corrected_afterwards_withdraws_a_plan(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")

    def corrected(
        kind: str = "action", category: str = "education", written: int = 9, days: int = 1, case: object = story.case_id
    ) -> str:
        subject = new_id()
        columns = {
            "note": "text, written_at",
            "action": "title, owner_agency_id, owner_desk_id, due_on, updated_at, added_at",
        }[kind]
        values = {"note": "'x'", "action": f"'x', '{OAKFIELD}', '{OAKFIELD}', '2026-12-01', app_now()"}[kind]
        return f"""INSERT INTO {kind} (id, case_id, category, author_agency_id, author_membership_id, author_desk_id, {columns})
            VALUES ('{subject}', '{case}', '{category}', '{OAKFIELD}', '{BY}', '{OAKFIELD}', {values}, app_now() - interval '{written} days');
            INSERT INTO correction (id, case_id, category, kind, subject_id, reason, author_agency_id, author_membership_id, by_membership_id, at)
            VALUES (gen_random_uuid(), '{case}', '{category}', '{kind}', '{subject}', 'x', '{OAKFIELD}', '{BY}', '{BY}',
                app_now() - interval '{days} days');"""

    table = [
        (True, "", "family"), (False, corrected(), "family"), (True, corrected(case=other.case_id), "family"),
        (True, corrected(category="health"), "family"), (True, corrected(written=3), "family"), (False, corrected(written=5), "family"),
        (True, corrected(days=5), "family"), (True, corrected(days=7), "family"),
        (True, corrected("note"), "family"), (False, corrected("note"), "professionals"), (False, corrected(), "professionals"),
    ]  # fmt: skip
    question = f"SELECT plan_is_sound($1, ARRAY['core', 'education'], $2, {MADE})"
    async with asking(db, question) as ask:
        for sound, change, audience in table:
            assert await ask(story.senco, change, story.case_id, audience) is sound, (change, audience)
    plan = f"""INSERT INTO plan (id, case_id, number, plan_type, audience, categories, status, made_by_membership_id, made_at)
        VALUES (gen_random_uuid(), '{story.case_id}', 1, 'support', 'family', '{{core,education}}', 'ready', '{BY}', {MADE});"""
    async with asking(db, "SELECT count(*) FROM plan", walled=True) as ask:
        assert await ask(story.senco, plan) == 1
        assert await ask(story.senco, plan + corrected()) == 0
