"""A case ends, goes on, and turns out to have been a mistake: who sees what, who is told, and what is refused."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ecm.cases.commands import admit_carer, write_note
from ecm.cases.schemas import Admission, NewNote
from ecm.clock import today
from ecm.closures.commands import close_case, record_death, reopen_case, undo_death, void_case
from ecm.closures.schemas import Closure, Death, Reopening, Settled, Voiding
from ecm.errors import NotAllowed, NotFound, Refused, Stale
from ecm.involvements.commands import accept_invitation
from ecm.involvements.schemas import Acceptance
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, action, bring_in, open_story
from tests.client import application, sign_in

DSL = "dsl@oakfield.example"
AMINA = "amina.yusuf@home.example"
CLOSED = "This case is closed. Reopen it to change it."
CLOSURE = {"reason": "She reads with her class now.", "outcome": "outcomes_met"}
SENTENCE = {"": CLOSED}


async def letters(db: Any) -> list[tuple[str, str, str]]:
    """To whom, which, and its words: what was queued when a case ended."""
    async with db.admin() as admin:
        sql = "SELECT recipient, letter, text FROM outbox WHERE letter IN ('case_ended', 'request_ended') ORDER BY recipient"
        return [tuple(row) for row in await admin.fetch(sql)]


async def unsent(db: Any, request: str) -> list[tuple[str, bool]]:
    """What has become of the letters about this request, and whether there still is anything to send."""
    async with db.admin() as admin:
        rows = await admin.fetch("SELECT state, text <> '' FROM outbox WHERE about = $1 ORDER BY at", UUID(request))
        return [tuple(row) for row in rows]


async def test_a_case_closes_when_its_actions_are_settled_and_its_partners_are_told(db):
    story = await open_story(db)
    working = await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, dsl = [await sign_in(client, each) for each in (SENCO, NURSE, DSL)]
        made = (await senco.post(f"{path}/actions", action())).json()["id"]
        asked = {"agency_id": str(known("childrens-services")), "reason_code": "advice", "categories": ["education"]}
        waiting = (await senco.post(f"{path}/involvements", asked)).json()["id"]
        hidden = action(OAKFIELD, category="safeguarding", title="Watch the gate")
        assert (await dsl.post(f"{path}/actions", hidden)).status_code == 201

        assert (await nurse.post(f"{path}/closure", CLOSURE)).status_code == 403
        assert (
            await (await sign_in(client, "senco@hillside.example")).post(f"{path}/closure", CLOSURE)
        ).status_code == 404
        still = await senco.post(f"{path}/closure", CLOSURE)
        assert (still.status_code, [e["field"] for e in still.json()["errors"]]) == (422, ["actions"])
        assert await letters(db) == []
        done = {"version": 1, "status": "done", "progress": "Heard everything."}
        assert (await nurse.send("PATCH", f"/actions/{made}", done)).status_code == 200
        closed = await senco.post(f"{path}/closure", CLOSURE)
        assert closed.status_code == 201, closed.text
        assert {each["status"] for each in closed.json()["involvements"]} == {"ended", "withdrawn"}
        assert closed.json()["status"] == "closed"
        assert (await senco.post(f"{path}/closure", CLOSURE)).status_code == 422

        assert (await nurse.get(path)).status_code == 404
        assert (await nurse.post(f"/involvements/{working}/ending", {"reason": "x"})).status_code in (403, 404, 409)
        seen = (await dsl.get(path)).json()
        assert [each["status"] for each in seen["actions"]] in (["done", "cancelled"], ["cancelled", "done"])

    told = await letters(db)
    assert {(to, letter) for to, letter, _ in told} >= {(NURSE, "case_ended"), (DSL, "case_ended")}
    asked_ones = [text for to, letter, text in told if letter == "request_ended"]
    assert asked_ones
    assert story.reference not in "".join(asked_ones)
    assert not any(word in text for _, _, text in told for word in ("Leila", "Reid", "Health", "Watch the gate"))
    with pytest.raises((Stale, NotFound)):
        await accept_invitation(await db.act_as("manager@childrens-services.example"), waiting, Acceptance())


async def test_nothing_can_be_written_in_a_closed_case_but_a_yes_can_be_taken_back(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}"
    done = {"version": 1, "status": "done"}
    async with application() as client:
        senco = await sign_in(client, SENCO)
        ended = (await senco.post(f"{path}/actions", action(OAKFIELD))).json()["id"]
        assert (await senco.send("PATCH", f"/actions/{ended}", done)).status_code == 200
    await close_case(story.senco, story.case_id, Closure(**CLOSURE))
    carer = str(known("carer amina.yusuf@home.example"))
    proposal = {"agency_id": str(HEALTH), "categories": ["classroom"], "purpose": "support"}
    later = (today() + timedelta(days=30)).isoformat()
    writing = {
        "/notes": {"category": "education", "text": "x"},
        "/barriers": {"code": "CL01", "how_identified": "screening"},
        "/actions": action(OAKFIELD),
        "/involvements": {"agency_id": str(known("council")), "reason_code": "advice", "categories": ["education"]},
        "/carers": {"carer_id": carer, "authority_seen": True, "safe_to_share": True},
        "/consent-requests": {"carer_id": carer, "proposals": [proposal], "how": "in_person"},
        "/reviews": {
            "held_on": today().isoformat(), "contributions": [{"category": "education", "text": "x"}], "next_review_on": later,
        },
    }  # fmt: skip
    async with application() as client:
        senco = await sign_in(client, SENCO)
        version = (await senco.get(path)).json()["version"]
        for part, body in writing.items():
            answer = await senco.post(path + part, body)
            assert answer.status_code == 422, (part, answer.text)
            assert CLOSED in [each["message"] for each in answer.json()["errors"]], (part, answer.text)
        change = await senco.send("PATCH", path, {"version": version, "level": "3"})
        assert change.status_code == 422
        again = {"version": 2, "status": "todo", "progress": "Not done after all."}
        assert CLOSED in (await senco.send("PATCH", f"/actions/{ended}", again)).text
        back = {"channel": "phone", "witness": "Martin Hale"}
        taken = await senco.post(f"/consents/{story.proposals['education']}/withdrawal", back)
        assert (taken.status_code, taken.json()["state"]) == (201, "withdrawn")
        assert (await senco.get(path)).json()["version"] == version


async def test_a_case_goes_on_only_while_there_is_no_other_and_nobody_comes_back_by_themselves(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    await close_case(story.senco, story.case_id, Closure(**CLOSURE))
    other = await open_story(db)
    go_on = Reopening(reason="The difficulties came back.")
    with pytest.raises(Refused, match=other.reference):
        await reopen_case(story.senco, story.case_id, go_on)
    await void_case(story.senco, other.case_id, Voiding(reason="Opened twice."))
    with pytest.raises(Stale):
        await reopen_case(story.senco, story.case_id, Reopening(reason="x", version=1))
    again = await reopen_case(story.senco, story.case_id, go_on)
    assert (again["status"], [each["status"] for each in again["involvements"]]) == ("open", ["ended"])
    with pytest.raises(NotFound):
        await write_note(await db.act_as(NURSE), story.case_id, NewNote(category="education", text="x"))
    await write_note(story.senco, story.case_id, NewNote(category="education", text="Back to work."))
    with pytest.raises(Refused, match="opened in error"):
        await write_note(story.senco, other.case_id, NewNote(category="education", text="x"))
    with pytest.raises(Refused):
        await reopen_case(story.senco, other.case_id, go_on)


async def test_a_case_opened_in_error_is_the_schools_alone(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    admission = Admission(carer_id=known("carer amina.yusuf@home.example"), authority_seen=True, safe_to_share=True)
    await admit_carer(story.senco, story.case_id, admission)
    async with application() as client:
        senco, nurse, amina, teacher = [
            await sign_in(client, each) for each in (SENCO, NURSE, AMINA, "teacher@oakfield.example")
        ]
        path = f"/cases/{story.case_id}"
        await senco.post(f"{path}/actions", action())
        assert [(await each.get(path)).status_code for each in (nurse, amina)] == [200, 200]
        assert (await teacher.post(f"{path}/voiding", {"reason": "x"})).status_code == 404
        voided = await senco.post(f"{path}/voiding", {"reason": "The wrong pupil."})
        assert (voided.status_code, voided.json()["status"]) == (201, "voided")
        assert [each["status"] for each in voided.json()["actions"]] == ["cancelled"]
        assert [(await each.get(path)).status_code for each in (nurse, amina)] == [404, 404]
        assert (await senco.post(f"{path}/reopening", {"reason": "x"})).status_code == 422
        assert (await senco.post(f"{path}/voiding", {"reason": "x"})).status_code == 422


async def test_settled_actions_end_as_was_said(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        one, two = [
            (await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, title=title))).json()["id"]
            for title in ("Ring the clinic", "Try pictures")
        ]
    both = {known_id: Settled(status="cancelled") for known_id in map(UUID, (one, two))}
    with pytest.raises(Refused) as refused:
        await close_case(story.senco, story.case_id, Closure(**CLOSURE), both)
    assert set(refused.value.problems) == {f"actions.{one}.progress", f"actions.{two}.progress"}
    with pytest.raises(Refused) as refused:
        await close_case(story.senco, story.case_id, Closure(**CLOSURE), {UUID(one): Settled(status="done")})
    assert set(refused.value.problems) == {f"actions.{two}.status"}
    settled = {UUID(one): Settled(status="done"), UUID(two): Settled(status="cancelled", progress="She needs none.")}
    case = await close_case(story.senco, story.case_id, Closure(**CLOSURE), settled)
    assert {(each["status"], each["progress"]) for each in case["actions"]} == {
        ("done", ""),
        ("cancelled", "She needs none."),
    }


async def test_when_a_pupil_has_died_nobody_is_written_to_and_it_can_be_put_right(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    scope = {"agency_id": str(HEALTH), "categories": ["health"], "purpose": "support"}
    carer = str(known("carer amina.yusuf@home.example"))
    async with application() as client:
        senco = await sign_in(client, SENCO)
        asked = await senco.post(f"/cases/{story.case_id}/consent-requests", {"carer_id": carer, "proposals": [scope]})
    assert await unsent(db, asked.json()["id"]) == [("waiting", True)]
    with pytest.raises(Refused) as refused:
        await record_death(story.senco, story.case_id, Death(died_on=today() + timedelta(days=1)))
    assert set(refused.value.problems) == {"died_on"}
    with pytest.raises((NotAllowed, NotFound)):
        await record_death(await db.act_as(NURSE), story.case_id, Death(died_on=today()))
    case = await record_death(story.senco, story.case_id, Death(died_on=today()))
    assert (case["status"], [each["status"] for each in case["involvements"]]) == ("closed", ["ended"])
    assert await letters(db) == []
    assert await unsent(db, asked.json()["id"]) == [("refused", False)]
    with pytest.raises(Refused, match="died"):
        await reopen_case(story.senco, story.case_id, Reopening(reason="x"))
    with pytest.raises(Refused, match="died"):
        await open_story(db)
    await undo_death(story.senco, story.case_id, Reopening(reason="Another family of that name."))
    assert (await reopen_case(story.senco, story.case_id, Reopening(reason="A mistake.")))["status"] == "open"
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT died_on FROM pupil WHERE id = $1", case["pupil"]["id"]) is None


async def test_an_invitation_is_unread_until_somebody_of_the_agency_looks(db):
    story = await open_story(db)
    async with application() as client:
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        asked = {"agency_id": str(HEALTH), "reason_code": "advice", "categories": ["education"]}
        path = f"/cases/{story.case_id}/involvements"
        unread = (await senco.post(path, asked)).json()["id"]
        taken = (await senco.post(f"/involvements/{unread}/withdrawal")).json()
        assert (taken["status"], taken["read_at"]) == ("withdrawn", None)
        assert await letters(db) == []
        read = (await senco.post(path, asked)).json()["id"]
        assert [each["id"] for each in (await nurse.get("/involvements")).json()["items"]] == [read]
        taken = (await senco.post(f"/involvements/{read}/withdrawal")).json()
        assert taken["read_at"] is not None
    told = await letters(db)
    assert {letter for _, letter, _ in told} == {"request_ended"}
    assert NURSE in {to for to, _, _ in told}
