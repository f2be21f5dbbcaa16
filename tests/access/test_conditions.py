"""What the list of cases says of one: when something last happened that its reader may know, and what returns to its lead.
One thing changed at a time, in the database itself."""

from typing import Any
from uuid import UUID

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, bring_in, open_story
from tests.asked import asking
from tests.grounds.story import AMINA, CARE, MANAGER, let_in

BY = known(f"seat {SENCO}")
AUTHOR = f"'{OAKFIELD}', '{BY}', '{OAKFIELD}'"
# What can be written, its columns besides those of all, and the column that says when.
KINDS = {
    "note": ("text", "'x'", "written_at"),
    "identified_barrier": ("code, how_identified, detail", "'x', 'x', ''", "updated_at"),
    "action": (
        "title, owner_agency_id, owner_desk_id, due_on, added_at",
        f"'x', '{OAKFIELD}', '{OAKFIELD}', '2027-01-01', now()",
        "updated_at",
    ),
    "review_contribution": ("review_id, text", f"'{known('review')}', 'x'", "written_at"),
    "outcome": ("title, added_at", "'x', now()", "updated_at"),
    "measurement": ("outcome_id, measured_on, value", f"'{known('outcome')}', '2026-11-01', 1", "written_at"),
    "provision": ("title, who, how_often, starts_on, added_at", "'x', 'x', 'x', '2026-11-01', now()", "updated_at"),
    "case_view": ("whose, text, given_on", "'pupil', 'x', '2026-11-01'", "written_at"),
}
NEVER_WRONG = {"identified_barrier"}


def written(
    kind: str, case: UUID, days: int, category: str = "education", wrong: bool = False, desk: UUID = OAKFIELD
) -> str:
    columns, values, when = KINDS[kind]
    error = ("", "") if kind in NEVER_WRONG else (", in_error", f", {wrong}")
    return f"""INSERT INTO {kind} (id, case_id, category, author_agency_id, author_membership_id, author_desk_id, {columns}, {when}{error[0]})
        VALUES (gen_random_uuid(), '{case}', '{category}', '{OAKFIELD}', '{BY}', '{desk}', {values}, app_now() + interval '{days} days'{error[1]});"""


async def test_the_list_says_when_something_happened_there_that_stands_and_is_shared(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    await bring_in(db, story, NURSE, HEALTH, "education")
    here, there = story.case_id, other.case_id
    brief = "UPDATE case_brief SET updated_at = app_now() + interval '9 days' WHERE case_id = '{}';".format
    review = """INSERT INTO review (id, case_id, held_on, held_by_membership_id, written_at)
                VALUES (gen_random_uuid(), '{}', '2026-11-01', '{}', app_now() + interval '9 days');""".format
    asked = "UPDATE involvement SET updated_at = app_now() + interval '9 days', category = '{}' WHERE case_id = '{}';".format
    mistake = {kind: written(kind, here, 9, wrong=True) for kind in KINDS if kind not in NEVER_WRONG}
    away = f"UPDATE involvement SET case_id = '{there}';" + asked("core", there)
    table = [
        *((9, 9, written(kind, here, 9)) for kind in KINDS), *((0, 0, change) for change in mistake.values()),
        *((0, 0, written(kind, there, 9)) for kind in KINDS), *((9, 0, written(kind, here, 9, "family")) for kind in KINDS),
        (9, 9, brief(here)), (0, 0, brief(there)), (9, 9, review(here, BY)), (0, 0, review(there, BY)),
        (9, 9, asked("core", here)), (9, 0, asked("family", here)), (0, 0, away),
        (9, 0, asked("health", here)),
        (9, 0, asked("health", here) + f"UPDATE support_case SET school_id = '{known('hillside')}' WHERE id = '{there}'"),
    ]  # fmt: skip
    last = f"""SELECT array_agg(greatest(0, extract(day FROM last_activity_at - app_now() + interval '1 hour'))::int ORDER BY principal = '{HEALTH}')
               FROM case_seat WHERE case_id = '{here}' AND principal IN ('{OAKFIELD}', '{HEALTH}')"""
    async with asking(db, "SELECT refresh_seats($1)::text", here, after=last) as ask:
        for school, nurse, change in table:
            assert await ask(story.senco, change) == [school, nurse], change


async def test_who_only_wrote_there_or_reads_no_longer_has_no_case_in_the_list(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    seats = f"SELECT string_agg(extract(day FROM stale_at - app_now())::text, ',') FROM case_seat WHERE principal = '{HEALTH}'"
    reason = f"""DELETE FROM case_access WHERE principal = '{HEALTH}';
        INSERT INTO case_access (case_id, principal, category, basis, basis_id, valid_from, valid_until)
        VALUES ('{story.case_id}', '{HEALTH}', '{{}}', '{{}}', '{story.case_id}', app_now() + interval '{{}} days', app_now() + interval '{{}} days');""".format
    table = [
        ("5", reason("core", "consent", -9, 5)), (None, reason("core", "own_record", -9, 5)), (None, reason("education", "consent", -9, 5)),
        (None, reason("core", "consent", -9, -5)), ("3", reason("core", "consent", 3, 5)), (None, reason("core", "consent", -9, 0)),
    ]  # fmt: skip
    async with asking(db, "SELECT refresh_seats($1)::text", story.case_id, after=seats) as ask:
        for stale, change in table:
            assert await ask(story.senco, change) == stale, change
    # What is due to the desk of an action reads nobody who only wrote there or does not read any more.
    owned = written("action", story.case_id, 0, "family").replace(
        f"'x', '{OAKFIELD}', '{OAKFIELD}'", f"'x', '{HEALTH}', '{HEALTH}'"
    )
    due = f"SELECT due_next::text FROM case_seat WHERE principal = '{HEALTH}'"
    async with asking(db, "SELECT refresh_seats($1)::text", story.case_id, after=due) as ask:
        assert await ask(story.senco, owned + reason("core", "consent", -9, 5)) == "2027-01-01"
        assert await ask(story.senco, owned + reason("core", "consent", 3, 5)) is None
        other = "INSERT INTO case_access SELECT case_id, principal, 'core', 'own_record', case_id, valid_from - interval '20 days', valid_until FROM case_access"
        also = f"{other} WHERE principal = '{HEALTH}';"
        assert await ask(story.senco, owned + reason("core", "consent", 3, 5) + also) is None


async def test_what_a_service_leaves_open_returns_to_the_lead_as_far_as_the_lead_may_read(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    await bring_in(db, story, NURSE, HEALTH, "education", "health")
    await bring_in(db, story, MANAGER, CARE, "health")
    ended = f"""UPDATE involvement SET status = 'ended', answered_at = app_now() - interval '2 days',
        ended_at = app_now() - interval '1 hour' WHERE agency_id = '{HEALTH}';
        UPDATE consent_event SET at = app_now() - interval '3 days';"""

    def action(
        title: str, category: str = "education", owner: UUID = HEALTH, author: UUID = OAKFIELD, **other_: Any
    ) -> str:
        case, status, wrong = (
            other_.get("case", story.case_id),
            other_.get("status", "todo"),
            other_.get("wrong", False),
        )
        return f"""INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, status, author_agency_id,
                author_membership_id, author_desk_id, added_at, updated_at, in_error)
            VALUES ('{new_id()}', '{case}', '{category}', '{title}', '{owner}', '{owner}', '2027-01-01', '{status}', '{author}',
                '{BY}', '{author}', now(), now(), {wrong});"""

    actions = (
        action("read") + action("unread", "health") + action("theirs", "health", author=HEALTH) + action("theirs read", author=HEALTH)
        + action("wrong", wrong=True) + action("done", status="done") + action("still", owner=CARE) + action("elsewhere", case=other.case_id)
    )  # fmt: skip
    wrote = f"INSERT INTO case_author VALUES (gen_random_uuid(), '{story.case_id}', '{BY}', 'health', app_now() - interval '1 day');"
    theirs = wrote.replace(str(BY), str(HEALTH))
    left = f"""UPDATE enrolment SET to_on = current_date - 3 WHERE pupil_id = '{known("pupil Leila Reid")}';
        UPDATE support_case SET opened_at = app_now() - interval '9 days';"""
    moved = f"""SELECT array_agg(title || ' ' || (assignee_membership_id IS NOT DISTINCT FROM '{BY}') ORDER BY title)
                FROM action WHERE owner_agency_id = '{OAKFIELD}'"""
    returned = ["read true", "theirs read true", "unread false"]
    table = [
        (None, ""),
        (returned, ended),
        (returned, ended + wrote),
        (returned, ended + theirs),
        (["read false", "unread false"], ended + left),
    ]
    async with asking(db, "SELECT derive_case($1)::text", story.case_id, after=moved) as ask:
        for answer, change in table:
            assert await ask(story.senco, actions + change) == answer, change


async def test_one_service_refused_closes_no_other_and_a_bar_that_never_began_closes_nothing(db):
    story = await open_story(db)
    await let_in(story, AMINA)
    await bring_in(db, story, NURSE, HEALTH, "education")
    await bring_in(db, story, MANAGER, CARE, "education")
    refused = f"UPDATE consent_event SET kind = 'refused' WHERE kind = 'given' AND agency_id = '{CARE}';"
    never = f"""INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at)
        VALUES (gen_random_uuid(), '{known("pupil Leila Reid")}', '{known("amina.yusuf@home.example")}', 'court_order',
            app_now() + interval '2 days', app_now());"""
    reading = f"""SELECT array_agg(DISTINCT principal = '{HEALTH}') FROM case_reasons($1) r
                  WHERE category = 'education' AND principal IN ('{HEALTH}', '{CARE}')"""
    async with asking(db, reading, story.case_id) as ask:
        assert await ask(story.senco) == [False, True]
        assert await ask(story.senco, refused) == [True]
        assert await ask(story.senco, refused.replace(str(CARE), str(HEALTH))) == [False]
        assert await ask(story.senco, never) == [False, True]
