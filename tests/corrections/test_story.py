"""What was entered in error is hidden from everybody at once, counts for nothing, and is kept for two people."""

from typing import Any

import pytest

from ecm.cases.commands import admit_carer, write_note
from ecm.cases.schemas import Admission, NewNote
from ecm.clock import today
from ecm.consent.commands import answer_consent, ask_consent
from ecm.consent.schemas import Answers, Asking, NewDecision, NewProposal
from ecm.corrections.commands import correct_answer
from ecm.corrections.queries import corrections, show_answer
from ecm.corrections.schemas import Correcting
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.paging import Page
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, SENCO, action, bring_in, open_story, withdraw
from tests.client import application, sign_in

DPO = "dpo@oakfield.example"
DSL = "dsl@oakfield.example"
WHY = {"reason": "About another pupil."}
SAID = Correcting(**WHY)
TIMES = {
    "outcome": "updated_at", "measurement": "written_at", "provision": "updated_at", "case_view": "written_at",
    "review_contribution": "written_at",
}  # fmt: skip


async def kept(db: Any, email: str) -> list[tuple[str, str | None]]:
    """What the page of corrections shows somebody: the kind, and the text."""
    found = await corrections(await db.act_as(email), Page(50, None))
    return [(each["kind"], each["text"]) for each in found["items"]]


async def test_a_note_and_an_action_are_gone_for_all_readers_and_kept_for_author_and_officer(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, dsl, stranger = [
            await sign_in(client, each) for each in (SENCO, NURSE, DSL, "senco@hillside.example")
        ]
        note = (await senco.post(f"{path}/notes", {"category": "education", "text": "Bites."})).json()["id"]
        made = (await senco.post(f"{path}/actions", action(title="Ring the vet"))).json()["id"]
        seat = "SELECT last_activity_at, due_next FROM case_seat WHERE principal = $1 AND case_id = $2"
        async with db.admin() as admin:
            assert (await admin.fetchrow(seat, HEALTH, story.case_id))["due_next"] is not None
        assert (await nurse.get(path)).json()["notes"]
        assert (await nurse.post(f"/notes/{note}/correction", WHY)).status_code == 403
        assert (await stranger.post(f"/notes/{note}/correction", WHY)).status_code == 404
        assert (await senco.post(f"/notes/{note}/correction", {"reason": ""})).status_code == 422
        key = {"Idempotency-Key": "one"}
        done = await dsl.post(f"/notes/{note}/correction", WHY, **key)
        assert (done.status_code, done.json()["subject_id"]) == (201, note)
        assert (await dsl.post(f"/notes/{note}/correction", WHY, **key)).json() == done.json()
        assert (await dsl.post(f"/notes/{note}/correction", WHY)).status_code == 404
        assert (await senco.post(f"/actions/{made}/correction", WHY)).status_code == 201
        for reader in (senco, nurse, dsl):
            case = (await reader.get(path)).json()
            assert (case["notes"], case["actions"]) == ([], [])
            assert (await reader.get(f"/actions/{made}")).status_code == 404
            assert (await reader.send("PATCH", f"/actions/{made}", {"version": 1, "status": "done"})).status_code == 404
        async with db.admin() as admin:
            assert (await admin.fetchrow(seat, HEALTH, story.case_id))["due_next"] is None
        closure = {"reason": "Done.", "outcome": "other"}
        assert (await senco.post(f"{path}/closure", closure)).status_code == 201  # a mistake holds nothing open
    assert set(await kept(db, SENCO)) == {("note", "Bites."), ("action", "Ring the vet")}
    assert set(await kept(db, DPO)) == {("note", "Bites."), ("action", "Ring the vet")}
    assert await kept(db, DSL) == [("note", None)]  # what she corrected, without the words that were another's
    assert await kept(db, NURSE) == await kept(db, "senco@hillside.example") == []


async def test_an_author_who_has_left_the_case_can_still_say_that_it_was_a_mistake(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    nurse = await db.act_as(NURSE)
    written = await write_note(nurse, story.case_id, NewNote(category="health", text="Not hers."))
    await withdraw(story, "education")
    async with application() as client:
        senco, author = await sign_in(client, SENCO), await sign_in(client, NURSE)
        assert (
            await senco.post(f"/notes/{written['id']}/correction", WHY)
        ).status_code == 404  # it cannot be guessed at
        assert (await author.post(f"/notes/{written['id']}/correction", WHY)).status_code == 201
    assert await kept(db, NURSE) == [("note", "Not hers.")]
    assert await kept(db, DPO) == []


async def test_an_answer_written_down_in_error_was_never_given(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    yes = story.proposals["education"]
    nurse = await db.act_as(NURSE)
    note = NewNote(category="education", text="x")
    await write_note(nurse, story.case_id, note)
    await withdraw(story, "education")
    with pytest.raises(NotFound):
        await write_note(nurse, story.case_id, note)
    with pytest.raises((NotAllowed, NotFound)):
        await correct_answer(nurse, yes, SAID)
    assert (await show_answer(story.senco, yes))["without"] == "given"
    assert (await correct_answer(story.senco, yes, SAID))["it"]["state"] == "given"
    await write_note(nurse, story.case_id, note)  # the earlier yes counts again
    assert (await show_answer(story.senco, yes))["without"] == "requested"
    assert (await correct_answer(story.senco, yes, SAID))["it"]["state"] == "requested"
    with pytest.raises(NotFound):
        await write_note(nurse, story.case_id, note)  # and that was a mistake, too
    with pytest.raises(Refused, match="no answer"):
        await correct_answer(story.senco, yes, SAID)
    assert set(await kept(db, DPO)) == {("consent", "withdrawn"), ("consent", "given")}


async def test_what_a_carer_said_online_is_theirs(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    asked = NewProposal(agency_id=HEALTH, categories=["classroom"], purpose="support")
    asking = Asking(carer_id=known("carer amina.yusuf@home.example"), proposals=[asked], how="in_person")
    request = await ask_consent(story.senco, story.case_id, asking)
    proposal = request["proposals"][0]["id"]
    amina = await db.act_as("amina.yusuf@home.example")
    no = Answers(channel="online", decisions=[NewDecision(proposal_id=proposal, decision="refused")])
    await answer_consent(amina, request["id"], no)
    with pytest.raises(Refused, match="online"):
        await correct_answer(story.senco, proposal, SAID)


GOAL = {"title": "Reads aloud", "measure": "Words", "baseline": 0, "target": 60, "category": "education"}
HELP = {"title": "Cards", "who": "Ms Nair", "how_often": "Daily", "category": "education"}
SAYS = {"whose": "pupil", "text": "I like cards.", "category": "education"}
HELD = {"held_on": today().isoformat(), "contributions": [{"category": "education", "text": "Reads well."}]}


async def written(author: Any, path: str) -> dict[str, str]:
    """One of each other kind that can be entered in error; the outcome has two numbers besides the one that is named."""
    made = {"outcome": (await author.post(f"{path}/outcomes", GOAL)).json()["id"]}
    for value in (7, 8, 9):
        point = await author.post(f"/outcomes/{made['outcome']}/measurements", {"value": value, "note": "Aloud."})
        made["measurement"] = point.json()["id"]
    made["provision"] = (await author.post(f"{path}/provisions", HELP)).json()["id"]
    made["view"] = (await author.post(f"{path}/views", SAYS)).json()["id"]
    made["contribution"] = (await author.post(f"{path}/reviews", HELD)).json()["contributions"][0]["id"]
    return made


async def test_outcomes_numbers_provision_views_and_reviews_are_put_right_like_notes(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, dsl = [await sign_in(client, each) for each in (SENCO, NURSE, DSL)]
        made = await written(senco, path)
        seat = "SELECT last_activity_at FROM case_seat WHERE principal = $1 AND case_id = $2"
        texts = "UPDATE {} SET {} = now() + interval '9 hours' WHERE case_id = $1"
        async with db.admin() as admin:  # what is newest here is what will be hidden
            await admin.execute("SET session_replication_role = replica")
            for table, column in TIMES.items():
                await admin.execute(texts.format(table, column), story.case_id)
            await admin.execute("SET session_replication_role = origin")
        for place, kind in enumerate(("measurement", "outcome", "provision", "view", "contribution")):
            call = f"/{kind}s/{made[kind]}/correction"
            assert (await nurse.post(call, WHY)).status_code == 403
            assert (await senco.post(call, {"reason": " "})).status_code == 422
            said = await (dsl if place % 2 else senco).post(call, WHY)
            assert (said.status_code, said.json()["kind"], said.json()["subject_id"]) == (201, kind, made[kind])
            assert (await senco.post(call, WHY)).status_code == 404
            if kind == "measurement":
                points = (await nurse.get(path)).json()["outcomes"][0]["measurements"]
                assert [each["value"] for each in points] == [8]  # of that day, the last that was no mistake
        for reader in (senco, nurse, dsl):
            case = (await reader.get(path)).json()
            assert [case[part] for part in ("outcomes", "provisions", "views")] == [[], [], []]
            assert [each["contributions"] for each in case["reviews"]] == [[]]
        point = {"value": 1}
        assert (await senco.post(f"/outcomes/{made['outcome']}/measurements", point)).status_code == 404
        assert (await senco.send("PATCH", f"/provisions/{made['provision']}", {"version": 1})).status_code == 404
        async with db.admin() as admin:
            assert await admin.fetchval(seat, HEALTH, story.case_id) < await admin.fetchval(
                "SELECT now() + interval '1 hour'"
            )
            events = await admin.fetch("SELECT event FROM audit_event WHERE event LIKE '%:corrected' ORDER BY id")
            assert [row["event"].split(":")[0] for row in events] == [
                "measurement",
                "outcome",
                "provision",
                "view",
                "contribution",
            ]
            late = """INSERT INTO measurement (id, outcome_id, case_id, category, measured_on, value, author_agency_id,
                      author_membership_id, author_desk_id, written_at) SELECT gen_random_uuid(), outcome_id, case_id, category,
                      measured_on, 1, author_agency_id, author_membership_id, author_desk_id, now() FROM measurement LIMIT 1"""
            await admin.execute("ALTER TABLE measurement DISABLE TRIGGER a_stamp_author")
            await admin.execute(late)  # somebody who measured while the outcome was being put right
            assert await admin.fetchval("SELECT bool_and(in_error) FROM measurement")
    words = {"Reads aloud\nWords", "Cards\nMs Nair\nDaily", "I like cards.", "Reads well."}
    numbers = {f"Reads aloud\nWords: {each}\nAloud." for each in (7, 8, 9)}
    assert {text for _, text in await kept(db, DPO)} == {text for _, text in await kept(db, SENCO)} == words | numbers
    assert {(kind, text) for kind, text in await kept(db, DSL)} == {
        ("outcome", None), ("measurement", None), ("view", None),
    }  # fmt: skip
    assert await kept(db, NURSE) == []


async def test_a_carer_takes_back_their_own_words_and_nobody_else_does(db):
    story = await open_story(db)
    amina = known("carer amina.yusuf@home.example")
    await admit_carer(story.senco, story.case_id, Admission(carer_id=amina, authority_seen=True, safe_to_share=True))
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, mother, father = [
            await sign_in(client, each) for each in (SENCO, "amina.yusuf@home.example", "daniel.reid@home.example")
        ]
        ours = (await senco.post(f"{path}/views", SAYS)).json()["id"]
        hers = (await mother.post(f"{path}/views", {"whose": "family", "text": "Of her sister."})).json()["id"]
        for who, view, status in ((senco, hers, 403), (father, hers, 404), (mother, ours, 403), (mother, hers, 201)):
            assert (await who.post(f"/views/{view}/correction", WHY)).status_code == status
        assert [each["text"] for each in (await senco.get(path)).json()["views"]] == ["I like cards."]
        assert "Of her sister." not in (await mother.get(path)).text
    assert await kept(db, DPO) == [("view", "Of her sister.")]  # the school's, which keeps the case
    assert await kept(db, SENCO) == []
