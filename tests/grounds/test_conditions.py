"""On what it depends whether a ground may be recorded, and with whom: one thing changed at a time, in the database itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import HEALTH, OAKFIELD, Story, bring_in, open_story
from tests.asked import asking, bars
from tests.grounds.story import AMINA, CARE, DANIEL, DSL, MANAGER, SAFE, TEACHER, join, let_in

LEILA, OTHER = known("pupil Leila Reid"), known("pupil Łukasz Wiśniewski")
NOT_OWN = "ground_of_own_carer"
VERB = "INSERT INTO permission (id, kind, role, verb) VALUES (gen_random_uuid(), '{}', '{}', '{}');"
NO_VERB = "DELETE FROM permission WHERE role = '{}' AND verb = '{}';"


def carer(what: str, person: str = AMINA, pupil: UUID = LEILA) -> str:
    return f"UPDATE carer SET {what} WHERE person_id = '{known(person)}' AND pupil_id = '{pupil}';"


def born(date: str, pupil: UUID = LEILA) -> str:
    return f"UPDATE pupil SET date_of_birth = {date} WHERE id = '{pupil}';"


async def a_second_case(db: Any) -> Story:
    """Of another pupil of the school, with Amina as a carer there, too."""
    async with db.admin() as admin:
        await admin.execute(
            """INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility, authority_verified_at)
               VALUES ($1, $2, $3, 'aunt', true, now())""",
            new_id(), OTHER, known(AMINA),
        )  # fmt: skip
    return await open_story(db, "Łukasz Wiśniewski")


GROUND = """INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, agreed_by_person_id, reason, not_told_code,
                from_at, until_at, ended_at, recorded_by_membership_id)
            VALUES ('{id}', '{case}', '{agency}', '{basis}', 'x', '{categories}', {agreed}, 'A reason long enough.', 'not_yet',
                app_now() - interval '20 days', {until}, {ended}, '{by}');"""
SOUND = {
    "agreed": "NULL",
    "until": "NULL",
    "ended": "NULL",
    "categories": "{education}",
    "by": known(f"seat {DSL}"),
}
WHO_AGREES = {
    "": None,
    carer("has_parental_responsibility = false"): NOT_OWN,
    carer("authority_verified_at = NULL"): NOT_OWN,
    carer("has_parental_responsibility = false", DANIEL): None,
    carer("authority_verified_at = NULL", DANIEL): None,
    carer("has_parental_responsibility = false", AMINA, OTHER): None,
    carer("authority_verified_at = NULL", AMINA, OTHER): None,
    born("(app_now() AT TIME ZONE 'Europe/London')::date - interval '16 years'"): NOT_OWN,
    born("(app_now() AT TIME ZONE 'Europe/London')::date - interval '16 years' + interval '1 day'"): None,
    born("NULL"): None,
    born("'2001-01-01'", OTHER): None,
}


async def test_only_a_carer_who_may_say_so_now_agrees_to_a_service(db):
    story = await open_story(db)
    await a_second_case(db)
    service = {"id": new_id(), "case": story.case_id, "agency": HEALTH, "basis": "service_agreement"}
    agrees = GROUND.format(**SOUND | service | {"agreed": f"'{known(AMINA)}'", "categories": "{education}"})
    async with asking(db, "SELECT check_ground_carers(g)::text FROM sharing_ground g") as ask:
        barred = bars(known(AMINA), LEILA, (known(DANIEL), OTHER))
        for change, refused in (WHO_AGREES | {c: NOT_OWN if b else None for c, b in barred.items()}).items():
            assert (await ask(story.senco, agrees + change) or None) == refused, change


async def test_who_may_record_a_ground(db):
    story = await open_story(db)
    other = await open_story(db, "Niamh O’Neill")
    await join(db, story, MANAGER, CARE)
    senco, dsl, manager = story.senco, await db.act_as(DSL), await db.act_as(MANAGER)
    stranger, hillside, council = await db.act_as("senco@hillside.example"), known("hillside"), known("council")
    education, hers = ["education"], ["education", "safeguarding"]
    elsewhere = f"UPDATE support_case SET school_id = '{hillside}' WHERE id = '{other.case_id}';"
    involved = "UPDATE involvement SET {} WHERE case_id = '" + str(story.case_id) + "';"
    table = [
        (True, senco, "", CARE, "statutory", education),
        (False, senco, NO_VERB.format("senco", "ground:record"), CARE, "statutory", education),
        (False, senco, "", OAKFIELD, "statutory", education),
        (False, senco, "", CARE, "statutory", hers),
        (True, senco, VERB.format("school", "senco", "write:safeguarding"), CARE, "statutory", hers),
        (True, dsl, "", CARE, "override", hers),
        (False, dsl, NO_VERB.format("dsl", "override:record"), CARE, "override", hers),
        (True, dsl, NO_VERB.format("dsl", "write:safeguarding"), CARE, "override", hers),
        (False, dsl, NO_VERB.format("dsl", "write:safeguarding"), CARE, "statutory", hers),
        (False, stranger, "", CARE, "statutory", education),
        (True, senco, involved.format("status = 'invited'"), CARE, "statutory", education),
        (False, senco, involved.format("status = 'ended'"), CARE, "statutory", education),
        (False, senco, involved.format(f"case_id = '{other.case_id}'"), CARE, "statutory", education),
        (False, senco, "", council, "statutory", education),
        (False, senco, elsewhere, hillside, "statutory", education),
        (False, senco, involved.format(f"agency_id = '{SAFE}'"), SAFE, "statutory", education),
        (True, dsl, involved.format(f"agency_id = '{SAFE}'"), SAFE, "statutory", education),
        (False, manager, "", OAKFIELD, "override", education),
    ]  # fmt: skip
    async with asking(db, "SELECT may_record_ground($1, $2, $3, $4)") as ask:
        for may, who, change, agency, basis, categories in table:
            answer = await ask(who, change, story.case_id, agency, basis, categories)
            assert answer is may, (change, agency, basis, categories)


async def test_who_works_in_a_case_overrides_only_in_what_they_work_in(db):
    story = await open_story(db)
    await bring_in(db, story, MANAGER, CARE, "education", "social_care")
    manager, away = await db.act_as(MANAGER), known("hillside")
    other = await open_story(db, "Niamh O’Neill")
    record = VERB.format("social_care", "manager", "ground:record")
    gone = f"DELETE FROM case_access WHERE category = 'core' AND principal = '{CARE}';"
    moved = "UPDATE support_case SET school_id = '{}' WHERE id = '{}';"
    table = [
        (True, "", OAKFIELD, "override", ["education", "social_care"]),
        (False, "", OAKFIELD, "override", ["education", "health"]),
        (False, record, OAKFIELD, "statutory", ["education"]),
        (False, gone, OAKFIELD, "override", ["education"]),
        (False, "", CARE, "override", ["education"]),
        (True, moved.format(away, story.case_id), away, "override", ["education"]),
        (False, moved.format(away, other.case_id), away, "override", ["education"]),
    ]
    async with asking(db, "SELECT may_record_ground($1, $2, $3, $4)") as ask:
        for may, change, agency, basis, categories in table:
            answer = await ask(manager, change, story.case_id, agency, basis, categories)
            assert answer is may, (change, agency, basis, categories)


NEW = """INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, agreed_by_person_id, reason, not_told_code,
             from_at, until_at, recorded_by_membership_id)
         VALUES (gen_random_uuid(), $1, $2, $3, 'x', '{{education}}', $4, 'A reason long enough.', 'not_yet', now(),
             $5::text::timestamptz, $6) RETURNING {}"""


async def test_what_renews_an_override_stood_there_in_the_last_fortnight_for_that_and_by_somebody_else(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    dsl, by, before = await db.act_as(DSL), known(f"seat {DSL}"), new_id()
    lately, long_past = "app_now() - interval '13 days'", "app_now() - interval '14 days'"
    sound = SOUND | {
        "id": before, "case": story.case_id, "agency": CARE, "basis": "override", "categories": "{education,family}",
        "until": "app_now() - interval '6 days'",
    }  # fmt: skip
    table: list[tuple[dict[str, Any], object]] = [
        ({}, "ground_renewed_by_other"), ({"by": known(f"seat {TEACHER}")}, before), ({"case": other.case_id}, None),
        ({"agency": HEALTH}, None), ({"basis": "statutory"}, None), ({"categories": "{family}"}, None),
        ({"until": lately}, "ground_renewed_by_other"), ({"until": long_past}, None),
        ({"ended": lately}, "ground_renewed_by_other"), ({"ended": long_past}, None),
    ]  # fmt: skip
    override = (story.case_id, CARE, "override", None, None, by)
    async with asking(db, NEW.format("renews_id"), *override) as ask:
        for changed, answer in table:
            assert await ask(dsl, GROUND.format(**sound | changed)) == answer, changed
    async with asking(db, NEW.format("until_at - app_now()"), *override) as ask:
        assert await ask(dsl) == timedelta(days=14)
    service = (story.case_id, HEALTH, "service_agreement", known(AMINA), "2040-01-01", by)
    async with asking(db, NEW.format("(until_at AT TIME ZONE 'Europe/London')::date::text"), *service) as ask:
        young = born("'2015-06-01'") + born("'2014-01-01'", known("pupil Niamh O’Neill"))
        assert await ask(dsl, young) == "2031-06-01"


async def test_what_has_ended_ends_once_and_an_override_by_who_may_record_one(db):
    story = await open_story(db)
    dsl, amina = await db.act_as(DSL), await db.act_as(AMINA)
    law = SOUND | {"id": new_id(), "case": story.case_id, "agency": CARE, "basis": "statutory"}
    override = law | {"basis": "override", "until": "app_now() - interval '6 days'"}
    late = "UPDATE sharing_ground SET from_at = app_now(), until_at = app_now() + interval '6 days';"
    end, touch = "ended_at = app_now()", "told_person_ids = '{}'"
    table = [
        (None, dsl, law, "", end), (None, story.senco, law, "", end), (None, story.senco, law, "", touch),
        ("ground_is_over", dsl, law | {"ended": "app_now() - interval '1 day'"}, "", end),
        ("ground_is_over", dsl, override, "", end), ("ground_is_over", dsl, law | {"until": "app_now()"}, "", end),
        (None, dsl, override, late, end), ("not allowed", story.senco, override, late, end),
        (None, story.senco, override, late, touch), ("not allowed", amina, law, "", touch), (None, amina, law, "", end),
    ]  # fmt: skip
    for answer, who, ground, change, move in table:
        async with asking(db, f"UPDATE sharing_ground SET {move} WHERE id = $1 RETURNING NULL", ground["id"]) as ask:
            assert await ask(who, GROUND.format(**ground) + change) == answer, (ground, change, move)


async def test_who_was_told_objects_and_no_worker_for_them(db):
    story = await open_story(db)
    await let_in(story, AMINA, DANIEL)
    ground = f"""INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, family_told_on, told_person_ids, from_at, recorded_by_membership_id)
        VALUES ('{known("ground")}', '{story.case_id}', '{CARE}', 'statutory', 'x', '{{education}}', '2026-09-01', '{{{known(AMINA)}}}', app_now(), '{known(f"seat {DSL}")}');"""
    yes = f"UPDATE sharing_ground SET basis = 'service_agreement', agreed_by_person_id = '{known(DANIEL)}', until_at = NULL;"
    objects = "INSERT INTO ground_objection (id, ground_id, case_id, text) VALUES (gen_random_uuid(), $1, $2, 'x')"
    async with asking(db, objects, known("ground"), story.case_id, walled=True) as ask:
        for email, change, answer in (
            (AMINA, ground, None), (DANIEL, ground, "not allowed"), (DSL, ground, "not allowed"), (DANIEL, ground + yes, "not allowed"),
        ):  # fmt: skip
            assert await ask(await db.act_as(email), change) == answer, (email, change)
