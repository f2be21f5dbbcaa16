"""On what it depends who keeps a case, works in it and moves it on: one thing changed at a time, in the database itself."""

from itertools import product
from typing import Any
from uuid import UUID

from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import HEALTH, OAKFIELD, SENCO, bring_in, open_story
from tests.asked import AHEAD, LONG_AGO, asking
from tests.grounds.story import AMINA, CARE, DANIEL, DSL, MANAGER, SAFE, SOCIAL, TEACHER, let_in

LEILA, NIAMH, HILLSIDE = known("pupil Leila Reid"), known("pupil Niamh O’Neill"), known("hillside")
STRANGER = "senco@hillside.example"
TODAY = "(app_now() AT TIME ZONE 'Europe/London')::date"


def seat(email: str) -> UUID:
    return known(f"seat {email}")


class Only:
    """A case that nobody has a reason to read but the one given."""

    def __init__(self, case: UUID) -> None:
        self.case = case

    def __call__(self, principal: UUID, category: str = "core", basis: str = "consent", **other: Any) -> str:
        since, until = other.get("since", LONG_AGO), other.get("until", AHEAD)
        case, basis_id = other.get("case", self.case), other.get("basis_id", self.case)
        return f"""DELETE FROM case_access;
            INSERT INTO case_access (case_id, principal, category, basis, basis_id, valid_from, valid_until)
            VALUES ('{case}', '{principal}', '{category}', '{basis}', '{basis_id}', {since}, {until});"""


def covers(covering: str, absent: str) -> str:
    return f"""INSERT INTO cover (id, absent_membership_id, covering_membership_id, from_on, until_on, set_by_membership_id, set_at)
        VALUES (gen_random_uuid(), '{seat(absent)}', '{seat(covering)}', {TODAY}, {TODAY}, '{seat(absent)}', app_now());"""


def lead(email: str) -> str:
    return f"UPDATE support_case SET lead_membership_id = '{seat(email)}';"


def passing(only: Any, principal: UUID, other: UUID) -> list[tuple[bool, str]]:
    """What a reason to work in a case has to be, whoever asks."""
    return [
        (True, only(principal)), (False, only(principal, "education")), (False, only(principal, "core", "own_record")),
        (False, only(principal, until="app_now()")), (False, only(principal, since=AHEAD, until="'infinity'")),
        (True, only(principal, since="app_now()")), (False, only(principal, case=other)), (False, only(HEALTH)),
    ]  # fmt: skip


async def test_a_reason_that_stands_and_is_of_the_case_opens_it(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    manager, only, social = await db.act_as(MANAGER), Only(story.case_id), seat(SOCIAL)
    cover = covers(MANAGER, SOCIAL)
    both = passing(only, CARE, other.case_id)
    table = {
        "SELECT works_in($1, 'core')": [*both, (False, only(seat(MANAGER), "core", "emergency"))],
        "SELECT works_with((SELECT pupil_id FROM support_case WHERE id = $1))": [*both, (False, only(seat(MANAGER), "core", "emergency"))],
        "SELECT reads($1, 'core')": [
            *both, (True, only(seat(MANAGER), "core", "emergency")), (False, cover + only(social, "core", "emergency")),
            (True, cover + only(social, "core", "assignment")),
        ],
    }  # fmt: skip
    for question, rows in table.items():
        async with asking(db, question, story.case_id) as ask:
            for opens, change in rows:
                assert await ask(manager, change) is opens, (question, change)


async def test_a_school_keeps_its_case_as_a_whole_or_by_its_lead(db):
    story = await open_story(db)
    senco, teacher, only = story.senco, await db.act_as(TEACHER), Only(story.case_id)
    away = f"UPDATE support_case SET school_id = '{HILLSIDE}';"
    table = [
        (True, senco, only(OAKFIELD, "core", "opened_by")), (False, senco, only(OAKFIELD)),
        (True, senco, only(seat(SENCO), "core", "opened_by")), (False, senco, only(OAKFIELD, "core", "opened_by") + away),
        (False, senco, only(OAKFIELD, "core", "assignment")),
        (False, senco, covers(SENCO, TEACHER) + only(seat(TEACHER), "core", "opened_by")),
        (False, teacher, only(seat(TEACHER), "core", "opened_by")),
        (False, teacher, only(seat(TEACHER), "core", "assignment")),
        (True, teacher, only(seat(TEACHER), "core", "assignment") + lead(TEACHER)),
        (False, teacher, only(seat(TEACHER)) + lead(TEACHER)),
    ]  # fmt: skip
    async with asking(db, "SELECT holds_case($1)", story.case_id) as ask:
        for holds, who, change in table:
            assert await ask(who, change) is holds, change


async def test_being_named_on_a_case_is_not_passed_on_to_who_covers(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    manager, senco, dsl, only = await db.act_as(MANAGER), story.senco, await db.act_as(DSL), Only(story.case_id)

    def restricted(*named: UUID, ended: str = "NULL", until: str = "NULL", case: UUID = story.case_id) -> str:
        return f"""INSERT INTO case_restriction (id, case_id, reason_code, set_by_membership_id, from_at, ended_at)
            VALUES (gen_random_uuid(), '{case}', 'at_risk', '{seat(DSL)}', {LONG_AGO}, {ended});""" + "".join(
            f"""INSERT INTO named_reader (id, restriction_id, case_id, membership_id, from_at, ended_at)
            VALUES (gen_random_uuid(), gen_random_uuid(), '{case}', '{each}', {LONG_AGO}, {until});"""
            for each in named
        )

    # Who covers, for whom, and what stands besides.
    worker = (manager, seat(MANAGER), covers(MANAGER, SOCIAL) + only(seat(SOCIAL), "core", "assignment"))
    leading = (senco, seat(SENCO), covers(SENCO, TEACHER) + only(seat(TEACHER), "core", "assignment") + lead(TEACHER))
    demoted = f"UPDATE membership SET role = 'teacher' WHERE id = '{seat(DSL)}';"
    teaching = (dsl, seat(DSL), demoted + covers(DSL, TEACHER) + lead(TEACHER))
    urgent = only(seat(MANAGER), "core", "emergency") + worker[2].replace("DELETE FROM case_access;", "")
    pupil = "(SELECT pupil_id FROM support_case WHERE id = $1)"
    questions = {
        "SELECT reads($1, 'core')": worker, "SELECT works_in($1, 'core')": worker, "SELECT reads_all($1, '{core}')": worker,
        f"SELECT works_with({pupil})": worker, f"SELECT first_seen(ARRAY[{pupil}], '{{}}', 1) <> '{{}}'": worker,
        "SELECT NOT only_in_emergency($1)": (manager, seat(MANAGER), urgent), "SELECT holds_case($1)": leading,
        f"SELECT told_of_match('{OAKFIELD}', {pupil})": teaching,
    }  # fmt: skip
    for question, (who, own, work) in questions.items():
        table = [
            (True, ""), (False, restricted()), (False, restricted(seat(SOCIAL), seat(TEACHER))), (True, restricted(own)),
            (False, restricted(own, until="app_now()")), (True, restricted(ended="app_now()")), (True, restricted(case=other.case_id)),
            (False, restricted() + restricted(own, case=other.case_id)),
        ]  # fmt: skip
        async with asking(db, question, story.case_id) as ask:
            for sees, change in table:
                assert await ask(who, work + change) is sees, (question, change)
    # What is their own is not asked about: the relation has taken out what a restriction takes out.
    own = covers(MANAGER, SOCIAL) + restricted()
    async with asking(db, "SELECT reads($1, 'core')", story.case_id) as ask:
        assert await ask(manager, own + only(CARE)) is True
        assert await ask(manager, own + lead(MANAGER) + only(seat(SOCIAL), "core", "assignment")) is True


async def test_an_organisation_is_on_a_case_and_a_carer_is_told_only_what_they_were_told(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    await let_in(story, AMINA)
    senco, amina, ground = story.senco, await db.act_as(AMINA), new_id()

    def only(*given: Any, **other_: Any) -> str:
        return f"DELETE FROM case_access WHERE principal <> '{known(AMINA)}' AND principal <> '{OAKFIELD}';" + Only(
            story.case_id
        )(*given, **other_).replace("DELETE FROM case_access;", "")

    def told(who: str, one: UUID = ground) -> str:
        return f"""INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, family_told_on, told_person_ids, from_at, recorded_by_membership_id)
            VALUES ('{one}', '{story.case_id}', '{CARE}', 'statutory', 'x', '{{education}}', '2026-09-01', '{{{known(who)}}}', app_now(), '{seat(DSL)}');"""

    law = only(CARE, "core", "statutory", basis_id=ground)
    table = [
        *((on, senco, change) for on, change in passing(only, CARE, other.case_id)),
        (False, senco, only(CARE, "core", "emergency")), (True, senco, only(seat(MANAGER), "core", "assignment")),
        (True, senco, law), (True, amina, only(CARE)), (False, amina, only(seat(MANAGER), "core", "assignment")),
        (False, amina, law), (True, amina, law + told(AMINA)), (False, amina, law + told(DANIEL)),
        (False, amina, law + told(AMINA, new_id()) + told(DANIEL)), (False, amina, law + told(AMINA, new_id())),
        (False, amina, only(CARE, "core", "override", basis_id=ground) + told(DANIEL)),
        (True, amina, only(CARE, "core", "override", basis_id=ground) + told(AMINA)),
        (False, amina, only(seat(MANAGER), "core", "statutory", basis_id=ground) + told(AMINA)),
    ]  # fmt: skip
    async with asking(db, "SELECT agency_on_case($1, $2)", story.case_id, CARE) as ask:
        for on, who, change in table:
            assert await ask(who, change) is on, change


def serves(email: str, since: str, until: str) -> str:
    return f"UPDATE membership SET started_at = {since}, ended_at = {until} WHERE id = '{seat(email)}';"


def enrolled(until: str, school: UUID = OAKFIELD) -> str:
    return f"""DELETE FROM enrolment WHERE pupil_id = '{LEILA}' AND school_id = '{school}';
        INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on, to_on)
        VALUES (gen_random_uuid(), '{LEILA}', '{school}', '3', '2026-09-01', {until});"""


ON_ROLL = [
    (True, enrolled("NULL")),
    (True, enrolled(TODAY)),
    (False, enrolled(f"{TODAY} - 1")),
    (True, enrolled(f"{TODAY} + 1")),
]


async def test_a_case_is_opened_of_a_living_pupil_on_the_roll_for_a_lead_at_work(db):
    senco = await db.act_as(SENCO)
    table = [
        *ON_ROLL, (False, f"UPDATE pupil SET died_on = '2026-10-01' WHERE id = '{LEILA}'"),
        (True, f"UPDATE pupil SET died_on = '2026-10-01' WHERE id = '{NIAMH}'"),
        (True, serves(TEACHER, "app_now()", "NULL")), (True, serves(TEACHER, LONG_AGO, AHEAD)),
        (False, serves(TEACHER, LONG_AGO, "app_now()")), (False, serves(TEACHER, LONG_AGO, "app_now() - interval '1 day'")),
        (False, serves(TEACHER, AHEAD, "NULL")), (False, f"UPDATE membership SET agency_id = '{HILLSIDE}' WHERE id = '{seat(TEACHER)}'"),
    ]  # fmt: skip
    async with asking(db, "SELECT may_open_case($1, $2)", LEILA, seat(TEACHER)) as ask:
        for may, change in table:
            assert await ask(senco, change) is may, change


async def test_a_school_keeps_whom_it_has_on_its_roll_and_alone_whom_no_other_has(db):
    senco = await db.act_as(SENCO)
    async with asking(db, "SELECT keeps_pupil($1, 'pupil:keep')", LEILA) as ask:
        for keeps, change in ON_ROLL:
            assert await ask(senco, change) is keeps, change
    async with asking(db, "SELECT keeps_alone($1)", LEILA) as ask:
        for until, alone in (("NULL", False), (TODAY, False), (f"{TODAY} + 1", False), (f"{TODAY} - 1", True)):
            assert await ask(senco, enrolled(until, HILLSIDE)) is alone, until


async def test_who_is_too_close_to_a_pupil_is_shut_out_of_that_pupil_and_no_other(db):
    story = await open_story(db)
    await open_story(db, "Niamh O’Neill")
    await bring_in(db, story, MANAGER, CARE, "education")
    emergency = f"""INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
        SELECT '{known("emergency")}', '{story.case_id}', '{seat(SOCIAL)}', '{CARE}', 'other', 'A reason long enough.', app_now(),
            app_now() + interval '1 hour', app_now() + interval '1 day';"""
    close = """INSERT INTO conflict_of_interest (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at, ended_at)
               VALUES (gen_random_uuid(), '{}', '{}', 'own_family', '{}', '{}', app_now(), {});"""
    # The case came from a school whose record of the pupil was another one.
    came = f"""INSERT INTO case_handover (id, case_id, from_school_id, to_school_id, reason_code, joins_on, family_told, status,
            offered_by_membership_id, offered_at, answered_by_membership_id, answered_at, lead_membership_id, pupil_before_id)
        VALUES (gen_random_uuid(), '{story.case_id}', '{HILLSIDE}', '{OAKFIELD}', 'moving', app_now(), 'told', 'accepted',
            '{seat(STRANGER)}', app_now(), '{seat(SENCO)}', app_now(), '{seat(SENCO)}', '{NIAMH}');"""
    questions = {
        f"SELECT holds_case('{story.case_id}')": SENCO, f"SELECT reads('{story.case_id}', 'core')": SENCO,
        f"SELECT works_in('{story.case_id}', 'core')": SENCO, f"SELECT works_with('{LEILA}')": SENCO,
        f"SELECT told_of_match('{OAKFIELD}', '{LEILA}')": SENCO, f"SELECT keeps_pupil('{LEILA}', 'pupil:keep')": SENCO,
        f"SELECT may_open_case('{LEILA}', '{seat(TEACHER)}')": SENCO, f"SELECT may_review('{known('emergency')}')": MANAGER,
    }  # fmt: skip
    for question, email in questions.items():
        who, person, agency = await db.act_as(email), known(email), OAKFIELD
        async with asking(db, question) as ask:
            for pupil, ended, before, opens in (
                (LEILA, "NULL", "", False), (NIAMH, "NULL", "", True), (LEILA, "app_now()", "", True),
                (NIAMH, "NULL", came, False), (NIAMH, "app_now()", came, True),
            ):  # fmt: skip
                change = before + close.format(person, pupil, seat(email), agency, ended)
                assert (await ask(who, emergency + change) or False) is opens, (question, change)


MOVES = {
    (MANAGER, "invited", "accepted"), (MANAGER, "invited", "declined"), (SENCO, "invited", "withdrawn"),
    (SENCO, "accepted", "ended"), (MANAGER, "accepted", "ended"),
}  # fmt: skip
STATES = ("invited", "accepted", "declined", "withdrawn", "ended")


async def test_an_involvement_moves_by_this_table_and_is_given_to_workers_of_the_organisation(db):
    story = await open_story(db)
    involvement = await bring_in(db, story, SOCIAL, CARE, "education")
    was = f"UPDATE involvement SET status = '{{}}', assignee_membership_id = NULL WHERE id = '{involvement}';"
    actors = {each: await db.act_as(each) for each in (MANAGER, SENCO, STRANGER)}
    async with asking(db, "UPDATE involvement SET status = $2 WHERE id = $1 RETURNING status") as ask:
        for (who, actor), old, new in product(actors.items(), STATES, STATES):
            moves = old == new or (who, old, new) in MOVES
            answer = await ask(actor, was.format(old), involvement, new)
            assert answer == (new if moves else "involvement_move"), (who, old, new)
    over = was.format("ended") + "UPDATE involvement SET ended_at = '2026-10-01';"
    async with asking(
        db, "UPDATE involvement SET version = 9 WHERE id = $1 RETURNING ended_at::date::text", involvement
    ) as ask:
        assert await ask(actors[SENCO], over) == "2026-10-01"
    sound = was.format("accepted")
    given = [
        (None, MANAGER, sound, SOCIAL), ("involvement_assignee", MANAGER, sound, TEACHER), ("involvement_assignee", SENCO, sound, SOCIAL),
        (None, MANAGER, sound + serves(SOCIAL, LONG_AGO, AHEAD), SOCIAL),
        ("involvement_assignee", MANAGER, sound + serves(SOCIAL, LONG_AGO, "app_now()"), SOCIAL),
        (None, SENCO, f"UPDATE involvement SET assignee_membership_id = '{seat(SOCIAL)}';", SOCIAL),
    ]  # fmt: skip
    async with asking(db, "UPDATE involvement SET assignee_membership_id = $2 WHERE id = $1 RETURNING NULL") as ask:
        for refused, who, change, worker in given:
            assert await ask(actors[who], change, involvement, seat(worker)) == refused, (who, change, worker)


async def test_what_is_added_to_a_case_that_is_not_open_is_refused_and_a_mistake_still_hidden(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    closed = "UPDATE support_case SET status = 'closed' WHERE id = '{}';"
    action = """INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, author_agency_id,
                    author_membership_id, author_desk_id, added_at, updated_at, in_error)
                VALUES ('{}', '{}', 'education', 'Ring', '{}', '{}', '2026-12-01', '{}', '{}', '{}', now(), now(), {})"""
    made = (OAKFIELD, OAKFIELD, OAKFIELD, seat(SENCO), OAKFIELD)
    there = action.format(new_id(), story.case_id, *made, "false") + ";"
    add = action.format(new_id(), story.case_id, *made, "{}") + " RETURNING NULL"
    here, elsewhere = closed.format(story.case_id), closed.format(other.case_id)
    table = [
        (None, add.format("false"), ""), (None, add.format("false"), elsewhere), ("case_is_open", add.format("false"), here),
        ("case_is_open", add.format("true"), here),
        (None, "UPDATE action SET progress = 'x' RETURNING NULL", there), (None, "UPDATE action SET progress = 'x' RETURNING NULL", there + elsewhere),
        ("case_is_open", "UPDATE action SET progress = 'x' RETURNING NULL", there + here),
        (None, "UPDATE action SET in_error = true RETURNING NULL", there + here),
    ]  # fmt: skip
    for refused, question, change in table:
        async with asking(db, question) as ask:
            assert await ask(story.senco, change) == refused, (question, change)


async def test_an_action_is_given_to_who_works_for_its_owner_now(db):
    story = await open_story(db)
    action = f"""INSERT INTO action (id, case_id, category, title, owner_agency_id, owner_desk_id, due_on, author_agency_id,
                     author_membership_id, author_desk_id, added_at, updated_at, assignee_membership_id)
                 VALUES (gen_random_uuid(), '{story.case_id}', 'education', 'Ring', '{OAKFIELD}', '{OAKFIELD}', '2026-12-01', '{OAKFIELD}',
                     '{seat(SENCO)}', '{OAKFIELD}', now(), now(), {{}})"""
    refused, teacher, gone = "action_assignee_of_owner", f"'{seat(TEACHER)}'", serves(TEACHER, LONG_AGO, "app_now()")
    add, move = (
        action.format(teacher) + " RETURNING NULL",
        f"UPDATE action SET assignee_membership_id = {teacher} RETURNING NULL",
    )
    table = [
        (None, add, ""), (None, add, serves(TEACHER, LONG_AGO, AHEAD)), (refused, add, gone),
        (refused, action.format(f"'{seat(MANAGER)}'") + " RETURNING NULL", ""), (None, action.format("NULL") + " RETURNING NULL", ""),
        (refused, move, action.format("NULL") + ";" + gone), (None, move, action.format("NULL")), (None, move, action.format(teacher) + ";" + gone),
    ]  # fmt: skip
    for answer, question, change in table:
        async with asking(db, question) as ask:
            assert await ask(story.senco, change) == answer, (question, change)


async def test_a_case_is_led_by_somebody_at_work_in_its_school_and_reviewed_while_it_is_open(db):
    await open_story(db)
    give, plan = (
        f"UPDATE support_case SET lead_membership_id = '{seat(TEACHER)}' RETURNING NULL",
        "UPDATE support_case SET {} RETURNING NULL",
    )
    closed, refused, day = (
        "UPDATE support_case SET status = 'closed';",
        "case_lead_of_school",
        "next_review_on = '2026-12-01'",
    )
    table = [
        (None, give, ""), (None, give, serves(TEACHER, LONG_AGO, AHEAD)), (refused, give, serves(TEACHER, LONG_AGO, "app_now()")),
        (refused, give, serves(TEACHER, AHEAD, "NULL")), (None, plan.format("version = 7"), serves(SENCO, LONG_AGO, "app_now()")),
        (None, plan.format(day), ""), ("case_is_open", plan.format(day), closed), (None, plan.format(f"{day}, status = 'open'"), closed),
        (None, plan.format("version = 7"), closed),
    ]  # fmt: skip
    other = await db.act_as(DSL)
    for answer, question, change in table:
        async with asking(db, question) as ask:
            assert await ask(other, change) == answer, (question, change)


async def test_an_action_is_written_by_who_may_write_in_its_category_now(db):
    story = await open_story(db)
    claimed = f"""DELETE FROM case_author; INSERT INTO case_author (id, case_id, principal, category, since_at)
        SELECT gen_random_uuid(), '{story.case_id}', '{seat(SENCO)}', c, app_now() FROM unnest(ARRAY['education', 'safeguarding']) c;"""
    may = "INSERT INTO permission (id, kind, role, verb) VALUES (gen_random_uuid(), 'school', 'senco', 'write:safeguarding') ON CONFLICT DO NOTHING;"
    may_not = "DELETE FROM permission WHERE verb = 'write:safeguarding';"
    add = """INSERT INTO action (id, case_id, category, title, owner_agency_id, due_on) VALUES (gen_random_uuid(), $1, $2, 'Ring', $3, '2026-12-01')"""
    table = [
        (None, claimed + may_not, "education"), (None, claimed + may, "safeguarding"), ("not allowed", claimed + may_not, "safeguarding"),
        ("not allowed", "DELETE FROM case_author;" + may, "safeguarding"),
    ]  # fmt: skip
    async with asking(db, add, walled=True) as ask:
        for answer, change, category in table:
            assert await ask(story.senco, change, story.case_id, category, OAKFIELD) == answer, (change, category)


async def test_no_carer_is_told_of_another_whatever_a_reason_says(db):
    story = await open_story(db)
    await let_in(story, AMINA)
    reason = f"""INSERT INTO case_access (case_id, principal, category, basis, basis_id, valid_from, valid_until)
        VALUES ('{story.case_id}', '{known(AMINA)}', 'family', 'own_child', '{story.case_id}', {LONG_AGO}, {AHEAD});"""
    async with asking(db, "SELECT array_agg(person_id) FROM carer", walled=True) as ask:
        assert await ask(await db.act_as(AMINA), reason) == [known(AMINA)]
        assert known(DANIEL) in await ask(story.senco, reason)


async def test_the_brief_that_one_wrote_is_read_while_on_that_case(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    only = Only(story.case_id)

    def more(category: str, case: UUID) -> str:
        return only(OAKFIELD, category, case=case).replace("DELETE FROM case_access;", "")

    away = f"UPDATE support_case SET school_id = '{HILLSIDE}';"  # else what it wrote is what the school keeps
    wrote = away + only(OAKFIELD, "education", "own_record")
    table = [
        (0, wrote), (1, wrote + more("core", story.case_id)), (0, wrote + more("core", other.case_id)), (0, wrote + more("health", story.case_id)),
    ]  # fmt: skip
    async with asking(db, "SELECT count(*) FROM case_brief WHERE case_id = $1", story.case_id, walled=True) as ask:
        for shown, change in table:
            assert await ask(story.senco, change) == shown, change


async def test_a_service_that_is_telling_is_asked_by_who_may_write_of_it_and_an_answer_is_an_answer(db):
    story = await open_story(db)
    ask_them = """INSERT INTO involvement (id, case_id, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code, offered_categories)
        VALUES (gen_random_uuid(), $1, $2, $3, $4, 'advice', '{education}') RETURNING NULL"""
    table = [(None, DSL, SAFE), ("involvement_category", SENCO, SAFE), (None, SENCO, HEALTH)]
    async with asking(db, ask_them) as ask:
        for answer, email, agency in table:
            given = (story.case_id, agency, OAKFIELD, seat(email))
            assert await ask(await db.act_as(email), "", *given) == answer, (email, agency)
    involvement = await bring_in(db, story, SOCIAL, CARE, "education")
    was = "UPDATE involvement SET status = 'invited', answered_at = NULL, assignee_membership_id = NULL;"
    move = "UPDATE involvement SET status = $2 WHERE id = $1 RETURNING answered_at IS NOT NULL"
    async with asking(db, move, involvement) as ask:
        assert await ask(story.senco, was, involvement, "withdrawn") is False
        assert await ask(await db.act_as(MANAGER), was, involvement, "declined") is True


async def test_a_school_corrects_its_own_line_of_the_roll_that_stands(db):
    senco = await db.act_as(SENCO)
    two = enrolled("NULL") + enrolled(f"{TODAY} - 1").partition(";")[2]
    changed = "SELECT count(*) FROM enrolment WHERE class_name = '9Z'"
    async with asking(db, "UPDATE enrolment SET class_name = '9Z'", after=changed, walled=True) as ask:
        assert await ask(senco, f"DELETE FROM enrolment WHERE pupil_id <> '{LEILA}';" + enrolled("NULL")) == 1
        assert await ask(senco, f"DELETE FROM enrolment WHERE pupil_id <> '{LEILA}';" + two) == 1
