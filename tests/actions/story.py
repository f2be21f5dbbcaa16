"""A case with a partner on it, for the tests of this folder, made by the commands that people use."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from ecm.cases.commands import open_case
from ecm.cases.schemas import NewCase
from ecm.clock import today
from ecm.consent.commands import answer_consent, ask_consent, withdraw_consent
from ecm.consent.schemas import Answers, Asking, NewDecision, NewProposal, Withdrawing
from ecm.database import Actor
from ecm.involvements.commands import accept_invitation, invite_agency
from ecm.involvements.schemas import Acceptance, Invitation
from ecm.seeds import known

SENCO = "senco@oakfield.example"
NURSE = "nurse@community-health.example"
THERAPIST = "therapist@community-health.example"
OAKFIELD = known("oakfield")
HEALTH = known("community-health")


@dataclass(frozen=True, slots=True)
class Story:
    """One open case; `proposals` are those the family agreed to."""

    case_id: UUID
    reference: str
    senco: Actor
    proposals: dict[str, UUID]


async def open_story(db: Any, pupil: str = "Leila Reid") -> Story:
    """The SENCO opens a case; nobody else is on it."""
    senco = await db.act_as(SENCO)
    new = NewCase(pupil_id=known(f"pupil {pupil}"), reason="Finds it hard to follow what is said.", level="2")
    case = await open_case(senco, new)
    return Story(case["id"], case["reference"], senco, {})


async def bring_in(db: Any, story: Story, email: str, agency: UUID, *categories: str) -> UUID:
    """Invite an agency; this worker of it accepts; the family agrees, in person. The involvement's id."""
    asked = Invitation(agency_id=agency, reason_code="advice", categories=list(categories))
    involvement = (await invite_agency(story.senco, story.case_id, asked))["id"]
    await accept_invitation(await db.act_as(email), involvement, Acceptance())
    await _agree(story, agency, categories)
    return involvement


async def _agree(story: Story, agency: UUID, categories: tuple[str, ...]) -> None:
    """The mother says yes to all of it at once, in the SENCO's room."""
    asked = NewProposal(agency_id=agency, categories=list(categories), purpose="support")
    asking = Asking(carer_id=known("carer amina.yusuf@home.example"), proposals=[asked], how="in_person")
    request = await ask_consent(story.senco, story.case_id, asking)
    yes = [NewDecision(proposal_id=each["id"], decision="given") for each in request["proposals"]]
    answers = Answers(channel="in_person", decisions=yes, witness="Martin Hale", given_by="Amina Yusuf")
    await answer_consent(story.senco, request["id"], answers)
    story.proposals.update({each["category"]: each["id"] for each in request["proposals"]})


async def withdraw(story: Story, category: str) -> None:
    """She takes back what she said last about this category."""
    taken_back = Withdrawing(channel="phone", witness="Martin Hale")
    await withdraw_consent(story.senco, story.proposals[category], taken_back)


def action(owner: UUID = HEALTH, **other: Any) -> dict[str, Any]:
    """The body of a new action, sound as it stands."""
    due_on = (today() + timedelta(days=14)).isoformat()
    return {
        "title": "Try a hearing test",
        "category": "education",
        "owner_agency_id": str(owner),
        "due_on": due_on,
    } | other
