"""A parent's own page: their children's cases in plain form, their questions, their answers, and nobody else's."""

from ecm.seeds import known
from tests.client import application, sign_in
from tests.consent.story import AMINA, CARE, DANIEL, HEALTH, NURSE, SOCIAL, answer, carer, open_story


async def test_a_parent_sees_the_case_only_when_let_in_and_then_only_what_is_theirs(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        await story.join(SOCIAL, CARE, categories=["family"])
        amina, daniel = await sign_in(client, AMINA), await sign_in(client, DANIEL)
        assert (await nurse.get("/family")).status_code == 403
        asked = await story.ask(AMINA, (HEALTH, ["health"]), (CARE, ["family"]))

        before = (await amina.get("/family")).json()
        assert before["items"] == before["consents"] == []
        assert [(r["child"], r["school"], len(r["proposals"])) for r in before["requests"]] == [
            ("Leila", "Oakfield Primary School", 2)
        ]

        await answer(amina, asked, health="given", family="refused")
        admitted = {"carer_id": carer(AMINA), "authority_seen": "birth certificate", "safe_to_share": True}
        assert (await story.senco.post(f"{story.path}/carers", admitted)).status_code == 201
        action = {"category": "classroom", "owner_agency_id": str(known("oakfield")), "due_on": "2027-01-15"}
        secret = {"category": "health", "owner_agency_id": HEALTH, "due_on": "2027-01-16"}
        assert (await story.senco.post(f"{story.path}/actions", action | {"title": "Picture cards"})).status_code == 201
        assert (await nurse.post(f"{story.path}/actions", secret | {"title": "CANARY"})).status_code == 201

        found = (await amina.get("/family")).json()
        assert found["requests"] == []
        assert {(c["category"], c["state"]) for c in found["consents"]} == {("health", "given"), ("family", "refused")}
        (case,) = found["items"]
        assert case["child"]["first_name"] == "Leila"
        assert [t["title"] for t in case["actions"]] == ["Picture cards"]
        assert {(p["agency"], p["active"]) for p in case["people"]} == {
            ("Northshire Community Health", True), ("Northshire Children's Services", False),
        }  # fmt: skip
        assert (await daniel.get("/family")).json() == {
        "items": [], "next": None, "requests": [], "consents": [], "services": [], "by_law": [],
    }  # fmt: skip

        async with db.admin() as admin:
            await admin.execute(
                """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at)
                   SELECT gen_random_uuid(), pupil_id, person_id, 'court_order', now() FROM carer WHERE id = $1""",
                carer(AMINA),
            )
        assert (await amina.get("/family")).json() == {
        "items": [], "next": None, "requests": [], "consents": [], "services": [], "by_law": [],
    }  # fmt: skip


async def test_asked_again_the_newest_answer_stands_once(db):
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        amina = await sign_in(client, AMINA)
        await answer(amina, await story.ask(AMINA, (HEALTH, ["health"])), health="refused")
        second = await story.ask(AMINA, (HEALTH, ["health"]))
        found = (await amina.get("/family")).json()
        assert [c["state"] for c in found["consents"]] == ["refused"]
        assert [r["id"] for r in found["requests"]] == [second["id"]]
        await answer(amina, second, health="given")
        found = (await amina.get("/family")).json()
        assert [(c["state"], c["request_id"]) for c in found["consents"]] == [("given", second["id"])]
        assert found["requests"] == []
