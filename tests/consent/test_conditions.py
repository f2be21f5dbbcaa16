"""On what it depends which answers count, who may be asked and let in: one thing changed at a time, in the database itself."""

from typing import Any
from uuid import uuid5

from ecm.clock import new_id
from ecm.seeds import AREA, known
from tests.actions.story import HEALTH, SENCO, Story, open_story
from tests.asked import asking, bars
from tests.consent.story import AMINA, DANIEL

LEILA, NIAMH = known("pupil Leila Reid"), known("pupil Niamh O’Neill")
BY = f"'{known(f'seat {SENCO}')}'"
OPEN, NO_ANSWER = "case_is_open", "consent_correction"


def key(name: str) -> str:
    """An id for something of these tests."""
    return str(uuid5(AREA, name))


def requests(story: Story, other: Story) -> str:
    """r1 with p1 and p2, and r2 with p3, of Leila; r4 with p4 of Niamh. Nothing is answered."""
    sql = ""
    for name, case in (("r1", story), ("r2", story), ("r4", other)):
        sql += f"""INSERT INTO consent_request (id, case_id, carer_id, person_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
            VALUES ('{key(name)}', '{case.case_id}', '{known(f"carer {AMINA}")}', '{known(AMINA)}', '{name}', '', {BY}, app_now());"""
    for name, request, case in (("p1", "r1", story), ("p2", "r1", story), ("p3", "r2", story), ("p4", "r4", other)):
        sql += f"""INSERT INTO consent_proposal (id, request_id, case_id, person_id, agency_id, category, purpose)
            VALUES ('{key(name)}', '{key(request)}', '{case.case_id}', '{known(AMINA)}', '{HEALTH}', 'education', 'support');"""
    return sql


def said(name: str, proposal: str, kind: str, days: int, by: str = BY, corrects: str = "") -> str:
    """An event so many days ago."""
    other = f"'{key(corrects)}'" if corrects else "NULL"
    return f"""INSERT INTO consent_event (id, proposal_id, case_id, person_id, agency_id, category, purpose, kind,
            recorded_by_membership_id, wording_version, wording_hash, at, number, corrects_event_id)
        SELECT '{key(name)}', id, case_id, person_id, agency_id, category, purpose, '{kind}', {by}, 'x', '',
            app_now() - interval '{days} days', {100 - days}, {other} FROM consent_proposal WHERE id = '{key(proposal)}';"""


SAY = """INSERT INTO consent_event (id, proposal_id, kind, corrects_event_id, until_at, recorded_by_membership_id)
         VALUES (gen_random_uuid(), $1, $2, $3, $4::text::date, $5) RETURNING {}"""
ANSWERED = "SELECT string_agg(concat(wording_version, extract(day FROM app_now() - answered_at)), ' ' ORDER BY wording_version) FROM consent_request"


def answered(days: int, *requests_: str) -> str:
    return "".join(
        f"UPDATE consent_request SET answered_at = app_now() - interval '{days} days' WHERE id = '{key(each)}';"
        for each in requests_
    )


async def test_what_an_answer_is_about_how_long_it_lasts_and_when_none_counts(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    senco, asked = story.senco, requests(story, other)
    born = f"""UPDATE pupil SET date_of_birth = '2015-06-01' WHERE id = '{LEILA}';
               UPDATE pupil SET date_of_birth = '2014-01-01' WHERE id = '{NIAMH}';"""
    closed = "UPDATE support_case SET status = 'closed' WHERE id = '{}';"
    shown = "concat_ws(' ', case_id, wording_version, kind, (until_at AT TIME ZONE 'Europe/London')::date)"

    def say(proposal: str, kind: str) -> tuple[Any, ...]:
        return key(proposal), kind, None, "2040-01-01", known(f"seat {SENCO}")

    table = [
        (f"{story.case_id} r1 given 2031-06-01", born, "p1", "given"),
        (f"{story.case_id} r2 given 2031-06-01", born, "p3", "given"),
        (f"{other.case_id} r4 given 2030-01-01", born, "p4", "given"),
        (f"{story.case_id} r1 refused 2040-01-01", born, "p1", "refused"),
        (f"{story.case_id} r1 requested 2040-01-01", born, "p1", "requested"),
        (OPEN, closed.format(story.case_id), "p1", "given"), (OPEN, closed.format(story.case_id), "p1", "requested"),
        (f"{story.case_id} r1 refused 2040-01-01", closed.format(story.case_id), "p1", "refused"),
        (f"{story.case_id} r1 requested 2040-01-01", closed.format(other.case_id), "p1", "requested"),
    ]  # fmt: skip
    async with asking(db, SAY.format(shown)) as ask:
        for answer, change, proposal, kind in table:
            assert await ask(senco, asked + change, *say(proposal, kind)) == answer, (change, proposal, kind)
    async with asking(db, SAY.format("NULL"), after=ANSWERED) as ask:
        assert await ask(senco, asked, *say("p1", "requested")) == "r1 r2 r4"
        assert await ask(senco, asked, *say("p1", "given")) == "r10 r2 r4"
        assert await ask(senco, asked, *say("p3", "refused")) == "r1 r20 r4"
        assert await ask(senco, asked + answered(5, "r1"), *say("p2", "given")) == "r15 r2 r4"
        assert await ask(senco, asked, *say("p1", "withdrawn")) == "r1 r2 r4"


async def test_only_what_a_worker_wrote_down_there_is_corrected_and_then_counts_no_more(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    before = (
        requests(story, other) + answered(5, "r1", "r2", "r4")
        + said("asked", "p1", "requested", 9) + said("yes", "p1", "given", 5) + said("no", "p2", "refused", 3)
        + said("online", "p3", "given", 7, "NULL") + said("elsewhere", "p4", "given", 8)
    )  # fmt: skip
    gone = said("gone", "p2", "entered_in_error", 1, BY, "no")
    table = [
        ("r13 r25 r45", "", "p1", "yes"), ("r15 r25 r45", "", "p2", "no"), ("r1 r25 r45", gone, "p1", "yes"),
        ("r15 r25 r4", "", "p4", "elsewhere"), (NO_ANSWER, "", "p2", "yes"), (NO_ANSWER, "", "p3", "online"),
        (NO_ANSWER, "", "p1", "asked"), ("r13 r25 r45", said("back", "p1", "withdrawn", 2), "p1", "yes"),
        ("r13 r25 r45", said("back", "p1", "withdrawn", 6), "p1", "yes"),
        ("r13 r25 r45", said("yes again", "p1", "given", 4) + said("gone too", "p1", "entered_in_error", 1, BY, "yes again"), "p1", "yes"),
    ]  # fmt: skip
    async with asking(db, SAY.format("NULL"), after=ANSWERED) as ask:
        for answer, change, proposal, corrects in table:
            given = (key(proposal), "entered_in_error", key(corrects), None, known(f"seat {SENCO}"))
            assert await ask(story.senco, before + change, *given) == answer, (change, proposal, corrects)


async def test_who_is_kept_from_the_pupil_is_neither_asked_nor_let_in(db):
    story = await open_story(db)
    await open_story(db, "Niamh O’Neill")
    mother, by = known(f"carer {AMINA}"), known(f"seat {SENCO}")
    ask_her = """INSERT INTO consent_request (id, case_id, carer_id, wording_version, wording_hash, asked_by_membership_id, asked_at)
                 VALUES ($1, $2, $3, 'x', '', $4, now()) RETURNING person_id"""
    let_her_in = """INSERT INTO carer_admission (id, case_id, carer_id, categories, authority_seen, admitted_by_membership_id, admitted_at)
                    VALUES ($1, $2, $3, '{core}', 'seen', $4, now()) RETURNING person_id"""
    barred = bars(known(AMINA), LEILA, (known(DANIEL), NIAMH))
    for question, refused in ((ask_her, "consent_of_own_carer"), (let_her_in, "admission_of_own_carer")):
        async with asking(db, question, new_id(), story.case_id, mother, by) as ask:
            for change, kept in barred.items():
                assert await ask(story.senco, change) == (refused if kept else known(AMINA)), change
            moved = f"UPDATE carer SET pupil_id = '{NIAMH}' WHERE id = '{mother}'"
            assert await ask(story.senco, moved) == refused


async def test_a_link_answers_its_own_question_and_a_worker_corrects_what_they_may_know_of(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    asked, amina = requests(story, other), await db.act_as(AMINA)
    by_link = f"UPDATE session SET kind = 'link', request_id = '{key('r1')}' WHERE person_id = '{known(AMINA)}';"
    answer = """INSERT INTO consent_event (id, proposal_id, kind, channel, person_id) VALUES (gen_random_uuid(), $1, 'given', 'online', $2)"""
    async with asking(db, answer, walled=True) as ask:
        assert await ask(amina, asked + by_link, key("p1"), known(AMINA)) is None
        assert await ask(amina, asked + by_link, key("p3"), known(AMINA)) == "not allowed"
        assert await ask(amina, asked, key("p3"), known(AMINA)) is None
    before = asked + answered(5, "r1", "r2", "r4") + said("yes", "p1", "given", 5)
    about = f"UPDATE agency SET involvement_category = '{{}}' WHERE id = '{HEALTH}';".format
    no_verb = "DELETE FROM permission WHERE verb = 'consent:record';"
    correct = """INSERT INTO consent_event (id, proposal_id, kind, corrects_event_id, recorded_by_membership_id, reason)
        VALUES (gen_random_uuid(), $1, 'entered_in_error', $2, $3, 'x')"""
    given = (key("p1"), key("yes"), known(f"seat {SENCO}"))
    async with asking(db, correct, walled=True) as ask:
        assert await ask(story.senco, before + about("core"), *given) is None
        assert await ask(story.senco, before + about("core") + no_verb, *given) == "not allowed"
        assert await ask(story.senco, before + about("safeguarding"), *given) == "not allowed"


async def test_a_worker_writes_down_what_was_said_to_them_and_how(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    asked = requests(story, other)
    no_record, no_ask = (f"DELETE FROM permission WHERE verb = 'consent:{each}';" for each in ("record", "ask"))
    record = """INSERT INTO consent_event (id, proposal_id, kind, channel, witness, recorded_by_membership_id)
        VALUES (gen_random_uuid(), $1, $2, $3, $4, $5)"""
    table = [
        (None, "", "given", "phone", "Office"), ("not allowed", "", "given", "online", "Office"), ("not allowed", "", "given", "phone", ""),
        ("not allowed", no_record, "given", "phone", "Office"), (None, no_ask, "given", "phone", "Office"),
        (None, no_record, "requested", None, None), ("not allowed", no_ask, "requested", "phone", "Office"),
    ]  # fmt: skip
    async with asking(db, record, walled=True) as ask:
        for answer, change, kind, channel, witness in table:
            given = (key("p1"), kind, channel, witness, known(f"seat {SENCO}"))
            assert await ask(story.senco, asked + change, *given) == answer, (change, given)
