"""What every story of the demonstration begins with: somebody signed in, a case, a service on it, a family's yes."""

from datetime import timedelta
from secrets import token_bytes
from uuid import UUID

from ecm.agencies.words import Category, InvitationReason
from ecm.audit.events import Event
from ecm.cases.commands import open_case
from ecm.cases.schemas import BarrierCode, Level, NewBarrier, NewCase
from ecm.clock import new_id
from ecm.consent.commands import answer_consent, ask_consent
from ecm.consent.schemas import Answers, Asking, NewDecision, NewProposal
from ecm.database import Actor, acting_for, proof
from ecm.involvements.commands import invite_agency
from ecm.involvements.schemas import Invitation
from ecm.seeds import known


async def signed_in(email: str) -> Actor:
    """A session for somebody of the area, opened without their password: the log says that the seed did it."""
    person, token = known(email), token_bytes(32)
    async with acting_for("seed", "seed") as act:
        await act.run(
            "SELECT open_session($1, $2, 'api', $3, NULL, $4, $5)",
            new_id(), person, token, timedelta(minutes=5), proof("session", person, "api", token.hex()),
        )  # fmt: skip
        act.record(Event.SESSION_OPENED, subject=person, kind="seed")
    return Actor(token)


async def opened(actor: Actor, pupil: str, barrier: str, level: Level, reason: str, strengths: str) -> UUID:
    new = NewCase(
        pupil_id=known(f"pupil {pupil}"),
        reason=reason,
        level=level,
        strengths=strengths,
        barriers=[NewBarrier(code=BarrierCode(barrier), how_identified="teacher_observation")],
    )
    return (await open_case(actor, new))["id"]


async def invite(actor: Actor, case_id: UUID, agency: str, why: InvitationReason) -> UUID:
    new = Invitation(agency_id=known(agency), reason_code=why, categories=["education"])
    return (await invite_agency(actor, case_id, new))["id"]


async def agreed(actor: Actor, case_id: UUID, carer: str, kinds: dict[str, list[Category]]) -> list[UUID]:
    """The family says yes in person; the ids of what was agreed."""
    proposals = [
        NewProposal(agency_id=known(agency), categories=categories, purpose="support")
        for agency, categories in kinds.items()
    ]
    asking = Asking(carer_id=known(f"carer {carer}"), proposals=proposals, how="in_person")
    request = await ask_consent(actor, case_id, asking)
    agreed = [each["id"] for each in request["proposals"]]
    answers = Answers(
        channel="in_person",
        given_by="The mother",
        witness="Front office",
        decisions=[NewDecision(proposal_id=each, decision="given") for each in agreed],
    )
    await answer_consent(actor, request["id"], answers)
    return agreed
