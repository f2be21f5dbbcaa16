"""Actions through the API: given to a partner, moved on by two people at once, gone when the family says so."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ecm.actions.rules import place
from ecm.clock import new_id, today
from ecm.database import acting_as
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, THERAPIST, action, bring_in, open_story, withdraw
from tests.client import application, sign_in

KEYS = {
    "id", "case_id", "reference", "category", "title", "owner_agency", "assignee", "due_on", "status", "progress",
    "version", "added_at", "updated_at", "overdue",
}  # fmt: skip


def problems(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


async def test_a_partner_is_given_an_action_moves_it_on_and_two_at_once_meet(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    async with application() as client:
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        seat = str(known("seat " + NURSE))
        added = await senco.post(f"/cases/{story.case_id}/actions", action(assignee_id=seat))
        assert added.status_code == 201, added.text
        made = added.json()
        assert set(made) == KEYS
        assert made["owner_agency"] == {"id": str(HEALTH), "name": "Northshire Community Health"}
        assert made["assignee"] == {"id": seat, "name": "Beth Lawson"}
        assert (made["status"], made["progress"], made["version"], made["overdue"]) == ("todo", "", 1, False)
        path = f"/actions/{made['id']}"
        assert (await nurse.get(path)).json() == made
        assert (await nurse.get("/actions", mine="true")).json()["items"] == [made]
        assert (await senco.get("/actions", mine="true")).json()["items"] == []
        assert (await senco.get("/actions")).json()["items"] == [made]

        async with acting_as(story.senco, "test") as act:  # both have to wait for the case
            await act.run("SELECT lock_case($1)", story.case_id)
            act.record("case:shown", case=story.case_id, outcome="shown")
            sent = [
                asyncio.create_task(
                    nurse.send("PATCH", path, {"version": 1, "status": "doing", "progress": "Booked."})
                ),
                asyncio.create_task(senco.send("PATCH", path, {"version": 1, "status": "cancelled"})),
            ]
            done, _ = await asyncio.wait(sent, timeout=0.3)
            assert not done
        answers = await asyncio.gather(*sent)
        assert sorted(each.status_code for each in answers) == [200, 409]
        won, lost = sorted(answers, key=lambda each: each.status_code)
        assert won.json()["version"] == 2
        assert lost.json()["current"] == won.json() == (await senco.get(path)).json()
        assert lost.headers["content-type"] == "application/problem+json"


async def test_only_its_owner_its_author_and_keepers_of_the_case_change_an_action(db):
    story = await open_story(db)
    await bring_in(db, story, THERAPIST, HEALTH, "education")
    await bring_in(db, story, "family.worker@family-hub.example", known("family-hub"), "education")
    async with application() as client:
        senco, manager, nurse, reader, teacher, stranger = [
            await sign_in(client, email)
            for email in (
                SENCO, THERAPIST, NURSE, "family.worker@family-hub.example", "teacher@oakfield.example",
                "senco@hillside.example",
            )
        ]  # fmt: skip
        made = (await senco.post(f"/cases/{story.case_id}/actions", action())).json()
        assert made["assignee"] is None  # the manager accepted for the agency, not for herself
        path = f"/actions/{made['id']}"
        assert (await reader.get(path)).json() == made  # agreed for education
        assert (await reader.send("PATCH", path, {"version": 1, "status": "doing"})).status_code == 403
        for nobody in (nurse, teacher, stranger):
            assert (await nobody.get(path)).status_code == 404
            assert (await nobody.send("PATCH", path, {"version": 1, "status": "doing"})).status_code == 404
            assert (await nobody.post(f"/cases/{story.case_id}/actions", action())).status_code == 404
        absent, hidden = await nurse.get(f"/actions/{uuid4()}"), await nurse.get(path)
        assert (absent.status_code, absent.content) == (hidden.status_code, hidden.content)
        assert (await manager.send("PATCH", path, {"version": 1, "status": "doing"})).status_code == 200
        assert (await senco.send("PATCH", path, {"version": 2, "status": "done"})).status_code == 200
        own = await reader.post(f"/cases/{story.case_id}/actions", action(OAKFIELD))
        assert own.status_code == 201, own.text
        path = f"/actions/{own.json()['id']}"
        assert (await reader.send("PATCH", path, {"version": 1, "progress": "Asked."})).status_code == 200
        assert (await manager.send("PATCH", path, {"version": 2, "progress": "Mine?"})).status_code == 403


async def test_without_a_name_it_goes_to_whom_the_owner_has_put_on_the_case(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "health")
    async with application() as client:
        senco, nurse, manager = [await sign_in(client, email) for email in (SENCO, NURSE, THERAPIST)]
        made = (await senco.post(f"/cases/{story.case_id}/actions", action())).json()
        assert made["assignee"]["name"] == "Beth Lawson"
        assert (await manager.get("/actions")).json()["items"] == [made]
        assert (await manager.get("/actions", mine="true")).json()["items"] == []
        step = {"version": 1, "status": "done", "progress": "Heard well."}
        assert (await nurse.send("PATCH", f"/actions/{made['id']}", step)).status_code == 200
        async with db.admin() as admin:  # she leaves: what is added now waits at the agency's desk
            await admin.execute("UPDATE membership SET ended_at = now() WHERE id = $1", known("seat " + NURSE))
        later = await senco.post(f"/cases/{story.case_id}/actions", action())
        assert (later.status_code, later.json()["assignee"]) == (201, None)
        assert (await manager.get("/actions", mine="true")).json()["items"] == [later.json()]


async def test_a_carer_who_sees_the_case_reads_and_changes_nothing(db):
    story = await open_story(db)
    async with application() as client:
        senco, carer = await sign_in(client, SENCO), await sign_in(client, "amina.yusuf@home.example")
        admission = {
            "carer_id": str(known("carer amina.yusuf@home.example")),
            "authority_seen": "birth certificate",
            "safe_to_share": True,
        }
        assert (await senco.post(f"/cases/{story.case_id}/carers", admission)).status_code == 201
        made = (await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD))).json()
        assert (await carer.get("/actions")).json()["items"] == [made]
        assert (
            await carer.send("PATCH", f"/actions/{made['id']}", {"version": 1, "status": "done"})
        ).status_code == 403
        assert (await carer.post(f"/cases/{story.case_id}/actions", action(OAKFIELD))).status_code == 403


async def test_when_the_family_withdraws_the_partner_has_lost_it_and_the_lead_has_it(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    async with application() as client:
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        given, own = [
            (await who.post(f"/cases/{story.case_id}/actions", action(assignee_id=str(known("seat " + NURSE))))).json()
            for who in (senco, nurse)
        ]
        assert len((await nurse.get("/actions")).json()["items"]) == 2
        await withdraw(story, "education")
        for each in (given, own):
            assert (await nurse.get(f"/actions/{each['id']}")).status_code == 404
            step = {"version": each["version"], "status": "done"}
            assert (await nurse.send("PATCH", f"/actions/{each['id']}", step)).status_code == 404
            back = (await senco.get(f"/actions/{each['id']}")).json()
            assert back["owner_agency"]["id"] == str(OAKFIELD)
            assert back["assignee"]["name"] == "Grace Okafor"
            assert back["version"] == 2
        assert (await nurse.get("/actions")).json() == {"items": [], "next": None}
        assert len((await senco.get("/actions", mine="true")).json()["items"]) == 2


async def test_an_action_goes_only_to_those_who_may_know_of_it(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        path = f"/cases/{story.case_id}/actions"
        for agency in (HEALTH, known("hillside"), uuid4()):  # not invited, never, and none
            assert set(problems(await senco.post(path, action(agency)))) == {"owner_agency_id"}
        for worker in (known("seat " + NURSE), known("seat teacher@oakfield.example"), uuid4()):
            body = action(OAKFIELD, assignee_id=str(worker))
            assert set(problems(await senco.post(path, body))) == {"assignee_id"}
        clinic = known("young-minds")
        async with db.admin() as admin:  # nobody works there in the demonstration area
            await admin.execute(
                "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, 'manager', now())",
                new_id(), known("case.officer@council.example"), clinic,
            )  # fmt: skip
            await admin.execute("DELETE FROM membership WHERE id = $1", known("seat case.officer@council.example"))
        await bring_in(db, story, "case.officer@council.example", clinic, "health")
        # That this clinic helps is itself a matter of health: whoever reads the action reads whose it is.
        assert "Health" in problems(await senco.post(path, action(clinic)))["category"]
        assert (await senco.post(path, action(clinic, category="health"))).status_code == 201


async def test_what_makes_no_sense_is_refused_in_a_sentence(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        path = f"/cases/{story.case_id}/actions"
        early, late = today() - timedelta(days=1), today() + timedelta(days=3 * 366 + 1)
        for field, value in [
            ("due_on", early.isoformat()), ("due_on", late.isoformat()), ("due_on", "2026-02-30"), ("title", "  "),
            ("title", "x" * 201), ("title", "Two\nlines"), ("category", "core"), ("category", "gossip"),
            ("category", "safeguarding"), ("colour", "red"), ("owner_agency_id", "7"),
        ]:  # fmt: skip
            assert list(problems(await senco.post(path, action(OAKFIELD, **{field: value})))) == [field]
        made = (await senco.post(path, action(OAKFIELD))).json()
        path = f"/actions/{made['id']}"
        for body, field in [
            ({"status": "done"}, "version"), ({"version": 1, "status": "lost"}, "status"),
            ({"version": 1, "progress": "x" * 501}, "progress"), ({"version": 1, "due_on": early.isoformat()}, "due_on"),
            ({"version": 1, "assignee_id": str(known("seat " + NURSE))}, "assignee_id"),
            ({"version": 1, "owner_agency_id": str(HEALTH)}, "owner_agency_id"),
        ]:  # fmt: skip
            assert list(problems(await senco.send("PATCH", path, body))) == [field]
        assert (await senco.get(path)).json() == made
        same = await senco.send("PATCH", path, {"version": 1, "status": "todo", "title": made["title"], "due_on": None})
        assert same.json() == made  # nothing new: nobody else's version grows old
        given = await senco.send("PATCH", path, {"version": 1, "assignee_id": str(known("seat " + SENCO))})
        assert given.json()["assignee"]["name"] == "Grace Okafor"
        assert (await senco.send("PATCH", path, {"version": 2, "assignee_id": None})).json()["assignee"] is None
        done = await senco.send("PATCH", path, {"version": 3, "status": "done", "progress": "Heard well."})
        assert done.json()["status"] == "done"
        reopened = {"version": 4, "status": "todo"}
        assert set(problems(await senco.send("PATCH", path, reopened))) == {"progress"}
        assert set(problems(await senco.send("PATCH", path, reopened | {"progress": "Heard well."}))) == {"progress"}
        reopened["progress"] = "The test was on the wrong ear."
        assert (await senco.send("PATCH", path, reopened)).json()["version"] == 5


async def test_the_nurse_cannot_give_away_what_she_would_no_longer_see(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "health")
    async with application() as client:
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        manager = await sign_in(client, THERAPIST)
        body = action(assignee_id=str(known("seat " + NURSE)))
        made = (await senco.post(f"/cases/{story.case_id}/actions", body)).json()
        change = {"version": 1, "assignee_id": str(known("seat " + THERAPIST))}
        path = f"/actions/{made['id']}"
        assert (await nurse.get(path)).status_code == 200  # as its owner: education was not agreed
        assert set(problems(await nurse.send("PATCH", path, change))) == {"assignee_id"}
        assert (await manager.send("PATCH", path, change)).json()["assignee"]["name"] == "Imran Shah"


async def test_lists_are_in_the_order_of_the_rule_a_page_at_a_time(db):
    story = await open_story(db)
    async with application() as client:
        senco = await sign_in(client, SENCO)
        for days, status, title in [
            (9, "todo", "b"), (-2, "doing", "a"), (3, "done", "c"), (9, "doing", "a"), (-5, "done", "d"), (0, "todo", "e"),
            (-2, "cancelled", "f"), (400, "todo", "g"),
        ]:  # fmt: skip
            made = (await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, title=title))).json()
            async with db.admin() as admin:
                await admin.execute(
                    "UPDATE action SET due_on = $2, status = $3 WHERE id = $1",
                    made["id"], today() + timedelta(days=days), status,
                )  # fmt: skip
        whole = (await senco.get("/actions")).json()
        assert whole["next"] is None
        assert "".join(each["title"] for each in whole["items"]) == "aebagfdc"
        assert [each["overdue"] for each in whole["items"]] == [True] + [False] * 7
        seen, cursor = [], None
        while cursor or not seen:
            part = (await senco.get("/actions", limit=3, **({"cursor": cursor} if cursor else {}))).json()
            assert 0 < len(part["items"]) <= 3
            seen += part["items"]
            cursor = part["next"]
            assert cursor is None or not any(word in cursor for word in ("hearing", story.reference))

        def key(each: dict[str, Any]) -> tuple[bool, float]:
            days = today().fromisoformat(each["due_on"]), datetime.fromisoformat(each["updated_at"])
            return place(each["status"], *days)

        assert [key(each) for each in seen] == [key(each) for each in whole["items"]]
        assert {each["id"] for each in seen} == {each["id"] for each in whole["items"]}
        for query, titles in [
            ({"overdue": "true"}, "a"), ({"status": "done"}, "dc"), ({"status": "doing", "mine": "true"}, "aa"),
            ({"overdue": "false", "status": "cancelled"}, "f"), ({"overdue": "true", "status": "done"}, ""),
        ]:  # fmt: skip
            found = (await senco.get("/actions", **query)).json()["items"]
            assert "".join(each["title"] for each in found) == titles
        for query in ({"cursor": "nonsense"}, {"cursor": "WyIyMDI2LTA5LTAxIl0"}, {"limit": 101}, {"status": "lost"}):
            assert list(problems(await senco.get("/actions", **query))) == list(query)
        stranger = await sign_in(client, "senco@hillside.example")
        assert (await stranger.get("/actions")).json() == {"items": [], "next": None}


@pytest.mark.parametrize("clause", ["owner_agency_id = $1", "category = 'health'", "case_id = $1"])
async def test_the_apps_login_cannot_move_an_action_to_another_agency_kind_or_case(db, clause):
    import asyncpg

    story = await open_story(db)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(story.senco, "test") as act:
            await act.run(f"UPDATE action SET {clause}", *([OAKFIELD] if "$1" in clause else []))
