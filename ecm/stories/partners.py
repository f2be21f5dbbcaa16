"""A case of the demonstration for each stage that a service can be at. Each returns the case."""

from datetime import timedelta
from uuid import UUID

from ecm.actions.commands import add_action
from ecm.actions.schemas import NewAction
from ecm.agencies.words import Category
from ecm.cases.commands import write_note
from ecm.cases.schemas import NewNote
from ecm.clock import today
from ecm.consent.commands import withdraw_consent
from ecm.consent.schemas import Withdrawing
from ecm.database import Actor
from ecm.involvements.commands import accept_invitation, refuse_invitation
from ecm.involvements.schemas import Acceptance, Refusal
from ecm.seeds import known
from ecm.stories.people import agreed, invite, opened


async def invited(senco: Actor) -> UUID:
    """A service is asked and has not answered."""
    reason, strengths = "Reading has stalled since Easter.", "Tells wonderful stories."
    case = await opened(senco, "Niamh O’Neill", "CL01", "2", reason, strengths)
    await invite(senco, case, "council", "advice")
    return case


async def waiting(senco: Actor, health: Actor) -> UUID:
    """A service has said yes; the family has not been asked."""
    reason, strengths = "Speaks little in class, in Vietnamese or English.", "Draws with great care."
    case = await opened(senco, "Nguyễn Thị Ánh", "CI02", "2", reason, strengths)
    await accept_invitation(health, await invite(senco, case, "community-health", "assessment"), Acceptance())
    return case


async def working(senco: Actor, health: Actor, hub: Actor) -> UUID:
    """Two services at work, with actions and a note."""
    reason, strengths = "Long instructions are lost, and noise upsets him.", "Knows every bridge in the county."
    case = await opened(senco, "Łukasz Wiśniewski", "CI01", "3", reason, strengths)
    by_health = await invite(senco, case, "community-health", "direct_support")
    by_hub = await invite(senco, case, "family-hub", "family_support")
    await accept_invitation(health, by_health, Acceptance(assignee_id=known("seat nurse@community-health.example")))
    await accept_invitation(hub, by_hub, Acceptance())
    kinds: dict[str, list[Category]] = {
        "community-health": ["education", "health"],
        "family-hub": ["education", "family"],
    }
    await agreed(senco, case, "ewa", kinds)
    await add_action(health, case, NewAction(
        title="Visit the class and try a picture timetable", category="education", owner_agency_id=known("community-health"),
        assignee_id=known("seat nurse@community-health.example"), due_on=today() + timedelta(days=9),
    ))  # fmt: skip
    await add_action(senco, case, NewAction(
        title="Move Łukasz’s desk away from the door", category="education", owner_agency_id=known("oakfield"),
        due_on=today() + timedelta(days=2),
    ))  # fmt: skip
    text = "He settles faster when the timetable is on his desk."
    await write_note(senco, case, NewNote(category="education", text=text))
    return case


async def given_to_a_worker(senco: Actor, manager: Actor) -> UUID:
    """A manager has said yes and given the work to somebody."""
    reason, strengths = "Fights at lunch; mornings are fine.", "Patient with younger pupils."
    case = await opened(senco, "Ethan Clarke", "SE05", "3", reason, strengths)
    worker = known("seat social.worker@childrens-services.example")
    asked = await invite(senco, case, "childrens-services", "family_support")
    await accept_invitation(manager, asked, Acceptance(assignee_id=worker))
    await agreed(senco, case, "dawn", {"childrens-services": ["education", "family", "social_care"]})
    return case


async def stopped(senco: Actor, health: Actor) -> UUID:
    """The family has taken its yes back."""
    reason, strengths = "Number work is two years behind.", "Plays the dhol in assembly."
    case = await opened(senco, "Ravi Kumar", "CL06", "2", reason, strengths)
    await accept_invitation(health, await invite(senco, case, "community-health", "assessment"), Acceptance())
    for proposal in await agreed(senco, case, "meera", {"community-health": ["education"]}):
        await withdraw_consent(senco, proposal, Withdrawing(channel="phone", witness="Front office"))
    return case


async def refused(senco: Actor, health: Actor) -> UUID:
    """The service has said no."""
    reason, strengths = "Misses what is said behind him.", "Captain of the chess club."
    case = await opened(senco, "Björn Ångström", "SP01", "2", reason, strengths)
    no = Refusal(reason="already_known", message="He is with the hospital team.")
    await refuse_invitation(health, await invite(senco, case, "community-health", "assessment"), no)
    return case
