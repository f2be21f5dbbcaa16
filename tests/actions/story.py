"""A case with a partner on it, for the tests of this folder, made by the commands that people use."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from ecm.cases.commands import open_case
from ecm.cases.schemas import NewCase
from ecm.clock import new_id, today
from ecm.database import Actor, acting_as
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
    request = new_id()
    async with acting_as(story.senco, "test") as act:
        await act.run(
            """INSERT INTO consent_request (id, case_id, carer_id, person_id, wording_version, wording_hash,
                                            asked_by_membership_id, asked_at)
               VALUES ($1, $2, $3, $4, '1', '', $5, app_now())""",
            request, story.case_id, known("carer amina.yusuf@home.example"), known("amina.yusuf@home.example"),
            act.who.membership_id,
        )  # fmt: skip
        for category in categories:
            story.proposals[category] = new_id()
            await act.run(
                """INSERT INTO consent_proposal (id, request_id, case_id, person_id, agency_id, category, purpose)
                   VALUES ($1, $2, $3, $4, $5, $6, 'support')""",
                story.proposals[category], request, story.case_id, known("amina.yusuf@home.example"), agency, category,
            )  # fmt: skip
        act.record("consent:requested", case=story.case_id)
    for proposal in story.proposals.values():
        await say(story, proposal, "given")


async def say(story: Story, proposal: UUID, kind: str) -> None:
    """The parent says yes, no or no longer, in person; the SENCO records it."""
    async with acting_as(story.senco, "test") as act:
        await act.run(
            """INSERT INTO consent_event (id, proposal_id, case_id, person_id, agency_id, category, purpose, kind, channel,
                                          witness, recorded_by_membership_id, wording_version, wording_hash, at, number)
               SELECT $1, p.id, p.case_id, p.person_id, p.agency_id, p.category, p.purpose, $3, 'in_person', 'M. Hale',
                      $4, '1', '', app_now(), 0 FROM consent_proposal p WHERE p.id = $2""",
            new_id(), proposal, kind, act.who.membership_id,
        )  # fmt: skip
        act.record(f"consent:{kind}", case=story.case_id, subject=proposal)


def action(owner: UUID = HEALTH, **other: Any) -> dict[str, Any]:
    """The body of a new action, sound as it stands."""
    due_on = (today() + timedelta(days=14)).isoformat()
    return {
        "title": "Try a hearing test",
        "category": "education",
        "owner_agency_id": str(owner),
        "due_on": due_on,
    } | other
