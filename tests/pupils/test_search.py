"""Pupils are found despite typing errors, and only those the reader may look up."""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecm.clock import new_id
from ecm.database import acting_as
from ecm.pupils import queries
from ecm.pupils.queries import find_pupils, matching_pupils
from ecm.pupils.rules import search_key, search_phrases
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story
from tests.actions.test_pages import browsing, words

FIRST = [
    "Siobhán",
    "Oluwaseun",
    "Zoë",
    "Thị",
    "Łukasz",
    "Fatima",
    "Ravi",
    "Mary-Ann",
    "Cher",
    "Björn",
    "Aaliyah",
    "Dmytro",
    "José",
    "Yusuf",
    "Mair",
    "Ethan",
    "Leila",
    "Phương",
]
LAST = [
    "O’Neill",
    "D'Souza",
    "Brontë-Hughes",
    "Ánh",
    "Wiśniewski",
    "Al-Sayed",
    "Kumar",
    "Nguyễn",
    "Ångström",
    "ap_Rhys",
    "van_Dyk",
    "MacLeod",
    "Lê",
    "Test",
]
TEACHER, STRANGER, AMINA = "teacher@oakfield.example", "senco@hillside.example", "amina.yusuf@home.example"
# What admits rows without the index: the same condition, through the policies.
BY_POLICY = """
SELECT u.id FROM pupil u WHERE EXISTS (SELECT FROM unnest($1::text[]) p WHERE NOT EXISTS (
    SELECT FROM unnest(string_to_array(p, ' ')) w WHERE NOT key_marks(u.search_key) && word_marks(w)))
"""
FOR_THIS_TEST = "GRANT EXECUTE ON FUNCTION key_marks(text) TO ecm_app"


def names() -> Iterator[tuple[str, str]]:
    """200 names, each once."""
    drawn = random.Random(7)
    pairs = [
        (f"{first}{'' if n == 0 else chr(96 + n)}", last.replace("_", " "))
        for first in FIRST
        for last in LAST
        for n in (0,)
    ]
    drawn.shuffle(pairs)
    yield from pairs[:200]


PUPILS = list(names())


@pytest.fixture
async def senco(db: Any) -> Any:
    """The SENCO of a school with 200 more pupils."""
    rows = [(new_id(), *name, search_key(*name)) for name in PUPILS]
    async with db.admin() as admin:
        await admin.executemany(
            "INSERT INTO pupil (id, first_name, last_name, search_key, date_of_birth_known) VALUES ($1, $2, $3, $4, false)",
            rows,
        )
        await admin.executemany(
            "INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) VALUES ($1, $2, $3, '4', '2020-09-01')",
            [(new_id(), row[0], known("oakfield")) for row in rows],
        )
    return await db.act_as(SENCO)


@st.composite
def mistyped(draw: st.DrawFn) -> tuple[tuple[str, str], str]:
    """A pupil, and what somebody typed: one letter wrong, missing, extra or swapped, another apostrophe, another order."""
    name = draw(st.sampled_from([n for n in PUPILS if len(n[1]) > 3]))
    words = list(name)
    place = draw(st.integers(0, 1))
    word = words[place].replace("’", draw(st.sampled_from(["’", "'", "", "`", "ʼ"])))
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from("aeiorstn"))
    word = draw(st.sampled_from([
        word, word.upper(), word[:at] + letter + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + letter + word[at:],
        word[: max(at - 1, 0)] + word[at : at + 1] + word[max(at - 1, 0) : at] + word[at + 1 :],
    ]))  # fmt: skip
    # One letter alone is an initial: of a particle (`ap Rhys`) that is no slip.
    words[place] = words[place] if 1 in map(len, word.split()) else word
    return name, " ".join(reversed(words) if draw(st.booleans()) else words)


async def test_a_name_is_found_among_two_hundred_others(senco: Any) -> None:
    async with acting_as(senco, "find_pupils") as act:
        act.record("pupils:searched")
        found_names = "SELECT first_name, last_name FROM pupil WHERE id = ANY ($1::uuid[])"

        async def found(q: str) -> set[tuple[str, str]]:
            return {tuple(r) for r in await act.rows(found_names, await matching_pupils(act, q))}

        cases: list[tuple[tuple[str, str], str]] = []
        settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))(
            given(mistyped())(lambda case: cases.append(case))
        )()
        missing = [(name, q) for name, q in dict.fromkeys(cases) if name not in await found(q)]
        assert missing == []
        assert len(set(cases)) > 80


async def test_the_closest_come_first_and_numbers_are_found(senco: Any, db: Any) -> None:
    names_of = lambda found: [f"{each['first_name']} {each['last_name']}".strip() for each in found]  # noqa: E731
    async with db.admin() as admin:
        for name in (("Ann", "Lee"), ("Anna", "Leeson"), ("Ana", "Lea")):
            pupil = new_id()
            await admin.execute(
                "INSERT INTO pupil (id, first_name, last_name, preferred_name, search_key) VALUES ($1, $2, $3, 'Bo', $4)",
                pupil, *name, search_key(*name, "Bo"),
            )  # fmt: skip
            await admin.execute(
                "INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, from_on) VALUES ($1, $2, $3, $4, '4', '2020-09-01')",
                new_id(), pupil, known("oakfield"), f"X{name[1]}",
            )  # fmt: skip
    assert names_of(await find_pupils(senco, "lee ann"))[:3] == ["Ann Lee", "Anna Leeson", "Ana Lea"]
    assert names_of(await find_pupils(senco, "Bo Lea"))[0] == "Ana Lea", "by the preferred name"
    assert names_of(await find_pupils(senco, " xleeson ")) == ["Anna Leeson"], "by the number, however it is typed"
    assert names_of(await find_pupils(senco, "cher")) != []
    assert await find_pupils(senco, " - ’ ") == await find_pupils(senco, "zzzqqq") == []
    assert len(await find_pupils(senco, "")) == 25


QUERIES = [
    "leila",
    "reid",
    "lelia",
    "oneill",
    "o neill",
    "an",
    "x",
    "leila r",
    "l",
    "cher",
    "kumar ravi",
    "ried",
    "null",
    "",
]


async def test_a_search_finds_exactly_what_the_policies_show(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    away = await open_story(db, "Niamh O’Neill")
    async with db.admin() as admin:  # gone from the school, whose case stays with it
        await admin.execute("UPDATE enrolment SET to_on = from_on WHERE pupil_id = $1", known("pupil Niamh O’Neill"))
        await admin.execute("UPDATE enrolment SET to_on = from_on WHERE pupil_id = $1", known("pupil Suhaila"))
        assert await admin.fetchval("SELECT count(*) FROM case_access WHERE case_id = $1", away.case_id)
        await admin.execute(FOR_THIS_TEST)
    seen: dict[str, int] = {}
    for email in (
        SENCO,
        TEACHER,
        NURSE,
        STRANGER,
        AMINA,
        "auditor@partnership.example",
        "manager@childrens-services.example",
    ):
        async with acting_as(await db.act_as(email), "find_pupils") as act:
            act.record("pupils:searched")
            for q in QUERIES:
                phrases = search_phrases(q)
                shown = "SELECT id FROM pupil" if not phrases else BY_POLICY
                by_policy = {r["id"] for r in await act.rows(shown, *([phrases] if phrases else []))}
                found = {
                    r["pupil_id"]
                    for r in await act.rows("SELECT pupil_id FROM matching_pupils($1, 500, true)", phrases)
                }
                assert found == by_policy, (email, q)
                seen[email] = seen.get(email, 0) + len(found)
    assert min(seen[e] for e in (SENCO, TEACHER, NURSE, STRANGER)) > 0
    assert seen["auditor@partnership.example"] == seen["manager@childrens-services.example"] == 0


# 4,200 called Anna, of whom the reader sees one, the last by name; 2,100 called Bert with a case of the reader's each.
MANY = """
CREATE TEMP TABLE planned AS SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS case_id,
    CASE WHEN n <= 4200 THEN 'Anna' ELSE 'Bert' END AS first, 'M' || lpad(n::text, 4, '0') AS last FROM generate_series(1, 6300) n;
INSERT INTO pupil (id, first_name, last_name, search_key) SELECT id, first, last, lower(first || ' ' || last) FROM planned;
DELETE FROM planned WHERE n < 4200;
"""
# Whoever is planned gets a case, at which the reader sits.
THEIR_CASES = """
ALTER TABLE support_case DISABLE TRIGGER USER;
INSERT INTO support_case (id, reference, pupil_id, school_id, lead_membership_id, opened_at, updated_at)
    SELECT case_id, 'R' || n, id, '{school}', '{lead}', now(), now() FROM planned;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE support_case ENABLE TRIGGER USER;
INSERT INTO case_access SELECT case_id, '{reader}', 'core', 'consent', case_id, now() - interval '1 day', 'infinity' FROM planned;
INSERT INTO case_seat SELECT '{reader}', case_id, 'open', NULL, now(), 'infinity' FROM planned;
"""
SOME_ENDED = """
UPDATE case_access SET valid_until = now() - interval '1 hour' WHERE case_id IN (SELECT case_id FROM planned WHERE n % 7 = 1);
ANALYZE pupil, support_case, case_access, case_seat;
"""


# 26 called Anna at the school, before Anna Zed by name.
NAMESAKES = """
CREATE TEMP TABLE planned AS SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS case_id FROM generate_series(1, 26) n;
UPDATE pupil SET first_name = 'Anna', last_name = 'Zed', preferred_name = '', search_key = 'anna zed' WHERE id = '{zed}';
INSERT INTO pupil (id, first_name, last_name, search_key) SELECT id, 'Anna', 'M' || n, 'anna m' || n FROM planned;
INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) SELECT gen_random_uuid(), id, '{school}', '4', '2020-09-01' FROM planned;
"""
ENDS = "A search shows no more than 25, the closest ones."


async def test_a_search_says_where_it_ends_and_finds_a_case_behind_pupils_without_one(db: Any) -> None:
    story = await open_story(db)
    school = known("oakfield")
    at = {"school": school, "reader": school, "zed": known("pupil Leila Reid"), "lead": known(f"seat {SENCO}")}
    async with browsing(SENCO) as browser, db.admin() as admin:

        async def found(path: str, q: str) -> tuple[int, bool, bool]:
            """How many called Anna, whether Zed is one, whether it says that it ends there."""
            answer = await browser.send(path, q=q)
            assert answer.status_code == 200
            text = words(answer).replace(f"“{q}”", "")
            return len(re.findall(r"Anna (?:M|Zed)", text)), "Anna Zed" in text, ENDS in text

        await admin.execute(NAMESAKES.format(**at))
        for path in ("/pupils/search", "/cases/new"):
            many, one = await found(path, "anna"), await found(path, "anna z")
            assert (many[0] >= 25, *many[1:]) == (True, False, True), path
            assert (one[0] >= 1, *one[1:]) == (True, True, False), path
        assert story.reference in (await browser.send("/cases/search", q="anna")).text
        assert (await found("/cases/search", "anna"))[1:] == (True, False)
        await admin.execute(THEIR_CASES.format(**at))
        assert (await found("/cases/search", "anna"))[1:] == (False, True)
        assert (await found("/cases/search", "anna z"))[1:] == (True, False)


async def test_an_initial_beside_a_name_is_one(senco: Any, db: Any) -> None:
    async with db.admin() as admin:
        for name in (("Cher", "Quill"), ("Cher", "Rook"), ("Chero", "Tern"), ("Oneill", "Mary")):
            pupil = new_id()
            await admin.execute(
                "INSERT INTO pupil (id, first_name, last_name, search_key) VALUES ($1, $2, $3, $4)",
                pupil, *name, search_key(*name),
            )  # fmt: skip
            await admin.execute(
                "INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) VALUES ($1, $2, $3, '4', '2020-09-01')",
                new_id(), pupil, known("oakfield"),
            )  # fmt: skip

    async def found(q: str) -> set[str]:
        return {f"{each['first_name']} {each['last_name']}" for each in await find_pupils(senco, q)}

    assert await found("cher q") == await found("Q Cher") == {"Cher Quill"}
    assert {"Cher Quill", "Cher Rook", "Chero Tern"} <= await found("cher")
    assert "Oneill Mary" in await found("o neill mary"), "written as one word"
    assert "Oneill Mary" in await found("one ma ry"), "two that are one"


async def test_who_sits_at_a_case_finds_the_pupil_by_what_they_are_called_now_and_whose_the_case_is_now(
    db: Any,
) -> None:
    story = await open_story(db)
    leila, other = known("pupil Leila Reid"), known("pupil Suhaila")
    nurse = await db.act_as(NURSE)

    async def found(q: str) -> list[Any]:
        return [each["id"] for each in await find_pupils(nurse, q)]

    assert await found("leila reid") == []
    await bring_in(db, story, NURSE, HEALTH, "education")
    assert await found("leila reid") == [leila]
    async with db.admin() as admin:
        await admin.execute("UPDATE pupil SET search_key = 'leila vermilion' WHERE id = $1", leila)
        assert (await found("vermilion"), await found("reid")) == ([leila], [])
        await admin.execute("UPDATE support_case SET pupil_id = $1 WHERE id = $2", other, story.case_id)
        assert (await found("suhaila"), await found("vermilion")) == ([other], [])
        await admin.execute("UPDATE consent_event SET kind = 'withdrawn' WHERE case_id = $1", story.case_id)
    assert await found("suhaila") == []


async def test_a_name_is_corrected_and_a_seat_given_at_once_and_neither_waits_for_ever(db: Any) -> None:
    story, leila = await open_story(db), known("pupil Leila Reid")
    other = await open_story(db, "Niamh O’Neill")
    async with db.admin() as admin, db.admin() as elsewhere:
        async with admin.transaction():
            await admin.execute("UPDATE pupil SET search_key = 'leila vermilion' WHERE id = $1", leila)
            seat = asyncio.create_task(bring_in(db, story, NURSE, HEALTH, "education"))
            await asyncio.sleep(0.3)
            assert not seat.done()
            await elsewhere.execute("SET lock_timeout = '2s'")
            await elsewhere.execute("UPDATE support_case SET version = version + 1 WHERE id = $1", other.case_id)
            await admin.execute("UPDATE enrolment SET class_name = '6Z' WHERE pupil_id = $1", leila)
        await seat
    assert [each["id"] for each in await find_pupils(await db.act_as(NURSE), "vermilion")] == [leila]


async def test_what_pupils_of_an_earlier_version_are_found_by_is_noted_once(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    noted = "SELECT pupil_id, search_key, last_name, first_name, marks, ARRAY(SELECT unnest(seated) ORDER BY 1) FROM pupil_search ORDER BY 1"
    once = Path(queries.__file__).with_name("search.sql").read_text().split("-- Pupils of an earlier version")[1]
    async with db.admin() as admin:
        now = await admin.fetch(noted)
        await admin.execute("DELETE FROM pupil_search")
        await admin.execute(f"--{once}")
        assert await admin.fetch(noted) == now
        assert sum(len(row[-1]) for row in now) >= 5
        await admin.execute(
            "UPDATE pupil_search SET marks = ARRAY(SELECT m FROM unnest(marks) m WHERE m NOT LIKE '^_')"
        )
        assert await admin.fetch(noted) != now, "as before beginnings of one letter"
        await admin.execute(f"--{once}")
        assert await admin.fetch(noted) == now


async def test_a_reader_of_very_many_cases_finds_the_same_in_the_same_order(db: Any) -> None:
    manager = "therapist@community-health.example"
    async with db.admin() as admin, admin.transaction():
        await admin.execute(
            (MANY + THEIR_CASES + SOME_ENDED).format(
                school=known("oakfield"), lead=known("seat senco@oakfield.example"), reader=known("community-health")
            )
        )
        await admin.execute(FOR_THIS_TEST)
    async with acting_as(await db.act_as(manager), "find_pupils") as act:
        act.record("pupils:searched")
        for q, found in (("anna", 1), ("ann", 1), ("bert", 1800), ("bret", 1800), ("bert m6", 258), ("", 1801)):
            phrases = search_phrases(q)
            by_policy = await act.rows(
                BY_POLICY if phrases else "SELECT id FROM pupil u", *([phrases] if phrases else [])
            )
            every = await act.rows("SELECT pupil_id, near FROM matching_pupils($1, 9000, true)", phrases)
            assert {r["pupil_id"] for r in every} == {r["id"] for r in by_policy}, q
            few = await act.rows("SELECT pupil_id, near FROM matching_pupils($1, 50, true)", phrases)
            assert few == every[:50], "the best of them, in order"
            assert len(every) == found, q
