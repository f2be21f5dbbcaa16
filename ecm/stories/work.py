"""What is done in a case of the demonstration, how cases end, and pupils who are there twice or move."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from ecm.actions.commands import add_action
from ecm.actions.schemas import NewAction
from ecm.agencies.words import Whose
from ecm.cases.commands import add_barrier, write_note
from ecm.cases.schemas import BarrierCode, NewBarrier, NewNote
from ecm.clock import today
from ecm.closures.commands import close_case, void_case
from ecm.closures.schemas import Closure, Voiding
from ecm.corrections.commands import correct
from ecm.corrections.schemas import Correcting
from ecm.database import Actor
from ecm.moves.commands import end_enrolments
from ecm.moves.handover import offer_case
from ecm.moves.schemas import Leaving, Offer
from ecm.outcomes.commands import add_outcome, measure_outcome, record_view
from ecm.outcomes.provisions import add_provision
from ecm.outcomes.schemas import NewMeasurement, NewOutcome, NewProvision, NewView
from ecm.pupils.queries import show_pupil
from ecm.pupils.records import add_pupil
from ecm.pupils.schemas import NewPupil
from ecm.reviews.commands import hold_review
from ecm.reviews.schemas import NewContribution, NewReview
from ecm.seeds import known
from ecm.stories.people import opened


async def measured(senco: Actor, health: Actor, hub: Actor, case_id: UUID) -> None:
    """What is to change for one pupil, the numbers so far, what he gets for it, and what he and his mother say."""

    def day(weeks: int) -> date:
        return today() + timedelta(weeks=weeks)

    steps = NewOutcome(
        title="Follows an instruction of three steps by himself", measure="Instructions followed out of 20",
        baseline=Decimal(4), target=Decimal(16), due_on=day(14), category="education",
    )  # fmt: skip
    upset = NewOutcome(
        title="Stays calm when the room is loud", measure="Times a week he leaves the room", baseline=Decimal(9),
        target=Decimal(2), due_on=day(6), category="education",
    )  # fmt: skip
    for who, outcome, values in ((senco, steps, (4, 6, 7, 11)), (health, upset, (9, 8, 8, 7))):
        made = (await add_outcome(who, case_id, outcome))["id"]
        for week, value in zip((-9, -6, -3, 0), values, strict=True):
            await measure_outcome(who, made, NewMeasurement(value=Decimal(value), measured_on=day(week)))
    await add_outcome(senco, case_id, NewOutcome(title="Tells an adult when he is lost", category="classroom"))
    await add_provision(senco, case_id, NewProvision(
        title="Picture timetable on his desk", who="Class teacher", how_often="All day", starts_on=day(-9), category="classroom",
    ))  # fmt: skip
    await add_provision(health, case_id, NewProvision(
        title="Listening games", who="Teaching assistant, shown how by Beth Lawson", how_often="Every school day", minutes=15,
        weeks=12, starts_on=day(-6), category="education",
    ))  # fmt: skip
    said: tuple[tuple[Actor, Whose, str, str], ...] = (
        (
            senco,
            "pupil",
            "I like it when I know what comes next. The bell hurts.",
            "Drawing and talking with his teacher",
        ),
        (hub, "family", "Mornings are calmer now. I want him to have a friend home for tea.", "At the Tuesday group"),
    )
    for who, whose, text, how in said:
        await record_view(who, case_id, NewView(whose=whose, text=text, how=how))


async def in_class(senco: Actor, reader: UUID, quiet: UUID) -> None:
    """What two pupils of one class say, what helps them there, and what their teacher writes the numbers down for."""
    aloud = NewOutcome(
        title="Reads to the class", measure="Lines read aloud", baseline=Decimal(2), target=Decimal(12), due_on=today() + timedelta(weeks=8),
        category="classroom",
    )  # fmt: skip
    speaks = NewOutcome(
        title="Speaks in lessons", measure="Times she speaks today", baseline=Decimal(0), target=Decimal(5), category="classroom"
    )  # fmt: skip
    for case_id, outcome, value in ((reader, aloud, 5), (quiet, speaks, 1)):
        made = (await add_outcome(senco, case_id, outcome))["id"]
        last_week = today() - timedelta(weeks=1)
        await measure_outcome(senco, made, NewMeasurement(value=Decimal(value), measured_on=last_week))
    helps = (
        (reader, "Coloured overlay and large print", "Class teacher", "Whenever she reads"),
        (quiet, "Time to answer: count to ten", "Every adult in class", "Every question"),
        (quiet, "A partner who speaks Vietnamese", "Class teacher", "In talk time"),
    )
    for case_id, title, who, how_often in helps:
        await add_provision(senco, case_id, NewProvision(
            title=title, who=who, how_often=how_often, starts_on=today() - timedelta(weeks=3), category="classroom",
        ))  # fmt: skip
    hard = NewBarrier(code=BarrierCode("CL02"), how_identified="screening", category="classroom")
    await add_barrier(senco, reader, hard)
    said: tuple[tuple[UUID, Whose, str], ...] = (
        (reader, "pupil", "I like stories when somebody reads them with me. The letters jump when I am tired."),
        (quiet, "pupil", "I know the answer. I want to say it to one person first."),
        (quiet, "family", "She talks all evening at home. Please do not ask her in front of everybody."),
    )
    for case_id, whose, text in said:
        await record_view(senco, case_id, NewView(whose=whose, text=text, category="classroom"))
    seat = NewAction(
        title="Give her a seat near the front", category="classroom", owner_agency_id=known("oakfield"),
        due_on=today() + timedelta(days=4),
    )  # fmt: skip
    await add_action(senco, reader, seat)


async def reviewed(senco: Actor, case_id: UUID) -> None:
    """A review with its next date, and a note that was written in the wrong place."""
    said = NewContribution(
        category="education", text="Two of three instructions are followed now. Keep the picture timetable."
    )
    await hold_review(
        senco,
        case_id,
        NewReview(held_on=today(), contributions=[said], next_review_on=today() + timedelta(weeks=6)),
    )
    wrong = await write_note(senco, case_id, NewNote(category="education", text="Left his coat at the swimming pool."))
    await correct(senco, "note", wrong["id"], Correcting(reason="Meant for another pupil."))


async def ended(senco: Actor) -> None:
    """One case that has done its work, and one that should not have been opened."""
    done = await opened(senco, "Fatima Al-Sayed", "CL01", "1", "Read two years below her age.", "Asks good questions.")
    reason = "She reads with her class now, and goes on with the library club."
    await close_case(senco, done, Closure(outcome="outcomes_met", reason=reason))
    mistaken = await opened(senco, "Cher", "SE05", "1", "Upset after break on most days.", "Sings in the choir.")
    await void_case(senco, mistaken, Voiding(reason="Opened for the wrong pupil."))


async def known_twice(senco: Actor, other: Actor) -> None:
    """A pupil who was written down twice, and one who is on two rolls."""
    twice = {"first_name": "Seun", "last_name": "Adebayo", "date_of_birth": "2019-07-17", "class_name": "Cedar"}
    await add_pupil(senco, NewPupil.model_validate(twice))
    upn = (await show_pupil(senco, known("pupil Zoë Brontë-Hughes")))["upn"]
    same = {"first_name": "Zoe", "last_name": "Hughes", "date_of_birth": "2017-09-30", "upn": upn}
    await add_pupil(other, NewPupil.model_validate(same))


async def moving(senco: Actor) -> None:
    """A pupil who goes to the other school soon, and the case that is offered to it."""
    name, hillside, first_day = "José María Núñez", known("hillside"), today() + timedelta(days=21 - today().weekday())
    case = await opened(senco, name, "CI01", "2", "Follows little in a full room.", "Builds bridges out of anything.")
    last_on = first_day - timedelta(days=3)
    leaving = Leaving(last_on=last_on, destination="school", next_school_id=hillside, cases={case: "hand_over"})
    await end_enrolments(senco, [known(f"pupil {name}")], leaving)
    asked = Offer(
        to_school_id=hillside, joins_on=first_day, reason_code="changed_school", family_told="in_person",
        wishes=["please_meet"],
    )  # fmt: skip
    await offer_case(senco, case, asked)
