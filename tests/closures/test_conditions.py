"""What a turn of one case ends, and that it touches no other: in the database itself."""

from typing import Any

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import HEALTH, OAKFIELD, SENCO, Story, open_story
from tests.asked import asking
from tests.grounds.story import CARE

BY = known(f"seat {SENCO}")
STATES = ("todo", "doing", "done", "cancelled")
TODAY = "(app_now() AT TIME ZONE 'Europe/London')::date"


def busy(story: Story, name: str) -> str:
    """Everything that a turn might end, of one case, by names that begin with `name`."""
    case, carer = story.case_id, known("carer amina.yusuf@home.example")
    sql = ""
    for state in (*STATES, "error"):
        sql += f"""INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, status, author_agency_id,
                author_membership_id, author_desk_id, added_at, updated_at, in_error)
            VALUES (gen_random_uuid(), '{case}', 'education', '{name} {state}', '{OAKFIELD}', '{OAKFIELD}', '2026-12-01',
                '{"todo" if state == "error" else state}', '{OAKFIELD}', '{BY}', '{OAKFIELD}', now(), now(), {state == "error"});"""
    for state in ("invited", "accepted", "declined", "withdrawn", "ended"):
        sql += f"""INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
                status, invited_at, updated_at, answer_message)
            VALUES (gen_random_uuid(), '{case}', 'core', '{CARE if state == "accepted" else HEALTH}', '{OAKFIELD}', '{BY}', 'advice', '{state}', now(), now(), '{name} {state}');"""
    request = new_id()
    sql += f"""INSERT INTO consent_request (id, case_id, carer_id, person_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
        VALUES ('{request}', '{case}', '{carer}', '{known("amina.yusuf@home.example")}', 'x', '', '{BY}', app_now());"""
    for state in ("waiting", "sent"):
        sql += f"""INSERT INTO outbox (id, recipient, channel, letter, subject, text, at, state, about)
            VALUES (gen_random_uuid(), '{name} {state}', 'sms', 'link', '', 'x', app_now(), '{state}', '{request}');"""
    for ended in ("NULL", "'2026-10-01'"):
        sql += f"""INSERT INTO carer_admission (id, case_id, carer_id, person_id, authority_seen, admitted_by_membership_id, admitted_at, ended_at)
            VALUES (gen_random_uuid(), '{case}', '{carer}', '{known("amina.yusuf@home.example")}', '{name}', '{BY}', '2026-09-10', {ended});"""
    return sql


AFTER = """SELECT array_agg(each ORDER BY each) FROM (
    SELECT 'action ' || title || ' ' || status FROM action WHERE progress <> ''
    UNION ALL SELECT 'involvement ' || answer_message || ' ' || status FROM involvement WHERE ended_at IS NOT NULL
    UNION ALL SELECT 'letter ' || recipient || ' ' || state FROM outbox WHERE trouble = 'not_wanted'
    UNION ALL SELECT 'admission ' || authority_seen || ' ' || count(*) FROM carer_admission WHERE ended_at IS NOT NULL GROUP BY authority_seen
        HAVING bool_or(ended_at = app_now())
    UNION ALL SELECT 'died ' || first_name || ' ' || died_on FROM pupil WHERE died_on IS NOT NULL
    UNION ALL SELECT 'case ' || p.first_name || ' ' || status FROM support_case c JOIN pupil p ON p.id = c.pupil_id WHERE status <> 'open'
) as found (each)"""
TURN = "INSERT INTO case_turn (id, case_id, kind, outcome, died_on) VALUES (gen_random_uuid(), $1, $2, $3, $4::text::date) RETURNING NULL"
ENDED = {
    "action a todo cancelled", "action a doing cancelled", "involvement a invited withdrawn", "involvement a accepted ended",
    "letter a waiting refused",
}  # fmt: skip


async def test_a_turn_ends_what_is_open_in_that_case_and_nothing_elsewhere(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    before = busy(story, "a") + busy(other, "b")
    closed = "UPDATE support_case SET status = 'closed' WHERE id = '{}';".format

    def turn(kind: str, died: str | None = None) -> tuple[Any, ...]:
        return story.case_id, kind, "other" if kind in ("closed", "died") else None, died

    died = f"UPDATE pupil SET died_on = '2026-10-02' WHERE id = '{known('pupil Niamh O’Neill')}';"
    table: list[tuple[set[str], str, tuple[Any, ...]]] = [
        (ENDED | {"case Leila closed"}, "", turn("closed")),
        (ENDED | {"case Leila voided", "admission a 2"}, "", turn("voided")),
        (ENDED | {"case Leila closed", "died Leila 2026-10-01"}, "", turn("died", "2026-10-01")),
        (
            ENDED | {"case Leila closed", "died Leila 2026-10-01", "died Niamh 2026-10-02"},
            died,
            turn("died", "2026-10-01"),
        ),
        ({"case Niamh closed"}, closed(story.case_id) + closed(other.case_id), turn("reopened")),
    ]
    async with asking(db, TURN, after=AFTER) as ask:
        for expected, change, given in table:
            assert set(await ask(story.senco, before + change, *given)) == expected, (change, given)


async def test_nobody_dies_tomorrow_and_another_pupils_death_turns_nothing(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    late = "INSERT INTO case_turn (id, case_id, kind, outcome, died_on) VALUES (gen_random_uuid(), $1, 'died', 'other', {}) RETURNING NULL"
    for day, refused in ((TODAY, None), (f"{TODAY} + 1", "case_turn_move")):
        async with asking(db, late.format(day), story.case_id) as ask:
            assert await ask(story.senco) == refused, day
    gone = f"UPDATE pupil SET died_on = '2026-10-02' WHERE id = '{known('pupil Niamh O’Neill')}';"
    shut = f"UPDATE support_case SET status = 'closed' WHERE id = '{other.case_id}';"
    later = f"UPDATE support_case SET version = 9 WHERE id = '{story.case_id}';"  # and so written behind the other
    async with asking(db, TURN, story.case_id, "closed", "other", None) as ask:
        assert await ask(story.senco, gone + shut) is None
        assert await ask(story.senco, gone + shut + later) is None
