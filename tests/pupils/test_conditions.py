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
