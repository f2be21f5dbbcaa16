"""A review: what each reader gets of it, who may add to it, and what it moves."""

from datetime import timedelta
from uuid import UUID

import pytest

from ecm.clock import today
from ecm.errors import NotFound, Refused
from ecm.reviews.commands import join_review
from ecm.reviews.schemas import NewContribution
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story
from tests.client import application, sign_in

NEXT = today() + timedelta(days=60)


def review(*contributions: tuple[str, str], **other: object) -> dict[str, object]:
    """The body of a review, sound as it stands."""
    said = [{"category": category, "text": text} for category, text in contributions]
    return {"held_on": today().isoformat(), "contributions": said, "next_review_on": NEXT.isoformat()} | other


async def test_everybody_reads_of_a_review_what_they_may_see_and_partners_add_their_part(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    path = f"/cases/{story.case_id}"
    async with application() as client:
        senco, nurse, dsl, stranger = [
            await sign_in(client, each) for each in (SENCO, NURSE, "dsl@oakfield.example", "senco@hillside.example")
        ]
        body = review(("education", "She reads aloud now."), ("family", "Home is calmer."))
        assert (await nurse.post(f"{path}/reviews", body)).status_code == 403
        assert (await stranger.post(f"{path}/reviews", body)).status_code == 404
        made = await senco.post(f"{path}/reviews", body, **{"Idempotency-Key": "one"})
        again = await senco.post(f"{path}/reviews", body, **{"Idempotency-Key": "one"})
        assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
        case = (await senco.get(path)).json()
        assert case["next_review_on"] == NEXT.isoformat()
        assert [each["category"] for each in case["reviews"][0]["contributions"]] == ["education", "family"]
        seen = (await nurse.get(path)).json()["reviews"][0]
        assert [each["text"] for each in seen["contributions"]] == ["She reads aloud now."]

        actor = await db.act_as(NURSE)
        health = [NewContribution(category="health", text="Hears well with both ears.")]
        await join_review(actor, UUID(made.json()["id"]), health)
        assert [each["category"] for each in (await nurse.get(path)).json()["reviews"][0]["contributions"]] == [
            "education", "health",
        ]  # fmt: skip
        for reader in (senco, dsl):
            shown = (await reader.get(path)).json()["reviews"][0]["contributions"]
            assert "Hears well with both ears." not in [each["text"] for each in shown]
        for who, error in ((NURSE, Refused), ("senco@hillside.example", NotFound)):
            said = [NewContribution(category="safeguarding", text="x")]
            with pytest.raises(error):
                await join_review(await db.act_as(who), UUID(made.json()["id"]), said)


async def test_a_review_that_makes_no_sense_is_refused_and_nothing_is_written(db):
    story = await open_story(db)
    tomorrow, yesterday = (today() + timedelta(days=n) for n in (1, -1))
    some = ("education", "x")
    wrong = {
        "held_on": [review(some, held_on=tomorrow.isoformat()), review(some, held_on="0001-01-01")],
        "next_review_on": [review(some, next_review_on=each) for each in (yesterday.isoformat(), "9999-12-31")],
        "contributions": [review()],
        "contributions.0.category": [review(("core", "x")), review(("safeguarding", "x"))],
        "contributions.0.text": [review(("education", "")), review(("education", "a\u202eb")), review(("education", "x" * 5001))],
        "more": [review(some, more="x")],
    }  # fmt: skip
    async with application() as client:
        senco = await sign_in(client, SENCO)
        for field, bodies in wrong.items():
            for body in bodies:
                answer = await senco.post(f"/cases/{story.case_id}/reviews", body)
                assert answer.status_code == 422, (field, answer.text)
                assert [each["field"] for each in answer.json()["errors"]] == [field], answer.text
        case = (await senco.get(f"/cases/{story.case_id}")).json()
        assert (case["reviews"], case["next_review_on"]) == ([], None)
        ends = await senco.post(f"/cases/{story.case_id}/reviews", review(some, next_review_on=None))
        assert ends.status_code == 201
