"""What is shared without consent in the demonstration, and what is closed: by law, by a yes to a service, by an override,
in an emergency, and for named people only."""

from datetime import date, timedelta
from uuid import UUID

from ecm.cases.commands import admit_carer, write_note
from ecm.cases.queries import show_case
from ecm.cases.schemas import Admission, NewNote
from ecm.clock import today
from ecm.database import Actor
from ecm.denials.restrictions import restrict_case
from ecm.denials.schemas import NewRestriction
from ecm.emergencies.alerts import write_alert
from ecm.emergencies.commands import open_emergency
from ecm.emergencies.schemas import NewAlert, Opening
from ecm.grounds.commands import record_ground
from ecm.grounds.schemas import NewGround
from ecm.involvements.commands import accept_invitation
from ecm.involvements.schemas import Acceptance
from ecm.seeds import known
from ecm.stories.people import invite, opened


async def by_law(senco: Actor, officer: Actor, case: UUID) -> None:
    """The council asks for advice for an assessment, and Ewa knows; the listening games are her own yes."""
    mother = known("carer ewa")
    await admit_carer(senco, case, Admission(carer_id=mother, authority_seen=True, safe_to_share=True))
    await accept_invitation(officer, await invite(senco, case, "council", "assessment"), Acceptance())
    await record_ground(senco, case, NewGround(
        basis="statutory", code="cfa2014_s36", agency_id=known("council"), categories=["education", "health"],
        told_on=today(), told_carer_ids=[mother], until_on=today() + timedelta(weeks=20),
    ))  # fmt: skip
    await record_ground(senco, case, NewGround(
        basis="service_agreement", code="treatment", agency_id=known("community-health"), categories=["classroom"],
        carer_id=mother, channel="in_person",
    ))  # fmt: skip


async def overridden(senco: Actor, dsl: Actor, manager: Actor) -> None:
    """Something a pupil said goes to children's services at once, and her family is not told yet."""
    reason, strengths = "Tired and hungry on Mondays.", "Makes everybody laugh."
    case = await opened(senco, "Suhaila", "SE03", "2", reason, strengths)
    said = "Said that nobody is at home from Saturday to Monday."
    await write_note(dsl, case, NewNote(category="safeguarding", text=said))
    asked = await invite(senco, case, "childrens-services", "safeguarding_advice")
    await accept_invitation(manager, asked, Acceptance())
    await record_ground(dsl, case, NewGround(
        basis="override", code="dpa2018_safeguarding", agency_id=known("childrens-services"),
        categories=["education", "safeguarding"], until_on=today() + timedelta(days=10),
        reason="She is nine and alone at weekends. Asking at home first could make it worse for her.",
        consulted="The duty line of children’s services", not_told_code="puts_at_risk", revisit_on=today() + timedelta(days=5),
    ))  # fmt: skip


async def in_an_emergency(senco: Actor, worker: Actor, case: UUID) -> None:
    """A social worker opened a record for the police; her manager is asked to look at it."""
    await write_alert(senco, case, NewAlert(text="Allergic to peanuts. EpiPen in the school office."))
    await open_emergency(worker, Opening(
        first_name="Niamh", last_name="O’Neill", date_of_birth=date(2018, 5, 21), reason_code="missing",
        reason="Not home since five, and the police ask who knows her.",
    ))  # fmt: skip
    await show_case(worker, case)


async def for_named_people(senco: Actor, dsl: Actor) -> None:
    """A child of somebody who works at the school: only two people see this case."""
    reason, strengths = "Cries when she is brought in.", "Knows every song by heart."
    case = await opened(senco, "Anne-Marie D'Souza", "SE01", "1", reason, strengths)
    named = [known("seat dsl@oakfield.example")]
    await restrict_case(dsl, case, NewRestriction(reason_code="staff_family", named=named))
