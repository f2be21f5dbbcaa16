"""On what it depends who comes in, for whom and as what: one thing changed at a time, in the database itself."""

from typing import Any
from uuid import UUID

from ecm.seeds import known
from tests.actions.story import HEALTH, OAKFIELD, SENCO, bring_in, open_story
from tests.asked import AHEAD, LONG_AGO, asking, bars
from tests.grounds.story import AMINA, CARE, DANIEL, DSL, MANAGER, SOCIAL, TEACHER

LEILA, NIAMH, HILLSIDE = known("pupil Leila Reid"), known("pupil Niamh O’Neill"), known("hillside")
TODAY = "(app_now() AT TIME ZONE 'Europe/London')::date"
ADMIN = "admin@oakfield.example"


def seat(email: str) -> UUID:
    return known(f"seat {email}")


def covers(covering: str, absent: str, since: str = TODAY, until: str = TODAY, ended: str = "NULL") -> str:
    return f"""INSERT INTO cover (id, absent_membership_id, covering_membership_id, from_on, until_on, set_by_membership_id, set_at, ended_at)
        VALUES (gen_random_uuid(), '{seat(absent)}', '{seat(covering)}', {since}, {until}, '{seat(absent)}', app_now(), {ended});"""


def serves(email: str, since: str, until: str) -> str:
    return f"UPDATE membership SET started_at = {since}, ended_at = {until} WHERE id = '{seat(email)}';"


def parent(email: str, pupil: UUID) -> str:
    return f"""INSERT INTO carer (id, pupil_id, person_id, relationship)
        VALUES (gen_random_uuid(), '{pupil}', '{known(email)}', 'father');"""


async def test_who_is_covered_for_is_away_of_the_same_house_and_no_child_of_whoever_covers_is_theirs(db):
    story = await open_story(db)
    await open_story(db, "Niamh O’Neill")
    await bring_in(db, story, SOCIAL, CARE, "education")
    here, unseen = (
        covers(MANAGER, SOCIAL),
        f"DELETE FROM case_access WHERE principal = '{seat(SOCIAL)}';",
    )
    kept = bars(known(MANAGER), LEILA, (known(DANIEL), NIAMH))
    table = [
        (True, here), (False, covers(MANAGER, SOCIAL, ended="app_now()")), (False, covers(MANAGER, SOCIAL, f"{TODAY} + 1", f"{TODAY} + 1")),
        (False, covers(MANAGER, SOCIAL, f"{TODAY} - 1", f"{TODAY} - 1")), (False, covers(DSL, SOCIAL)),
        (False, here + f"UPDATE membership SET agency_id = '{HEALTH}' WHERE id = '{seat(SOCIAL)}';"),
        (False, here + serves(SOCIAL, AHEAD, "NULL")), (False, here + serves(SOCIAL, LONG_AGO, "app_now()")),
        (True, here + serves(SOCIAL, LONG_AGO, AHEAD)), (False, here + parent(MANAGER, LEILA)),
        (True, here + unseen + parent(MANAGER, LEILA)), (True, here + parent(MANAGER, NIAMH)), (True, here + parent(DSL, LEILA)),
        *((not barred, here + change) for change, barred in list(kept.items())[:-1]),
    ]  # fmt: skip
    async with asking(db, "SELECT covered_by($1, $2) <> '{}'", seat(MANAGER), known(MANAGER)) as ask:
        for stands_in, change in table:
            assert await ask(story.senco, change) is stands_in, change
    async with asking(db, "SELECT covered_by($1, $2) <> '{}'", seat(SENCO), known(SENCO)) as ask:
        assert await ask(story.senco, covers(SENCO, TEACHER)) is True
        assert await ask(story.senco, covers(SENCO, TEACHER) + parent(SENCO, LEILA)) is False  # taught by who is away


async def test_whoever_has_left_or_has_not_begun_does_not_come_in(db):
    story = await open_story(db)
    manager, amina, browser = await db.act_as(MANAGER), await db.act_as(AMINA), await db.act_as(SENCO, kind="browser")
    left = "UPDATE person SET left_at = {} WHERE id = '{}';".format
    other = f"""INSERT INTO membership (id, person_id, agency_id, role, started_at, ended_at)
        VALUES (gen_random_uuid(), '{known(MANAGER)}', '{HEALTH}', 'practitioner', {{}}, {{}});""".format
    table: list[tuple[object, str, Any, str]] = [
        (1, "count(*)", manager, ""), (0, "count(*)", manager, left("app_now()", known(MANAGER))),
        (1, "count(*)", manager, left(AHEAD, known(MANAGER))), (1, "count(*)", manager, left("app_now()", known(DSL))),
        (0, "count(*)", manager, serves(MANAGER, AHEAD, "NULL")), (0, "count(*)", manager, serves(MANAGER, LONG_AGO, "app_now()")),
        (1, "count(*)", manager, serves(MANAGER, "app_now()", "NULL")), (1, "count(*)", manager, serves(MANAGER, LONG_AGO, AHEAD)),
        (2, "max(memberships)", manager, other("app_now()", "NULL")), (2, "max(memberships)", manager, other(LONG_AGO, AHEAD)),
        (1, "max(memberships)", manager, other(LONG_AGO, "app_now()")), (1, "max(memberships)", manager, other(AHEAD, "NULL")),
        ("Joan Whitlock", "max(administrator)", browser, ""), (None, "max(administrator)", browser, serves(ADMIN, AHEAD, "NULL")),
        (None, "max(administrator)", browser, serves(ADMIN, LONG_AGO, "app_now()")), (None, "max(administrator)", story.senco, ""),
        ("Joan Whitlock", "max(administrator)", browser, serves(ADMIN, LONG_AGO, AHEAD)),
        (["Ruth Adeyemi"], "max(covering)", manager, covers(MANAGER, SOCIAL)), ([], "max(covering)", manager, covers(DSL, TEACHER)),
    ]  # fmt: skip
    for answer, what, who, change in table:
        async with asking(db, f"SELECT {what} FROM enter($1, 'test')", who.token_hash) as ask:
            assert await ask(who, change) == answer, (what, change)
    async with asking(db, "SELECT context() -> 'barred' ? $1", str(LEILA)) as ask:
        for change, barred in bars(known(AMINA), LEILA, (known(DANIEL), NIAMH)).items():
            assert await ask(amina, change) is barred, change


async def test_what_waits_for_an_answer_is_counted_for_who_answers_and_is_not_too_close(db):
    story, *others = [await open_story(db, each) for each in ("Leila Reid", "Niamh O’Neill", "Suhaila")]
    actors = {each: await db.act_as(each) for each in (MANAGER, SENCO, TEACHER)}
    asked = "".join(
        f"""INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
                status, invited_at, updated_at)
            VALUES (gen_random_uuid(), '{one.case_id}', 'core', '{CARE}', '{OAKFIELD}', '{seat(SENCO)}', 'advice', 'invited', now(), now());"""
        for one in (story, *others)
    )
    offered = """INSERT INTO case_handover (id, case_id, from_school_id, to_school_id, reason_code, joins_on, family_told, offered_by_membership_id, offered_at, status)
        SELECT gen_random_uuid(), '{}', '{}', '{}', 'moved_house', '2026-12-01', 'x', '{}', app_now(), '{}';"""

    def to(school: UUID, status: str = "offered") -> str:
        other = HILLSIDE if school == OAKFIELD else OAKFIELD
        return offered.format(story.case_id, other, school, seat(SENCO), status)

    close = """INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at)
               VALUES (gen_random_uuid(), '{}', '{}', 'own_family', '{}', '{}', app_now());"""
    table = [
        (3, MANAGER, asked), (2, MANAGER, asked + close.format(known(MANAGER), LEILA, seat(MANAGER), CARE)),
        (3, MANAGER, asked + close.format(known(MANAGER), LEILA, seat(MANAGER), CARE) + "UPDATE conflict_of_interest SET ended_at = app_now();"),
        (1, SENCO, to(OAKFIELD)), (None, TEACHER, to(OAKFIELD)), (None, SENCO, to(HILLSIDE)), (None, SENCO, to(OAKFIELD, "withdrawn")),
        (None, SENCO, to(OAKFIELD) + close.format(known(SENCO), LEILA, seat(SENCO), OAKFIELD)),
        (1, SENCO, to(OAKFIELD) + close.format(known(SENCO), NIAMH, seat(SENCO), OAKFIELD)),
    ]  # fmt: skip
    for number, email, change in table:
        async with asking(db, "SELECT invitations FROM enter($1, 'test')", actors[email].token_hash) as ask:
            assert await ask(actors[email], change) == number, (email, change)


async def test_an_organisation_keeps_an_administrator_who_works_there_now(db):
    senco = await db.act_as(SENCO)
    second = f"UPDATE membership SET role = 'agency_admin', agency_id = '{{}}' WHERE id = '{seat(TEACHER)}';".format
    left = "UPDATE person SET left_at = app_now() WHERE id = '{}';".format
    table = [
        (False, ""), (True, second(OAKFIELD)), (False, second(HILLSIDE)), (False, second(OAKFIELD) + left(known(TEACHER))),
        (True, second(OAKFIELD) + left(known(DSL))), (False, second(OAKFIELD) + serves(TEACHER, AHEAD, "NULL")),
        (False, second(OAKFIELD) + serves(TEACHER, LONG_AGO, "app_now()")), (True, second(OAKFIELD) + serves(TEACHER, "app_now()", "NULL")),
    ]  # fmt: skip
    async with asking(
        db, "UPDATE membership SET ended_at = app_now() WHERE id = $1 RETURNING NULL", seat(ADMIN)
    ) as ask:
        for may, change in table:
            assert await ask(senco, change) == (None if may else "last_administrator"), change


async def test_a_class_is_of_who_teaches_it_in_a_school(db):
    senco = await db.act_as(SENCO)
    teaches = "UPDATE membership SET agency_id = '{}', role = '{}', class_names = '{{Willow}}' WHERE id = '{}';".format
    other = teaches(HILLSIDE, "teacher", seat(SOCIAL))
    async with asking(
        db, "SELECT class_desks(ARRAY[$1::uuid]) = ARRAY[class_desk($2, 'Willow')]", seat(TEACHER), OAKFIELD
    ) as ask:
        assert await ask(senco, other) is True
        assert await ask(senco, teaches(HEALTH, "teacher", seat(TEACHER))) is False
        assert await ask(senco, teaches(OAKFIELD, "senco", seat(TEACHER))) is False
    async with asking(db, "SELECT class_desks(ARRAY[$1::uuid])", seat(TEACHER)) as ask:
        assert await ask(senco, teaches(HEALTH, "teacher", seat(TEACHER))) == []
        assert await ask(senco, teaches(OAKFIELD, "senco", seat(TEACHER))) == []
