"""Nothing leads to a case whom it is closed to: no letter that names it, nothing on Home; and everybody else is told."""

from typing import Any

from ecm.home.queries import home
from tests.client import application
from tests.denials.test_story import LEILA, seat, working
from tests.grounds.story import LAW, TOLD
from tests.journeys.story import EMAILS, Story


async def told(story: Story, subject: str) -> set[str]:
    """Who has got a letter about this."""
    short = {address: name for name, address in EMAILS.items()}
    letters = (await story.client.get("/demo/outbox.json")).json()
    assert not any("Leila" in each["text"] + each["subject"] for each in letters)
    return {short[each["to"]] for each in letters if subject in each["subject"]}


async def things(db: Any, name: str) -> tuple[set[str], list[Any]]:
    """What Home asks of somebody, and the cases it names."""
    found = await home(await db.act_as(EMAILS[name]))
    return {need.kind for need in found["needs"]}, found["recent"]


async def test_letters_and_home_know_what_is_closed_to_whom(db: Any) -> None:
    async with application() as client:
        story = await working(client)
        await story.join("family-hub")
        for name in ("social_worker", "senco", "dsl"):
            await (await story.who(name)).see(f"/cases/{story.reference}")
        await story.note("dsl", "education", "News for everybody who was there before.")
        before = [await things(db, name) for name in ("social_worker", "senco")]
        assert all("contributions" in needs and recent for needs, recent in before)

        # The social worker's manager says it of him; the SENCO, who leads the case, says it of herself.
        theirs = {"kind": "neighbour", "worker_id": seat("social_worker")}
        conflict = await story.do("manager", f"/pupils/{LEILA}/conflicts", **theirs)
        assert await told(story, "conflict of interest") == set()  # her own doing; nobody else there looks after them
        law = await story.do("dsl", f"{story.path}/sharing-grounds", **LAW, **TOLD)
        await story.do("senco", f"/pupils/{LEILA}/conflicts", kind="own_family")
        assert await told(story, "conflict of interest") == {"officer"}
        assert [await things(db, name) for name in ("social_worker", "senco")] == [(set(), []), (set(), [])]
        await story.do("amina", f"/sharing-grounds/{law['id']}/objection", text="Nobody asked me.")
        assert await told(story, "objects") == {"dsl"}

        # One is not named and one is too close: only who works on it and is named learns which case has ended.
        named = {"reason_code": "publicity", "named": [seat("dsl"), seat("nurse")]}
        await story.do("dsl", f"{story.path}/restriction", **named)
        ended = await story.do("dsl", f"{story.path}/closure", outcome="outcomes_met", reason="All is well now.")
        assert ended["status"] == "closed"
        assert await told(story, "was closed") == {"nurse"}
        assert await told(story, "taken back") == {"family_worker"}
        assert (await (await story.who("manager")).post(f"/conflicts/{conflict['id']}/ending")).status_code == 201
