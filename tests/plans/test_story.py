"""Plans are made from a case, opened by whoever may read all of it, and by nobody else, also later."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from ecm.errors import NotFound
from ecm.plans import commands
from ecm.plans.document import PlanDocument
from ecm.plans.schemas import NewPlan
from tests.client import application
from tests.journeys.story import Story, begin
from tests.plans.samples import text_of

SENCO, DSL, NURSE = "senco", "dsl", "nurse"


OPEN_MEANWHILE = """
SELECT (SELECT status FROM plan), count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'ecm_app' AND state LIKE 'idle in transaction%'
"""


async def listed(story: Story, name: str) -> dict[str, dict[str, Any]]:
    """The plans as this reader finds them, by id."""
    answer = await (await story.who(name)).get(f"{story.path}/plans")
    return {each["id"]: each for each in answer.json()["items"]}


async def make(
    story: Story, name: str, plan_type: str = "sen_support", audience: str = "professionals"
) -> dict[str, Any]:
    return await story.do(name, f"{story.path}/plans", plan_type=plan_type, audience=audience)


async def words(story: Story, name: str, plan: str) -> str:
    answer = await (await story.who(name)).get(f"/plans/{plan}/document")
    assert answer.status_code == 200, (name, answer.text)
    return text_of(answer.content)


async def test_only_who_may_read_everything_in_it_opens_a_plan(db):
    async with application() as client:
        story = await begin(client, ())
        await story.note(DSL, "safeguarding", "CANARY-SAFE")
        await story.note(SENCO, "education", "CANARY-EDU")
        plan, family = await make(story, SENCO, "early_help"), await make(story, SENCO, audience="family")
        assert set(family["categories"]) <= {"core", "classroom", "education"}
        assert "the answers are not in this plan" in await words(story, SENCO, family["id"])
        timeline = (await (await story.who(SENCO)).see(f"/cases/{story.reference}/timeline")).text
        for title in ("SEN support plan made for the family", "Early help plan made for professionals"):
            assert title in timeline
        assert plan["status"] == "ready"
        document = await (await story.who(SENCO)).get(f"/plans/{plan['id']}/document")
        assert sha256(document.content).hexdigest() == plan["sha256"]
        text = text_of(document.content)
        assert "CANARY-EDU" in text
        assert "CANARY-SAFE" not in text
        name = document.headers["content-disposition"]
        assert f"early-help-{story.reference}-professionals-1.pdf" in name
        stranger = await story.who("stranger")
        for path in (f"/plans/{plan['id']}", f"/plans/{plan['id']}/document"):
            assert (await stranger.get(path)).status_code == 404
        assert list(await listed(story, DSL)) == [family["id"], plan["id"]]


async def test_versions_follow_each_other_and_their_numbers_tell_nothing_hidden(db, monkeypatch: pytest.MonkeyPatch):
    drawn: list[PlanDocument] = []

    async def render(document: PlanDocument) -> bytes:
        drawn.append(document)
        return b"%PDF-" + document.number.to_bytes(2)

    monkeypatch.setattr(commands.RENDERER, "render", render)
    async with application() as client:
        story = await begin(client, ("community-health",))
        await story.agree()
        first = await make(story, SENCO)
        again = await make(story, SENCO)
        assert (again["id"], again["unchanged"], len(drawn)) == (first["id"], True, 1), (
            "the same words are not drawn twice"
        )
        await (await story.who(SENCO)).get(f"/plans/{first['id']}/document")

        await story.note(NURSE, "health", "Ring before visiting.")
        hidden = await make(story, NURSE)
        assert set(hidden["categories"]) - set(first["categories"]) == {"health"}
        await story.act(SENCO, "education", "Move her place", "oakfield")
        second = await make(story, SENCO)
        assert (first["number"], second["number"]) == (1, 2), "what the nurse made is not counted"
        assert hidden["number"] == 2, "it counts what all its readers may open"
        history = drawn[-1].history
        assert history is not None
        assert [(each.what, each.text) for each in history.changes] == [("New action", "Move her place")]
        assert [(each.agency, each.number) for each in history.copies] == [("Oakfield Primary School", 1)]

        seen = await listed(story, SENCO)
        assert {key: each["status"] for key, each in seen.items()} == {first["id"]: "superseded", second["id"]: "ready"}
        assert (await (await story.who(SENCO)).get(f"/plans/{first['id']}/document")).status_code == 200
        assert [each["status"] for each in (await listed(story, NURSE)).values()] == ["ready", "ready", "superseded"], (
            "a narrower one does not replace a fuller one"
        )
        assert seen[first["id"]]["saved_by"] == ["Oakfield Primary School"]
        async with db.admin() as admin:
            kept = json.loads(await admin.fetchval("SELECT snapshot FROM plan WHERE id = $1", second["id"]))
        assert [each["title"] for each in kept["actions"]] == ["Move her place"]
        assert (await make(story, SENCO, "early_help"))["number"] == 1, "each kind counts for itself"


async def test_no_transaction_waits_for_a_drawing_and_a_repeated_call_draws_nothing(
    db, monkeypatch: pytest.MonkeyPatch
):
    waiting: list[tuple[str, int]] = []

    async def render(_: PlanDocument) -> bytes:
        async with db.admin() as admin:
            waiting.append(tuple(await admin.fetchrow(OPEN_MEANWHILE)))
        return b"%PDF-"

    monkeypatch.setattr(commands.RENDERER, "render", render)
    async with application() as client:
        story = await begin(client, ())
        senco, body = await story.who(SENCO), {"plan_type": "sen_support", "audience": "family"}
        made, again = [
            (await senco.post(f"{story.path}/plans", body, **{"Idempotency-Key": "one"})).json() for _ in range(2)
        ]
        assert (made["status"], again["status"], made["id"]) == ("ready", "ready", again["id"])
        assert waiting == [("preparing", 0)]


async def test_a_plan_is_withheld_when_a_yes_behind_it_is_gone_and_its_reader_gets_a_copy_of_what_is_left(db):
    async with application() as client:
        story = await begin(client, ("community-health",))
        await story.agree()
        await story.note(NURSE, "health", "CANARY-HEALTH")
        plan = await make(story, NURSE)
        assert "Finds it hard to follow" in await words(story, NURSE, plan["id"])
        place = f"/consents/{story.proposals['community-health', 'education']}/withdrawal"
        await story.do("amina", place, channel="online")

        assert (await listed(story, NURSE))[plan["id"]]["status"] == "withheld"
        nurse, therapist = await story.who(NURSE), await story.who("therapist")
        assert (await nurse.get(f"/plans/{plan['id']}")).json()["status"] == "withheld"
        assert (await nurse.get(f"/plans/{plan['id']}/document")).status_code == 403
        assert await listed(story, "therapist") == {}, "who never had it in the hand is not told of it"
        assert (await therapist.get(f"/plans/{plan['id']}")).status_code == 404

        copy = await therapist.post(f"{story.path}/plan-copies", {})
        left = text_of(copy.content)
        assert "CANARY-HEALTH" in left
        assert "Finds it hard to follow" not in left
        assert "a copy of what its reader may see on" in left
        own = text_of(
            (await (await story.who("amina")).post(f"{story.path}/plan-copies", {"plan_type": "early_help"})).content
        )
        assert "Copy for the family" in own
        assert "CANARY-HEALTH" not in own
        assert "This is what you agreed to: Who What they can see Northshire Community Health Health" in own
        assert (await (await story.who("stranger")).post(f"{story.path}/plan-copies", {})).status_code == 404
        none = await therapist.post(f"{story.path}/plan-copies", {"plan_type": "review_report"})
        assert none.status_code == 422, "there is no review yet"
        async with db.admin() as admin:
            said = "SELECT entry ->> 'role' FROM audit_event WHERE event = 'plan:copied' AND case_id = $1 ORDER BY id"
            assert [row[0] for row in await admin.fetch(said, story.case_id)] == ["manager", None]


async def test_a_one_page_profile_holds_what_helps_in_class_and_nothing_else(db):
    async with application() as client:
        story = await begin(client, ())
        await story.note(SENCO, "education", "CANARY-NOTE")
        barrier = {"code": "SE05", "how_identified": "records", "detail": "CANARY-DETAIL"}
        await story.do(SENCO, f"{story.path}/barriers", category="classroom", **barrier)
        plan = await make(story, SENCO, "one_page_profile", "family")
        assert plan["categories"] == ["classroom", "core"]
        text = await words(story, SENCO, plan["id"])
        assert "Page 1 of 1" in text
        assert "What helps me" in text
        assert "CANARY-NOTE" not in text
        assert "Finds it hard to follow" not in text


async def test_a_plan_whose_server_died_says_so_by_itself_and_is_made_again(db, monkeypatch: pytest.MonkeyPatch):
    async def render(_: PlanDocument) -> bytes:
        return b"%PDF-"

    monkeypatch.setattr(commands.RENDERER, "render", render)
    async with application() as client:
        story = await begin(client, ())
        maker = await db.act_as("senco@oakfield.example")
        new = NewPlan(plan_type="sen_support", audience="professionals")
        left = await commands.begin_plan(maker, UUID(story.case_id), new)
        await db.put_clock_forward(timedelta(minutes=14))
        assert (await listed(story, SENCO))[str(left["id"])]["status"] == "preparing"
        await db.put_clock_forward(timedelta(minutes=15))
        assert (await listed(story, SENCO))[str(left["id"])]["status"] == "failed"
        assert "Make it again." in (await (await story.who(SENCO)).see(f"/cases/{story.reference}/plans")).text
        with pytest.raises(NotFound):
            await commands.finish_plan(maker, left)
        again = await make(story, SENCO)
        assert (again["status"], again["number"]) == ("ready", 2)
        assert (await (await story.who(SENCO)).get(f"/plans/{left['id']}/document")).status_code == 404
