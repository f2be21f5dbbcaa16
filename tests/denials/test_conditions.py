"""Whose conflict may be declared and ended, and on which bar an order may rest: one thing changed at a time, behind the walls."""

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import NURSE, SENCO, bring_in, open_story
from tests.asked import AHEAD, LONG_AGO, asking
from tests.cases.test_conditions import HILLSIDE, LEILA, NIAMH, seat, serves
from tests.grounds.story import AMINA, CARE, DANIEL, MANAGER, SOCIAL

NO = "not allowed"


def close(email: str, pupil: object, agency: object = CARE) -> str:
    return f"""INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at)
        VALUES (gen_random_uuid(), '{known(email)}', '{pupil}', 'own_family', '{seat(email)}', '{agency}', app_now());"""


async def test_a_conflict_is_declared_of_who_works_here_now(db):
    story = await open_story(db)
    await bring_in(db, story, MANAGER, CARE, "education")
    manager = await db.act_as(MANAGER)
    declare = "INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind) VALUES (gen_random_uuid(), $1, $2, 'own_family')"
    table = [
        (None, "", SOCIAL), (None, serves(SOCIAL, LONG_AGO, AHEAD), SOCIAL), (None, serves(SOCIAL, "app_now()", "NULL"), SOCIAL),
        (NO, serves(SOCIAL, LONG_AGO, "app_now()"), SOCIAL), (NO, serves(SOCIAL, AHEAD, "NULL"), SOCIAL), (NO, "", NURSE),
        (NO, serves(SOCIAL, LONG_AGO, "app_now() - interval '1 day'"), SOCIAL), (None, "", MANAGER),
    ]  # fmt: skip
    async with asking(db, declare, walled=True) as ask:
        for answer, change, email in table:
            assert await ask(manager, change, known(email), LEILA) == answer, (change, email)
        assert await ask(manager, "", known(SOCIAL), NIAMH) == NO, "a pupil whom the manager cannot see"


async def test_nobody_ends_a_conflict_about_a_pupil_who_is_closed_to_them(db):
    manager, hers = await db.act_as(MANAGER), close(SOCIAL, LEILA)
    ended = "SELECT count(*) FROM conflict_of_interest WHERE ended_at IS NOT NULL"
    async with asking(db, "UPDATE conflict_of_interest SET ended_at = app_now()", after=ended, walled=True) as ask:
        assert await ask(manager, hers) == 1
        assert await ask(manager, hers + close(MANAGER, NIAMH)) == 1
        assert await ask(manager, hers + close(MANAGER, LEILA)) == 0
        assert await ask(manager, close(MANAGER, NIAMH)) == 0, "not their own"


async def test_an_order_may_rest_on_a_bar_of_the_same_two(db):
    senco = await db.act_as(SENCO)
    bar = f"""INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, set_by_membership_id)
        VALUES ('{known("bar")}', '{{}}', '{{}}', 'court_order', app_now(), '{seat(SENCO)}');""".format
    record = """INSERT INTO court_order (id, pupil_id, person_id, kind, made_on, contact_bar_id) VALUES ($1, $2, $3, 'other', '2026-09-01', $4)"""
    table = [
        (None, "", None), (None, bar(LEILA, known(AMINA)), known("bar")), (NO, bar(LEILA, known(DANIEL)), known("bar")),
        (NO, bar(NIAMH, known(AMINA)), known("bar")),
    ]  # fmt: skip
    async with asking(db, record, walled=True) as ask:
        for answer, change, on in table:
            assert await ask(senco, change, new_id(), LEILA, known(AMINA), on) == answer, change


async def test_what_is_said_of_one_record_is_said_of_the_pupil_whose_case_was_handed_over(db):
    story, other = await open_story(db), known("pupil Tom Hale")
    over = "UPDATE conflict_of_interest SET ended_at = app_now();"
    offered = f"""INSERT INTO case_handover (id, case_id, from_school_id, to_school_id, reason_code, joins_on, family_told,
            offered_by_membership_id, offered_at)
        VALUES ('{other}', '{story.case_id}', '{HILLSIDE}', '{known("oakfield")}', 'moving', app_now(), 'told', '{seat(SENCO)}', app_now());"""
    taken = f"""{offered} UPDATE case_handover SET status = 'accepted', lead_membership_id = '{seat(SENCO)}',
        pupil_before_id = '{NIAMH}' WHERE id = '{other}';"""
    # Before that it was at a third school, with a third record.
    twice = (
        taken
        + f"""INSERT INTO case_handover SELECT (h).* FROM (SELECT jsonb_populate_record(h, jsonb_build_object(
        'id', gen_random_uuid(), 'pupil_before_id', '{other}')) AS h FROM case_handover h) x;"""
    )
    async with asking(db, "SELECT too_close_to($1)", known(SENCO)) as ask:
        for record in (LEILA, NIAMH, other):
            assert set(await ask(story.senco, twice + close(SENCO, record))) == {LEILA, NIAMH, other}
        for found, change in (
            ({LEILA}, close(SENCO, LEILA)), ({LEILA}, offered + close(SENCO, LEILA)), ({LEILA, NIAMH}, taken + close(SENCO, LEILA)),
            ({NIAMH}, close(SENCO, NIAMH)), ({NIAMH}, offered + close(SENCO, NIAMH)), ({LEILA, NIAMH}, taken + close(SENCO, NIAMH)),
            (set(), taken), (set(), taken + close(SENCO, LEILA) + over), (set(), taken + close(NURSE, NIAMH)),
            ({other}, taken + close(SENCO, other)), ({LEILA, NIAMH, other}, taken + close(SENCO, other) + close(SENCO, NIAMH)),
        ):  # fmt: skip
            assert set(await ask(story.senco, change)) == found, change
