"""Asking, answering both ways, and taking back, through the API: what is agreed is what is seen, at once."""

import asyncio
from datetime import datetime, timedelta

from tests.client import application, sign_in
from tests.consent.story import (
    AMINA,
    CARE,
    DANIEL,
    FAMILY_WORKER,
    HEALTH,
    HUB,
    NURSE,
    SENCO,
    SOCIAL,
    STRANGER,
    answer,
    carer,
    open_story,
)


async def test_in_person_with_a_witness_then_withdrawn_and_the_partners_next_request_shows_it(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        assert await story.categories(nurse) == set()
        asked = await story.ask(AMINA, (HEALTH, ["education", "health"]))
        assert asked["status"] == "requested"
        assert await story.states() == {
            ("Amina Yusuf", "education"): "requested",
            ("Amina Yusuf", "health"): "requested",
        }
        assert await story.categories(nurse) == set()

        alone = {
            "channel": "in_person",
            "decisions": [{"proposal_id": asked["proposals"][0]["id"], "decision": "given"}],
        }
        refused = await story.senco.post(f"/consent-requests/{asked['id']}/answers", alone)
        assert {e["field"] for e in refused.json()["errors"]} == {"witness", "given_by"}
        online = await answer(story.senco, asked, channel="online", education="given")
        assert online.status_code == 422
        told = await answer(story.senco, asked, channel="in_person", education="given", health="refused")
        assert told.status_code == 201, told.text
        assert told.json()["status"] == "answered"
        assert await story.categories(nurse) == {"core", "education"}
        given = next(
            c for c in (await nurse.get(f"{story.path}/consents")).json()["items"] if c["category"] == "education"
        )
        assert (given["state"], given["carer"]) == ("given", None)
        assert (await answer(story.senco, asked, channel="phone", health="given")).status_code == 422

        back = await story.senco.post(f"/consents/{given['id']}/withdrawal", {"channel": "phone"})
        assert (back.status_code, back.json()["state"]) == (201, "withdrawn"), back.text
        for path in ("", "/consents"):
            assert (await nurse.get(f"{story.path}{path}")).status_code == 404
        assert (await story.senco.post(f"/consents/{given['id']}/withdrawal", {"channel": "phone"})).status_code == 422
        async with db.admin() as admin:
            kept = await admin.fetch(
                "SELECT kind, channel, witness, given_by, until_at - at AS lasts FROM consent_event ORDER BY number"
            )
        assert [row["kind"] for row in kept] == ["requested", "requested", "given", "refused", "withdrawn"]
        assert (kept[2]["witness"], kept[2]["given_by"]) == ("Martin Hale, safeguarding lead", "Amina Yusuf")
        assert timedelta(days=365) <= kept[2]["lasts"] <= timedelta(days=366)
        assert kept[4]["witness"] == "Grace Okafor"


async def test_online_a_no_beats_the_other_parents_yes_and_neither_sees_the_other(db):
    async with application() as client:
        story = await open_story(client)
        worker = await story.join(SOCIAL, CARE, categories=["family"])
        amina, daniel = await sign_in(client, AMINA), await sign_in(client, DANIEL)
        hers, his = await story.ask(AMINA, (CARE, ["family"])), await story.ask(DANIEL, (CARE, ["family"]))
        assert [r["id"] for r in (await amina.get("/consent-requests")).json()["items"]] == [hers["id"]]
        assert (await answer(daniel, hers, family="refused")).status_code == 404
        assert (await answer(amina, hers, channel="in_person", family="given")).status_code == 422
        assert (await answer(amina, hers, family="given")).status_code == 201
        assert await story.categories(worker) == {"core", "family"}

        before = (await amina.get(f"{story.path}/consents")).content
        assert (await answer(daniel, his, family="refused")).status_code == 201
        assert await story.categories(worker) == set()
        assert await story.states() == {("Amina Yusuf", "family"): "paused", ("Daniel Reid", "family"): "refused"}
        assert (await amina.get(f"{story.path}/consents")).content == before
        assert await story.states(daniel) == {("Daniel Reid", "family"): "refused"}
        seen = (await daniel.get("/family")).text + (await daniel.get("/consent-requests")).text
        assert "Daniel Reid" in seen
        assert "Amina" not in seen

        again = await story.ask(DANIEL, (CARE, ["family"]))
        assert await story.categories(worker) == set()
        assert (await answer(daniel, again, family="given")).status_code == 201
        assert await story.categories(worker) == {"core", "family"}
        hers_now = hers["proposals"][0]["id"]
        assert (await daniel.post(f"/consents/{hers_now}/withdrawal", {"channel": "online"})).status_code == 404
        assert (await amina.post(f"/consents/{hers_now}/withdrawal", {"channel": "online"})).status_code == 201
        assert await story.categories(worker) == set()


async def test_two_answers_at_once_are_one_answer(db):
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        amina = await sign_in(client, AMINA)
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        both = await asyncio.gather(
            answer(amina, asked, education="refused"), answer(story.senco, asked, channel="phone", education="given")
        )
        assert sorted(each.status_code for each in both) == [201, 422]
        word = "refused" if both[0].status_code == 201 else "given"
        assert await story.states() == {("Amina Yusuf", "education"): word}


async def test_a_yes_ends_after_twelve_months_without_anybody_doing_anything(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        await answer(story.senco, asked, channel="paper", education="given")
        await db.put_clock_forward(timedelta(days=364))
        story = type(story)(client, await sign_in(client, SENCO), story.case_id, story.reference)
        nurse = await sign_in(client, NURSE)
        assert await story.categories(nurse) == {"core", "education"}
        await db.put_clock_forward(timedelta(days=366))
        story = type(story)(client, await sign_in(client, SENCO), story.case_id, story.reference)
        nurse = await sign_in(client, NURSE)
        assert await story.categories(nurse) == set()
        assert await story.states() == {("Amina Yusuf", "education"): "expired"}


async def test_only_whoever_keeps_the_case_asks_and_only_whom_and_about_whom_they_may(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        body = {
            "carer_id": carer(AMINA),
            "proposals": [{"agency_id": HEALTH, "categories": ["education"], "purpose": "support"}],
        }
        for email, status in ((STRANGER, 404), (NURSE, 404), (AMINA, 404), (FAMILY_WORKER, 404)):
            person = await sign_in(client, email)
            assert (await person.post(f"{story.path}/consent-requests", body)).status_code == status, email
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        await answer(story.senco, asked, channel="in_person", education="given")
        assert (await nurse.post(f"{story.path}/consent-requests", body)).status_code == 403
        assert (await answer(nurse, asked, channel="in_person", education="refused")).status_code == 404
        proposal = asked["proposals"][0]["id"]
        assert (await nurse.post(f"/consents/{proposal}/withdrawal", {"channel": "phone"})).status_code == 403

        other = dict(body["proposals"][0], agency_id=HUB)
        refused = await story.senco.post(f"{story.path}/consent-requests", body | {"proposals": [other]})
        assert refused.json()["errors"][0]["field"] == "proposals.0.agency_id"
        async with db.admin() as admin:
            await admin.execute("UPDATE carer SET authority_verified_at = NULL WHERE id = $1", carer(DANIEL))
        unseen = await story.senco.post(f"{story.path}/consent-requests", body | {"carer_id": carer(DANIEL)})
        assert "parental responsibility" in unseen.json()["errors"][0]["message"]
        stranger = await story.senco.post(f"{story.path}/consent-requests", body | {"carer_id": HEALTH})
        async with db.admin() as admin:
            await admin.execute(
                "INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at) SELECT gen_random_uuid(), pupil_id, person_id, 'court_order', now() FROM carer WHERE id = $1",
                carer(AMINA),
            )
        barred = await story.senco.post(f"{story.path}/consent-requests", body)
        assert barred.status_code == stranger.status_code == 422
        assert barred.json() == stranger.json()


async def test_a_barred_carer_has_lost_their_questions_and_answers(db):
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        amina = await sign_in(client, AMINA)
        assert len((await amina.get("/consent-requests")).json()["items"]) == 1
        async with db.admin() as admin:
            await admin.execute(
                "INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at) SELECT gen_random_uuid(), pupil_id, person_id, 'court_order', now() FROM carer WHERE id = $1",
                carer(AMINA),
            )
        assert (await amina.get("/consent-requests")).json()["items"] == []
        assert (await amina.get(f"{story.path}/consents")).status_code == 404
        assert (await answer(amina, asked, education="given")).status_code == 404
        assert (await amina.get("/family")).json()["requests"] == []


async def test_from_sixteen_on_no_carer_is_asked_and_a_yes_given_before_ends_that_day(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE pupil SET date_of_birth = (now() - interval '16 years' + interval '10 days')::date WHERE first_name = 'Leila'"
            )
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        await answer(story.senco, asked, channel="in_person", education="given")
        item = (await story.senco.get(f"{story.path}/consents")).json()["items"][0]
        assert datetime.fromisoformat(item["until"]) - datetime.fromisoformat(item["since"]) <= timedelta(days=10)
        assert await story.categories(nurse) == {"core", "education"}
        await db.put_clock_forward(timedelta(days=11))
        senco, nurse = await sign_in(client, SENCO), await sign_in(client, NURSE)
        story = type(story)(client, senco, story.case_id, story.reference)
        assert await story.states() == {("Amina Yusuf", "education"): "expired"}
        assert await story.categories(nurse) == set()
        body = {
            "carer_id": carer(AMINA),
            "proposals": [{"agency_id": HEALTH, "categories": ["health"], "purpose": "support"}],
        }
        refused = await senco.post(f"{story.path}/consent-requests", body)
        assert "16 or older" in refused.json()["errors"][0]["message"]
