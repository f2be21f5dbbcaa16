"""A case at Oakfield that Hillside could take over: a partner on it, a parent who sees it, and what the school wrote."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from ecm.cases.commands import admit_carer, write_note
from ecm.cases.schemas import Admission, NewNote
from ecm.clock import today
from ecm.moves.commands import end_enrolments
from ecm.moves.handover import offer_case
from ecm.moves.schemas import Leaving, Offer
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, Story, action, bring_in, open_story
from tests.client import application, sign_in

HILL, HILLSIDE = "senco@hillside.example", known("hillside")
HILL_SEAT = known(f"seat {HILL}")
DSL, AMINA, TEACHER = "dsl@oakfield.example", "amina.yusuf@home.example", "teacher@oakfield.example"
LEILA = known("pupil Leila Reid")
OLD_WORDS, NEW_WORDS = "She hears better in front.", "She has settled in at the new school."
OFFER = {
    "to_school_id": str(HILLSIDE), "joins_on": today().isoformat(), "reason_code": "changed_school",
    "family_told": "in_person", "wishes": ["please_ring"],
}  # fmt: skip


async def working_case(db: Any) -> Story:
    """The nurse works on it with a yes to learning; Amina sees it; the school wrote a note; each school has an action."""
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    admission = Admission(carer_id=known(f"carer {AMINA}"), authority_seen=True, safe_to_share=True)
    await admit_carer(story.senco, story.case_id, admission)
    await write_note(story.senco, story.case_id, NewNote(category="education", text=OLD_WORDS))
    async with application() as client:
        senco, dsl = await sign_in(client, SENCO), await sign_in(client, DSL)
        await senco.post(f"/cases/{story.case_id}/actions", action())
        await senco.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, title="Move her seat"))
        await dsl.post(f"/cases/{story.case_id}/actions", action(OAKFIELD, category="safeguarding", title="Watch"))
    return story


async def leave(actor: Any, days: int, *pupils: UUID, **cases: Any) -> UUID:
    """The pupil's last day is so many days from today; their cases are kept till then. The departure."""
    answers = dict.fromkeys(cases.get("cases", ()), "keep")
    leaving = Leaving(last_on=today() + timedelta(days=days), destination="unknown", cases=answers)
    return (await end_enrolments(actor, list(pupils or (LEILA,)), leaving))[0]


async def offered(story: Story, **other: Any) -> UUID:
    """The case, offered to Hillside."""
    return (await offer_case(story.senco, story.case_id, Offer(**OFFER | other)))["id"]
