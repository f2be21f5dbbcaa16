"""What searching and birthdays rest on, and what lifts a bar: in the database itself."""

from datetime import date

import pytest

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import SENCO, open_story
from tests.asked import asking


async def test_a_name_is_marked_by_its_words_their_beginnings_and_each_without_one_letter(db):
    async with asking(db, "SELECT key_marks('anna li')") as ask:
        assert await ask(await db.act_as(SENCO)) == ["anna", "^a", "^an", "^ann", "nna", "ana", "ann", "li", "^l"]


async def test_a_name_that_changes_waits_with_whoever_changes_the_seats_of_that_pupil_and_of_no_other(db):
    """`note_names` locks the pupil's cases, as giving a seat does."""
    leilas, niamhs = await open_story(db), await open_story(db, "Niamh O’Neill")
    held = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
              AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1::text, 0)"""
    async with db.admin() as admin, admin.transaction():
        await admin.execute("UPDATE pupil SET search_key = 'l' WHERE id = $1", known("pupil Leila Reid"))
        assert [await admin.fetchval(held, str(each.case_id)) for each in (leilas, niamhs)] == [1, 0]


@pytest.mark.parametrize(("born", "age", "day"), [
    (date(2012, 2, 29), 16, date(2028, 2, 29)), (date(2012, 2, 29), 18, date(2030, 3, 1)), (date(2013, 2, 28), 16, date(2029, 2, 28)),
    (date(2012, 3, 29), 18, date(2030, 3, 29)), (date(2012, 12, 31), 18, date(2030, 12, 31)), (date(2012, 1, 29), 18, date(2030, 1, 29)),
])  # fmt: skip
async def test_who_was_born_on_the_29th_of_february_turns_of_age_on_the_first_of_march(db, born, age, day):
    async with asking(db, "SELECT birthday($1, $2)", born, age) as ask:
        assert await ask(await db.act_as(SENCO)) == day


async def test_a_bar_is_lifted_when_its_order_no_longer_stands(db):
    bar, senco = new_id(), await db.act_as(SENCO)
    amina, leila, by = known("amina.yusuf@home.example"), known("pupil Leila Reid"), known(f"seat {SENCO}")
    barred = f"""INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at)
        VALUES ('{bar}', '{leila}', '{amina}', 'court_order', app_now() - interval '1 day');"""
    order = f"""INSERT INTO court_order (id, pupil_id, person_id, kind, made_on, contact_bar_id, recorded_by_membership_id, recorded_at, ended_at)
        VALUES (gen_random_uuid(), '{leila}', '{amina}', 'other', '2026-09-01', '{bar}', '{by}', app_now(), {{}});""".format
    async with asking(db, "UPDATE contact_bar SET until_at = app_now() WHERE id = $1 RETURNING NULL", bar) as ask:
        assert await ask(senco, barred) is None
        assert await ask(senco, barred + order("NULL")) == "bar_of_order"
        assert await ask(senco, barred + order("app_now()")) is None


STRANGER, TODAY = "senco@hillside.example", "(app_now() AT TIME ZONE 'Europe/London')::date"


async def test_a_roll_is_of_today_and_of_one_school_without_pupils_to_whom_the_reader_is_too_close(db):
    leila, niamh = known("pupil Leila Reid"), known("pupil Niamh O’Neill")
    senco, stranger = await db.act_as(SENCO), await db.act_as(STRANGER)
    until = f"UPDATE enrolment SET from_on = '2020-09-01', to_on = {{}} WHERE pupil_id = '{leila}';".format
    close = """INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at, ended_at)
        VALUES (gen_random_uuid(), '{}', '{}', 'own_family', '{}', '{}', app_now(), {});""".format
    declared = known(f"seat {SENCO}"), known("oakfield")
    async with asking(db, "SELECT on_my_roll($1, $2)", leila, None) as ask:
        for on_it, who, change in (
            (True, senco, ""), (False, stranger, ""),
            (True, senco, until(TODAY)), (True, senco, until(f"{TODAY} + 1")),
            (False, senco, until(f"{TODAY} - 1")), (False, senco, until(f"{TODAY} - 200")),
            (False, senco, close(known(SENCO), leila, *declared, "NULL")), (True, senco, close(known(SENCO), leila, *declared, "app_now()")),
            (True, senco, close(known(SENCO), niamh, *declared, "NULL")), (True, senco, close(known(STRANGER), leila, *declared, "NULL")),
        ):  # fmt: skip
            assert await ask(who, change) is on_it, change
        assert await ask(senco, "", leila, ["Willow"]) is True
        assert await ask(senco, "", leila, ["Maple"]) is False
        assert await ask(senco, "", new_id(), None) is False
    forged = "SELECT on_my_roll($1, NULL) FROM (SELECT set_config('ecm.reach', {}, true) AS put OFFSET 0) f WHERE put <> ''".format
    async with asking(db, forged("current_setting('ecm.reach')"), leila) as ask:
        assert await ask(senco) is True
    async with asking(db, forged("'forged'"), leila) as ask:
        assert await ask(senco) == "not allowed"


async def test_who_sits_at_a_case_stands_beside_the_name_of_its_pupil_and_of_no_other(db):
    """`seat_in_search`: whoever stood there before stays."""
    leilas, niamhs = await open_story(db), await open_story(db, "Niamh O’Neill")
    other = f"""INSERT INTO case_seat (principal, case_id, status, last_activity_at, stale_at)
        VALUES (gen_random_uuid(), '{niamhs.case_id}', 'open', app_now(), 'infinity');"""
    leila, nobody, somebody = known("pupil Leila Reid"), "ARRAY[]::uuid[]", f"ARRAY['{new_id()}']::uuid[]"
    for before in (nobody, somebody):
        noted = f"UPDATE pupil_search SET seated = CASE WHEN pupil_id = '{leila}' THEN {before} ELSE {nobody} END;"
        after = f"""SELECT bool_and(f.seated @> n.now AND f.seated <@ n.now) FROM pupil_search f CROSS JOIN LATERAL (SELECT
            CASE WHEN f.pupil_id = '{leila}' THEN {before} || ARRAY(SELECT principal FROM case_seat WHERE case_id = '{leilas.case_id}')
            ELSE {nobody} END AS now) n"""
        async with asking(db, "SELECT seat_in_search($1)", [leilas.case_id], after=after) as ask:
            assert await ask(leilas.senco, other + noted) is True
