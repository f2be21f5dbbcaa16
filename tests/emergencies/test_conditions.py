"""Who looks back at an emergency, what an answer ends, who may be on duty: one thing changed at a time, in the database itself."""

from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, THERAPIST, open_story
from tests.asked import AHEAD, LONG_AGO, asking
from tests.grounds.story import CARE, MANAGER, SOCIAL

ONE, TWO = known("emergency one"), known("emergency two")
ROW = """INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, ended_at, review_by_at, escalated_at)
    VALUES ('{one}', {case}, '{by}', '{agency}', 'other', 'A reason long enough.', app_now() - interval '2 hours',
        {until}, {ended}, app_now() + interval '1 day', {escalated});"""
SOUND = {
    "one": ONE,
    "by": known(f"seat {SOCIAL}"),
    "agency": CARE,
    "until": "app_now() + interval '1 hour'",
    "ended": "NULL",
    "escalated": "NULL",
}


async def test_an_emergency_is_reviewed_by_another_person_of_the_house_or_after_a_while_by_the_partnership(db):
    story = await open_story(db)
    manager, officer = await db.act_as(MANAGER), await db.act_as("dpo@partnership.example")
    close = f"""INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at)
        VALUES (gen_random_uuid(), '{known(MANAGER)}', '{known("pupil Leila Reid")}', 'own_family', '{known(f"seat {MANAGER}")}', '{CARE}', app_now());"""
    sound = SOUND | {"case": f"'{story.case_id}'"}
    table = [
        (True, manager, {}, ""), (True, manager, {"case": "NULL"}, ""), (True, manager, {"case": "NULL"}, close), (False, manager, {}, close),
        (False, manager, {"by": known(f"seat {MANAGER}")}, ""), (False, manager, {"agency": HEALTH}, ""),
        (False, manager, {"agency": HEALTH, "escalated": "app_now()"}, ""), (False, officer, {}, ""),
        (True, officer, {"escalated": "app_now()"}, ""),
    ]  # fmt: skip
    async with asking(db, "SELECT may_review($1)", ONE) as ask:
        for may, who, other, change in table:
            assert await ask(who, ROW.format(**sound | other) + change) is may, (other, change)


async def test_one_that_was_not_justified_ends_at_once_and_no_other(db):
    story = await open_story(db)
    manager, past = await db.act_as(MANAGER), "app_now() - interval '10 minutes'"
    sound = SOUND | {"case": f"'{story.case_id}'"}
    other = ROW.format(**sound | {"one": TWO})
    review = "INSERT INTO emergency_review (emergency_id, reviewer_membership_id, verdict, text, reviewed_at) VALUES ($1, $2, $3, 'What they said.', now())"
    ended = (
        "SELECT string_agg(id || ' ' || (app_now() - ended_at), ',') FROM emergency_access WHERE ended_at IS NOT NULL"
    )
    table = [
        (f"{ONE} 00:00:00", {}, "not_justified"), (None, {}, "justified"), (f"{ONE} 00:10:00", {"ended": past}, "not_justified"),
        (None, {"until": past}, "not_justified"), (None, {"until": "app_now()"}, "not_justified"),
    ]  # fmt: skip
    async with asking(db, review, after=ended) as ask:
        for answer, changed, verdict in table:
            assert (
                await ask(manager, ROW.format(**sound | changed) + other, ONE, known(f"seat {MANAGER}"), verdict)
                == answer
            ), (changed, verdict)


async def test_who_is_on_duty_works_in_that_service_now(db):
    therapist, seat = await db.act_as(THERAPIST), known(f"seat {NURSE}")
    serves = f"UPDATE membership SET started_at = {{}}, ended_at = {{}} WHERE id = '{seat}';".format
    table = [
        (None, ""), (None, serves("app_now()", "NULL")), (None, serves(LONG_AGO, AHEAD)), ("duty_worker", serves(AHEAD, "NULL")),
        ("duty_worker", serves(LONG_AGO, "app_now()")), ("duty_worker", f"UPDATE membership SET agency_id = '{CARE}' WHERE id = '{seat}'"),
    ]  # fmt: skip
    insert = """INSERT INTO safeguarding_duty (id, membership_id, agency_id, set_by_membership_id, from_at)
                VALUES (gen_random_uuid(), $1, $2, $1, now()) RETURNING NULL"""
    async with asking(db, insert, seat, HEALTH) as ask:
        for refused, change in table:
            assert await ask(therapist, change) == refused, change
