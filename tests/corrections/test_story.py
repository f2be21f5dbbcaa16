"""What was entered in error is hidden from everybody at once, counts for nothing, and is kept for two people."""

from typing import Any

import pytest

from ecm.cases.commands import write_note
from ecm.cases.schemas import NewNote
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
