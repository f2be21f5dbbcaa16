"""Who is involved never tells the wrong person that a refuge is."""

import asyncpg
import pytest

from ecm.database import acting_as
from ecm.seeds import known
from tests.cases.test_api import NEW_CASE
from tests.client import application, sign_in

REFUGE = str(known("safe-haven"))
CLINIC = str(known("young-minds"))


async def test_a_refuge_is_known_to_the_safeguarding_lead_alone(db):
    async with application() as client:
        senco, dsl = await sign_in(client, "senco@oakfield.example"), await sign_in(client, "dsl@oakfield.example")
        case = (await senco.post("/cases", NEW_CASE)).json()
        path = f"/cases/{case['id']}"

        def asking(agency: str) -> dict[str, object]:
            return {"agency_id": agency, "reason_code": "family_support", "categories": ["family"]}

        before = await senco.post(f"{path}/involvements", asking(REFUGE))
        assert before.status_code == 422
        assert (await dsl.post(f"{path}/involvements", asking(REFUGE))).status_code == 201
        after = await senco.post(f"{path}/involvements", asking(REFUGE))
        assert (after.status_code, after.json()) == (before.status_code, before.json())
        seen = {who: (await person.get(path)).json() for who, person in (("senco", senco), ("dsl", dsl))}
        assert [i["agency"]["id"] for i in seen["dsl"]["involvements"]] == [REFUGE]
        assert seen["senco"]["involvements"] == []
        listed = {
            who: (await person.get("/cases")).json()["items"][0] for who, person in (("senco", senco), ("dsl", dsl))
        }
        assert listed["senco"]["last_activity_at"] < listed["dsl"]["last_activity_at"]
        assert (await senco.post(f"{path}/involvements", asking(CLINIC))).status_code == 201
        assert [i["agency"]["id"] for i in (await senco.get(path)).json()["involvements"]] == [CLINIC]
        action = {"title": "Call", "category": "family", "owner_agency_id": REFUGE, "due_on": "2026-12-18"}
        refused = await senco.post(f"{path}/actions", action)
        unknown = await senco.post(f"{path}/actions", action | {"owner_agency_id": str(known("council"))})
        assert (refused.status_code, refused.json()) == (unknown.status_code, unknown.json())


async def test_the_database_answers_for_a_refuge_as_for_an_agency_that_is_not_there(db):
    async with application() as client:
        dsl = await sign_in(client, "dsl@oakfield.example")
        case = (await dsl.post("/cases", NEW_CASE)).json()
        body = {"agency_id": REFUGE, "reason_code": "family_support", "categories": ["family"]}
        assert (await dsl.post(f"/cases/{case['id']}/involvements", body)).status_code == 201
    for email, knows in (("senco@oakfield.example", False), ("dsl@oakfield.example", True)):
        async with acting_as(await db.act_as(email), "test") as act:
            assert await act.value("SELECT knows_of($1, $2)", case["id"], known("safe-haven")) is knows
            act.record("case:shown")
    with pytest.raises(asyncpg.CheckViolationError, match="not yours to ask"):
        async with acting_as(await db.act_as("senco@oakfield.example"), "test") as act:
            await act.run(
                """INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id,
                       reason_code, offered_categories, invited_at, updated_at)
                   VALUES (gen_random_uuid(), $1, 'core', $2, $3, $4, 'advice', '{}', now(), now())""",
                case["id"], known("safe-haven"), known("oakfield"), known("seat senco@oakfield.example"),
            )  # fmt: skip
