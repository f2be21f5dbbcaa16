"""What the tests of sharing without consent begin with: bodies that are sound, an agency that accepted, a parent let in."""

from datetime import timedelta
from typing import Any

from ecm.cases.commands import admit_carer
from ecm.cases.schemas import Admission
from ecm.clock import today
from ecm.involvements.commands import accept_invitation, invite_agency
from ecm.involvements.schemas import Acceptance, Invitation
from ecm.seeds import known
from tests.actions.story import HEALTH, Story

DSL, DPO, TEACHER = "dsl@oakfield.example", "dpo@oakfield.example", "teacher@oakfield.example"
AMINA, DANIEL = "amina.yusuf@home.example", "daniel.reid@home.example"
SOCIAL, MANAGER = "social.worker@childrens-services.example", "manager@childrens-services.example"
CARE, SAFE = known("childrens-services"), known("safe-haven")
SOON = (today() + timedelta(days=10)).isoformat()
LAW = {"basis": "statutory", "code": "ca1989_s17", "agency_id": str(CARE), "categories": ["education"]}
TOLD = {"told_on": today().isoformat(), "told_carer_ids": [str(known(f"carer {AMINA}"))]}
NOT_TOLD = {"not_told_code": "puts_at_risk", "revisit_on": SOON}
OVERRIDE = {
    "basis": "override", "code": "dpa2018_safeguarding", "agency_id": str(CARE), "categories": ["education", "safeguarding"],
    "reason": "She said what happens at home.", "consulted": "The social care helpline.", "until_on": SOON,
}  # fmt: skip
SERVICE = {
    "basis": "service_agreement", "code": "treatment", "agency_id": str(HEALTH), "categories": ["education"],
    "carer_id": str(known(f"carer {AMINA}")), "channel": "phone",
}  # fmt: skip


async def join(db: Any, story: Story, email: str, agency: Any) -> None:
    """An agency is asked and accepts; nobody asked the family."""
    asked = Invitation(agency_id=agency, reason_code="advice", categories=["education"])
    involvement = (await invite_agency(story.senco, story.case_id, asked))["id"]
    await accept_invitation(await db.act_as(email), involvement, Acceptance())


async def let_in(story: Story, *emails: str) -> None:
    """Parents see the case."""
    for each in emails:
        admission = Admission(carer_id=known(f"carer {each}"), authority_seen=True, safe_to_share=True)
        await admit_carer(story.senco, story.case_id, admission)
