"""What each reader finds on the tabs of a case, as a browser without JavaScript gets them; and what they never find."""

import re
from typing import Any
from uuid import UUID

from ecm.casefile.overview import siblings
from ecm.casefile.timeline import Wanted, timeline
from ecm.clock import today
from ecm.database import acting_as
from ecm.paging import Page, page_asked
from ecm.seeds import known
from tests.casefile.story import (
    AMINA,
    DANIEL,
    DSL,
    HEALTH,
    MANAGER,
    NURSE,
    REFUGE,
    SENCO,
    SOCIAL,
    STRANGER,
    TEACHER,
    Work,
    build,
)  # fmt: skip
from tests.client import application
from tests.consent.story import carer
from tests.consent.test_pages import at_a_desk

TABS = ("", "/plans", "/actions", "/sharing", "/timeline", "/timeline?kind=note", "/access")
# What each may read of what was written, and whether the refuge is theirs to know of.
READS = {
    SENCO: {"education", "family", "visit"},
    DSL: {"education", "family", "visit", "safety", "refuge"},
    NURSE: {"education", "health"},
    SOCIAL: {"family", "care", "visit"},
    AMINA: {"education"},
}
WORDS = {
    "education": "canary education", "health": "canary health", "care": "canary care", "safety": "canary safety",
    "family": "canary family", "visit": "canary visit", "refuge": "Safe Haven",
}  # fmt: skip
ROWS = """
SELECT (SELECT count(*) FROM note WHERE case_id = $1) + (SELECT count(*) FROM action WHERE case_id = $1)
     + (SELECT count(*) FROM action_change x WHERE x.case_id = $1) + (SELECT count(*) FROM identified_barrier WHERE case_id = $1)
     + (SELECT count(*) + count(answered_at) + count(ended_at) FROM involvement WHERE case_id = $1)
     + (SELECT count(DISTINCT (at, kind, agency_id, person_id)) FROM consent_event WHERE case_id = $1)
     + (SELECT count(*) FROM carer_admission WHERE case_id = $1) + 1
"""


async def test_every_tab_shows_each_reader_their_part_and_nothing_else(db):
    async with application() as client:
        work = await build(client)
        case = f"/cases/{work.story.reference}"
        for email, reads in READS.items():
            desk, found = await at_a_desk(client, email), ""
            for tab in TABS:
                answer = await desk.get(case + tab)
                refused = tab == "/access" and email in (NURSE, SOCIAL)
                assert answer.status_code == (403 if refused else 200), (email, tab)
                found += desk.words
            assert {name for name, words in WORDS.items() if words in found} == reads, email
        for email in (STRANGER, TEACHER, DANIEL, MANAGER):
            desk = await at_a_desk(client, email)
            expected = 200 if email == MANAGER else 404  # the manager acts for the agency that the social worker is of
            for tab in (*TABS, f"/sharing/{HEALTH}/health", f"/sharing/{REFUGE}/safeguarding"):
                there = (await desk.get(case + tab)).status_code
                assert there == (404 if "/sharing/" in tab else expected), (email, tab)
        senco = await at_a_desk(client, SENCO)
        assert (await senco.get(f"{case}/sharing/{REFUGE}/safeguarding")).status_code == 404
        assert (await senco.get(f"{case}/sharing/{HEALTH}/health")).status_code == 200


async def test_a_timeline_is_the_rows_its_reader_can_see_page_by_page(db):
    async with application() as client:
        work = await build(client)
        await change(work, SENCO, "Ring the clinic", status="doing", progress="Left a message.")
    kinds: dict[str, list[str]] = {}
    for email in (SENCO, DSL, NURSE, SOCIAL, AMINA):
        actor = await db.act_as(email)
        async with acting_as(actor, "show_case") as act:
            rows = await act.value(ROWS, known_id(work))
            act.record("case:shown", outcome="shown")
        seen, page = [], Page(4)
        while True:
            found = await timeline(actor, work.story.reference, page, Wanted(), None)
            seen += found.items
            if found.next is None:
                break
            page = page_asked(4, found.next)
        assert len(seen) == len({(each["id"], each["code"]) for each in seen}) == rows, email
        assert [each["at"] for each in seen] == sorted((each["at"] for each in seen), reverse=True)
        assert all(each["agency"] or each["person"] or each["kind"] == "people" for each in seen), email
        kinds[email] = [each["kind"] for each in seen]
        of_care = await timeline(
            actor, work.story.reference, Page(100), Wanted("note", known("childrens-services")), None
        )
        assert {each["agency"] for each in of_care.items} == (
            {"Northshire Children's Services"} if email == SOCIAL else set()
        )
    assert "Safe Haven" not in str(
        [(await timeline(await db.act_as(SENCO), work.story.reference, Page(100), Wanted(), None)).agencies]
    )
    assert kinds[DSL].count("people") == kinds[SENCO].count("people") + 1, (
        "only the safeguarding lead knows of the refuge"
    )


async def test_what_others_did_since_the_last_visit_is_new_and_one_reader_moves_nobody_elses_mark(db):
    async with application() as client:
        work = await build(client)
        desk = await at_a_desk(client, NURSE)
        case = f"/cases/{work.story.reference}"
        await desk.get(case)
        assert "since you were last here" not in desk.words
        await work.do(NURSE, "notes", category="health", text="My own.")
        await work.do(DSL, "notes", category="safeguarding", text="Hidden from her.")
        await desk.get(case)
        assert "since you were last here" not in desk.words, "neither one's own nor what is hidden is new"
        await work.do(SENCO, "notes", category="education", text="For her to read.")
        await (await at_a_desk(client, SENCO)).get(case)
        await desk.get(case)
        assert "1 new entry since you were last here" in desk.words
        since = re.search(r'href="([^"]*/timeline\?since=[^"]*)"', desk.page)
        assert since
        await desk.get(case)
        assert "since you were last here" not in desk.words
        await desk.get(since[1])
        assert desk.words.count("New since") == 1
        for odd in ("kind=x", "agency=1", "since=0001", "since=%00", "agency=" + "9" * 300, "limit=2&kind=case"):
            assert (await desk.get(f"{case}/timeline?{odd}")).status_code == 200, odd
        assert (await desk.get(f"{case}/timeline?cursor=x")).status_code == 422


async def test_an_action_moves_on_in_place_once_and_not_over_somebody_elses_head(db):
    async with application() as client:
        work = await build(client)
        desk, case = await at_a_desk(client, SENCO), f"/cases/{work.story.reference}"
        step = f"{case}/actions/{work.actions['Read together']}/step"
        await desk.get(f"{case}/actions")
        assert (await desk.send(step, version="1", status="doing", progress="Begun.")).status_code == 303
        assert (await desk.send(step, version="1", status="done", progress="Too late.")).status_code == 409
        assert 'value="Too late."' in desk.page
        for wrong in (
            {"progress": "\u202e"},
            {"status": "lost"},
            {"version": "0"},
            {"extra": "1"},
            {"progress": "x" * 501},
        ):
            assert (await desk.send(step, **({"version": "2"} | wrong))).status_code == 422, wrong
        nurse = await at_a_desk(client, NURSE)
        await nurse.get(f"{case}/actions")
        assert "Read together" not in nurse.words
        assert (await nurse.send(step, version="2", status="done")).status_code == 404
        async with db.admin() as admin:
            changes = await admin.fetch("SELECT status_before, status, progress FROM action_change")
        assert [tuple(each) for each in changes] == [("todo", "doing", "Begun.")]


async def test_brothers_and_sisters_are_shown_to_who_is_on_both_cases_and_sees_both_carer_rows(db):
    async with application() as client:
        work = await build(client)
        other = await work.people[SENCO].post(
            "/cases", {"pupil_id": str(known("pupil Suhaila")), "reason": "Reads little.", "level": "1"}
        )
        async with db.admin() as admin:
            await admin.execute(
                "INSERT INTO carer (id, pupil_id, person_id, relationship) SELECT gen_random_uuid(), $1, person_id, 'mother' "
                "FROM carer WHERE id = $2::text::uuid", known("pupil Suhaila"), carer(AMINA),
            )  # fmt: skip
        there = other.json()["reference"]
        assert await brothers(db, SENCO, work) == [there]
        for email in (NURSE, SOCIAL, MANAGER, STRANGER, AMINA):
            assert await brothers(db, email, work) == [], email
        await work.people[SENCO].post(
            f"/pupils/{known('pupil Leila Reid')}/contact-bars", {"carer_id": carer(AMINA), "reason_code": "safety"}
        )
        assert await brothers(db, SENCO, work) == [there]
        assert await brothers(db, AMINA, work) == []


async def brothers(db: Any, email: str, work: Work) -> list[str]:
    async with acting_as(await db.act_as(email), "show_case") as act:
        act.record("case:shown", outcome="shown")
        return await siblings(act, known_id(work))


async def change(work: Work, email: str, title: str, **said: str) -> None:
    answer = await work.people[email].send("PATCH", f"/actions/{work.actions[title]}", {"version": 1} | said)
    assert answer.status_code == 200, answer.text


def known_id(work: Work) -> Any:
    return UUID(work.story.case_id)


async def test_reviews_and_the_end_of_a_case_are_on_the_timeline_as_far_as_each_may_read(db):
    async with application() as client:
        work = await build(client)
        said = [{"category": "education", "text": "Reads more."}, {"category": "family", "text": "canary at home"}]
        await work.do(SENCO, "reviews", held_on=today().isoformat(), contributions=said, next_review_on=None)
        case = f"/cases/{work.story.reference}"
        senco, nurse = await at_a_desk(client, SENCO), await at_a_desk(client, NURSE)
        await senco.get(case)
        for link in ("/review", "/close", "/void", "/died"):
            assert f'href="{case}{link}"' in senco.page, link
        await nurse.get(f"{case}/timeline")
        assert "Reads more." in nurse.words
        assert "canary at home" not in nurse.words
        for title in work.actions:
            await change(work, SENCO, title, status="cancelled", progress="Not needed.")
        version = (await work.people[SENCO].get(work.story.path)).json()["version"]
        ended = await work.people[SENCO].post(
            f"{work.story.path}/closure", {"reason": "All done.", "outcome": "outcomes_met", "version": version}
        )
        assert ended.status_code == 201, ended.text
        await senco.get(case)
        assert "Closed on" in senco.words
        assert f'href="{case}/reopen"' in senco.page
        assert not {"Write a note", "Close the case", "Add a barrier"} & set(
            re.findall(r"Write a note|Close the case|Add a barrier", senco.words)
        )
        await senco.get(f"{case}/timeline")
        for words in ("Case closed", "All done.", "Review held", "Reads more.", "canary at home", "Action cancelled"):
            assert words in senco.words, words
