"""A question outlives new names, and is put again by the school that takes the case over; what was read stays exact."""

from typing import Any

from ecm.consent import links
from ecm.home.queries import home
from ecm.moves.handover import offer_case, take_case
from ecm.moves.schemas import Offer, Taking
from ecm.seeds import known
from tests.client import application, sign_in
from tests.consent.phone import Phone, link_of
from tests.consent.story import AMINA, CARE, HEALTH, NURSE, SENCO, answer, messages, open_story
from tests.consent.test_links import opened
from tests.moves.story import HILL, HILL_SEAT, OFFER

RENAMED = """
UPDATE agency SET name = 'Northshire Health Trust' WHERE name = 'Northshire Community Health';
UPDATE agency SET name = 'Oakfield Academy' WHERE name = 'Oakfield Primary School';
UPDATE person SET name = 'Grace Bell' WHERE name = 'Grace Okafor';
UPDATE pupil SET preferred_name = 'Lee' WHERE first_name = 'Leila';
"""


async def said(db: Any, request_id: str) -> list[tuple[str, bool]]:
    """What was said to a request, and whether it was said to exactly the text that was asked."""
    async with db.admin() as admin:
        rows = await admin.fetch(
            """SELECT e.kind, e.wording_hash = r.wording_hash FROM consent_event e JOIN consent_proposal p ON p.id = e.proposal_id
               JOIN consent_request r ON r.id = p.request_id WHERE r.id = $1 ORDER BY e.number""",
            request_id,
        )
        return [tuple(row) for row in rows]


async def test_new_names_are_told_beside_the_same_text_and_the_question_stays_open(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        phone = Phone(client)
        base = await opened(phone, link_of((await messages(client))[0]))
        await phone.get(f"{base}/who")
        before = phone.words
        assert "is now called" not in before
        async with db.admin() as admin:
            await admin.execute(RENAMED)

        assert (await phone.get(f"{base}/who")).status_code == 200
        told = [f"Since this was written: {old} is now called {new}." for old, new in (
            ("Grace Okafor", "Grace Bell"), ("Oakfield Primary School", "Oakfield Academy"),
            ("Northshire Community Health", "Northshire Health Trust"),
        )]  # fmt: skip
        assert phone.words.replace(" ".join(told) + " ", "") == before
        await phone.get(base)
        assert "Lee" not in phone.words.split()  # her new name is hers to tell
        await phone.get(f"{base}/questions")
        proposal = asked["proposals"][0]["id"]
        yes = {"answers.0.question": proposal, "answers.0.say": "yes", "answers.0.kinds": proposal}
        assert (await phone.send(f"{base}/check", **yes)).status_code == 200
        assert (await phone.send(f"{base}/answers", **yes)).status_code == 303
        assert await story.states() == {("Amina Yusuf", "education"): "given"}
        assert await said(db, asked["id"]) == [("requested", True), ("given", True)]

        await phone.get(f"{base}/receipt")
        assert told[2] in phone.words
        async with db.admin() as admin:  # the text is proven, not believed: other words than were asked are not shown
            await admin.execute("UPDATE consent_request SET asker_name = 'Somebody else' WHERE id = $1", asked["id"])
        assert (await phone.get(f"{base}/receipt")).status_code == 422
        assert "Ask the school to send it again" in phone.words
        assert "Somebody else" not in phone.page


async def test_the_next_school_asks_again_by_itself_and_no_yes_names_the_one_before(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        await story.invite(CARE)
        asked = await story.ask(AMINA, (HEALTH, ["education", "health", "family"]), (CARE, ["family"]), how="link")
        by_service = {(p["agency"]["id"], p["category"]): p["id"] for p in asked["proposals"]}
        first, amina = Phone(client), await sign_in(client, AMINA)
        base = await opened(first, link_of((await messages(client))[0]))
        assert (await answer(amina, asked, education="given")).status_code == 201

        offer = await offer_case(await db.act_as(SENCO), story.reference, Offer(**OFFER))
        hill_actor = await db.act_as(HILL)
        await take_case(hill_actor, offer["id"], Taking(lead_practitioner_id=HILL_SEAT))
        hill = await sign_in(client, HILL)
        waiting = (await hill.get("/consent-requests?limit=100")).json()["items"]
        again = waiting[0]
        assert [r["id"] for r in waiting] == [again["id"], asked["id"]]
        assert {(p["agency"]["id"], p["category"]) for p in again["proposals"]} == by_service.keys() - {
            (HEALTH, "education")
        }

        async with db.admin() as admin:
            await admin.execute("UPDATE consent_request SET asked_at = asked_at - interval '8 days'")
        needs = [str(each.subject) for each in (await home(hill_actor))["needs"] if each.kind == "consent"]
        assert needs == [again["id"]]

        # The old question: read as it was, no yes any more, a no still; and what was said to it can be taken back.
        await first.get(f"{base}/receipt")
        assert "Hillside" in first.words
        assert "Change my mind" in first.words
        assert "Answer now" not in first.words
        assert (await first.get(f"{base}/questions")).headers["location"] == f"{base}/receipt"
        refused = await answer(amina, asked, health="given")
        assert (refused.status_code, "names a school that does not have the case" in refused.text) == (422, True)
        no = {"channel": "online", "decisions": [{"proposal_id": by_service[CARE, "family"], "decision": "refused"}]}
        assert (await amina.post(f"/consent-requests/{asked['id']}/answers", no)).status_code == 201

        # The new one: a letter, a link, the new school's words, and a yes that opens the case.
        phone = Phone(client)
        link = link_of(next(m for m in await messages(client) if m["to"] == AMINA and "/consent/" in m["text"]))
        new_base = await opened(phone, link)
        assert new_base == f"/answer/{again['id']}"
        await phone.get(f"{new_base}/who")
        assert "at Hillside" in phone.words
        assert "Oakfield" not in phone.words
        family = (await amina.get("/family")).json()
        assert [r["id"] for r in family["requests"]] == [again["id"]]
        assert "health" not in await story.categories(nurse)
        assert (await answer(amina, again, health="given")).status_code == 201
        assert {"education", "health"} <= await story.categories(nurse)
        assert (
            await amina.post(f"/consents/{by_service[HEALTH, 'education']}/withdrawal", {"channel": "online"})
        ).status_code == 201
        assert "education" not in await story.categories(nurse)
        assert {matches for _, matches in await said(db, again["id"]) + await said(db, asked["id"])} == {True}
    async with db.admin() as admin:
        asked_by = await admin.fetchval("SELECT asked_by_membership_id FROM consent_request WHERE id = $1", again["id"])
        assert asked_by == known(f"seat {HILL}")
