"""Inviting, answering, assigning and ending through the API: what each side may do, and what the other learns."""

import json

from ecm.seeds import known
from tests.client import application, sign_in
from tests.consent.story import (
    AMINA,
    CARE,
    HEALTH,
    HUB,
    MANAGER,
    NURSE,
    SOCIAL,
    STRANGER,
    THERAPIST,
    answer,
    open_story,
)

SEAT = {email: str(known(f"seat {email}")) for email in (NURSE, THERAPIST, SOCIAL)}
CLINIC = str(known("young-minds"))


async def test_an_invited_agency_learns_who_asks_for_what_and_no_name_until_there_is_a_basis(db):
    async with application() as client:
        story = await open_story(client)
        invited = await story.invite(HEALTH, message="CANARY for the nurse")
        assert (invited["status"], invited["categories"]) == ("invited", ["education", "health"])
        nurse, other = await sign_in(client, NURSE), await sign_in(client, SOCIAL)
        assert (await other.get("/involvements")).json()["items"] == []
        assert (await other.post(f"/involvements/{invited['id']}/acceptance")).status_code == 404

        async def seen() -> dict:
            listed = (await nurse.get("/involvements")).json()["items"]
            assert [each["id"] for each in listed] == [invited["id"]]
            return listed[0]

        secrets = ("Leila", "CANARY", story.case_id, story.reference, str(known("pupil Leila Reid")))
        before = await seen()
        assert before["school"]["name"] == "Oakfield Primary School"
        assert before["reason_code"] == "assessment"
        accepted = await nurse.post(f"/involvements/{invited['id']}/acceptance")
        assert (accepted.status_code, accepted.json()["status"]) == (201, "waiting_for_basis")
        waiting = await seen()
        assert waiting["assignee"]["name"] == "Beth Lawson"
        assert not any(secret in json.dumps([before, waiting, accepted.json()]) for secret in secrets)
        assert (await nurse.get("/involvements", status="active")).json()["items"] == []
        assert len((await nurse.get("/involvements", status="waiting_for_basis")).json()["items"]) == 1

        asked = await story.ask(AMINA, (HEALTH, ["health"]))
        await answer(story.senco, asked, channel="in_person", health="given")
        now = await seen()
        assert now["status"] == "active"
        assert all(secret in json.dumps(now) for secret in secrets)
        case = (await nurse.get(story.path)).json()
        assert case["involvements"][0]["status"] == "active"

        ended = await nurse.post(f"/involvements/{invited['id']}/ending", {"reason": "Assessment done."})
        assert (ended.status_code, ended.json()["status"], now["ended_by"]) == (201, "ended", None)
        assert ended.json()["ended_by"] == {
            "agency": {"id": HEALTH, "name": "Northshire Community Health"},
            "role": "practitioner",
        }
        after = json.dumps(await seen())
        assert not any(secret in after for secret in secrets)
        assert (await nurse.get(story.path)).status_code == 404
        again = await nurse.post(f"/involvements/{invited['id']}/ending", {"reason": "Again."})
        assert (again.status_code, again.json()["current"]["status"]) == (409, "ended")


async def test_who_may_answer_and_for_whom(db):
    async with application() as client:
        story = await open_story(client)
        first, second = (await story.invite(HEALTH))["id"], (await story.invite(CARE))["id"]
        nurse, therapist = await sign_in(client, NURSE), await sign_in(client, THERAPIST)
        assert (await story.senco.post(f"/involvements/{first}/acceptance")).status_code == 403
        for_another = await nurse.post(f"/involvements/{first}/acceptance", {"assignee_id": SEAT[THERAPIST]})
        assert for_another.json()["errors"][0]["field"] == "assignee_id"
        foreign = await therapist.post(f"/involvements/{first}/acceptance", {"assignee_id": SEAT[SOCIAL]})
        assert foreign.json()["errors"][0]["field"] == "assignee_id"
        accepted = await therapist.post(f"/involvements/{first}/acceptance", {"assignee_id": SEAT[NURSE]})
        assert accepted.json()["assignee"]["name"] == "Beth Lawson"
        late = await nurse.post(f"/involvements/{first}/refusal", {"reason": "at_capacity"})
        assert (late.status_code, late.json()["current"]["status"]) == (409, "waiting_for_basis")

        version = accepted.json()["version"]
        change = {"version": version, "assignee_id": SEAT[THERAPIST]}
        assert (await nurse.send("PATCH", f"/involvements/{first}", change)).status_code == 403
        moved = await therapist.send("PATCH", f"/involvements/{first}", change)
        assert (moved.status_code, moved.json()["assignee"]["name"]) == (200, "Imran Shah")
        stale = await therapist.send("PATCH", f"/involvements/{first}", change | {"assignee_id": None})
        assert (stale.status_code, stale.json()["current"]["version"]) == (409, version + 1)
        assert (await nurse.get("/involvements")).json()["items"] == []

        worker = await sign_in(client, SOCIAL)
        why = {"reason": "criteria_not_met", "message": "Try the family hub."}
        refused = await worker.post(f"/involvements/{second}/refusal", why)
        assert (refused.status_code, refused.json()["status"]) == (201, "declined")
        assert (await worker.post(f"/involvements/{second}/refusal", {"reason": "because"})).status_code == 422
        manager = await sign_in(client, MANAGER)
        assert (await manager.get("/involvements")).json()["items"][0]["answer_message"] == "Try the family hub."
        assert [i["status"] for i in (await story.senco.get(story.path)).json()["involvements"]] == [
            "waiting_for_basis",
            "declined",
        ]
        assert (await story.invite(CARE))["status"] == "invited"  # a declined agency may be asked again


async def test_the_school_invites_takes_back_and_ends_and_nobody_else_does(db):
    async with application() as client:
        story = await open_story(client)
        body = {"agency_id": HUB, "reason_code": "family_support", "categories": ["family"]}
        for email, status in ((STRANGER, 404), (NURSE, 404), (AMINA, 404)):
            assert (await (await sign_in(client, email)).post(f"{story.path}/involvements", body)).status_code == status
        for wrong in (
            {"agency_id": str(known("oakfield"))},
            {"agency_id": str(known("partnership"))},
            {"agency_id": story.case_id},
        ):
            refused = await story.senco.post(f"{story.path}/involvements", body | wrong)
            assert refused.json()["errors"][0]["field"] == "agency_id"
        assert (await story.senco.post(f"{story.path}/involvements", body | {"basis": "statutory"})).status_code == 422
        first = await story.invite(HUB)
        twice = await story.senco.post(f"{story.path}/involvements", body)
        assert "already" in twice.json()["errors"][0]["message"]
        back = await story.senco.post(f"/involvements/{first['id']}/withdrawal")
        assert (back.status_code, back.json()["status"]) == (201, "withdrawn")
        assert (await story.senco.post(f"/involvements/{first['id']}/withdrawal")).status_code == 409

        nurse = await story.join(NURSE, HEALTH)
        worker = await story.join(SOCIAL, CARE)
        for agency in (HEALTH, CARE):
            asked = await story.ask(AMINA, (agency, ["education"]))
            await answer(story.senco, asked, channel="phone", education="given")
        health = next(i for i in (await nurse.get(story.path)).json()["involvements"] if i["agency"]["id"] == HEALTH)
        for path, said in (("ending", {"reason": "x"}), ("acceptance", {}), ("withdrawal", {})):
            assert (await worker.post(f"/involvements/{health['id']}/{path}", said)).status_code == 403, path
        assert (await nurse.post(f"{story.path}/involvements", body)).status_code == 403
        ended = await story.senco.post(f"/involvements/{health['id']}/ending", {"reason": "Not needed any more."})
        assert (ended.status_code, ended.json()["ended_by"]["role"]) == (201, "senco")
        told = (await nurse.get("/involvements")).json()["items"][0]["ended_by"]
        assert (told["agency"]["name"], told["role"]) == ("Oakfield Primary School", "senco")
        assert "ended_by" not in (await worker.get(story.path)).text  # between the school and the service
        assert (await nurse.get(story.path)).status_code == 404
        assert (await worker.get(story.path)).status_code == 200


async def test_that_a_clinic_is_involved_is_told_neither_to_other_partners_nor_to_parents(db):
    async with application() as client:
        story = await open_story(client)
        admitted = {
            "carer_id": str(known(f"carer {AMINA}")),
            "authority_seen": "birth certificate",
            "safe_to_share": True,
        }
        await story.senco.post(f"{story.path}/carers", admitted)
        worker, amina = await story.join(SOCIAL, CARE), await sign_in(client, AMINA)
        asked = await story.ask(AMINA, (CARE, ["education"]))
        await answer(story.senco, asked, channel="phone", education="given")
        clinic = await story.invite(CLINIC)
        assert clinic["id"] in {each["id"] for each in (await story.senco.get(story.path)).json()["involvements"]}
        for reader in (worker, amina):
            assert "Young Minds" not in (await reader.get(story.path)).text
            assert (await reader.post(f"/involvements/{clinic['id']}/ending", {"reason": "x"})).status_code == 404
        assert "Young Minds" not in (await amina.get("/family")).text
        both = [{"agency_id": agency, "categories": ["education"], "purpose": "support"} for agency in (CARE, CLINIC)]
        body = {"carer_id": str(known(f"carer {AMINA}")), "proposals": both}
        together = await story.senco.post(f"{story.path}/consent-requests", body)
        assert together.json()["errors"][0]["field"] == "proposals.1.agency_id"
        alone = await story.senco.post(f"{story.path}/consent-requests", body | {"proposals": both[1:]})
        assert alone.status_code == 201
