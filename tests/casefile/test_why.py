"""Why somebody can or cannot see a case: the answer is the relation's, and a "cannot" never tells what the family said."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from ecm.access.rules import MISSING, Facts, nearest_missing
from ecm.agencies.permissions import CATEGORIES
from ecm.audit.events import Event
from ecm.casefile.overview import overview
from ecm.casefile.rules import reason
from ecm.casefile.why import whom_to_ask_about, why
from ecm.clock import midnight, now, today
from ecm.consent.commands import withdraw_consent
from ecm.consent.schemas import Withdrawing
from ecm.database import acting_as
from ecm.denials.restrictions import lift_restriction, restrict_case
from ecm.denials.schemas import NewRestriction
from ecm.errors import NotAllowed, NotFound
from ecm.people.handover import set_cover
from ecm.seeds import WORKERS, known
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story
from tests.people.test_cover import days, second_nurse

TEACHER, DSL, STRANGER = "teacher@oakfield.example", "dsl@oakfield.example", "senco@hillside.example"
MANAGER, OFFICER = "therapist@community-health.example", "dpo@oakfield.example"


def seat(email: str) -> UUID:
    return known(f"seat {email}")


async def missing(db: Any, asker: str, case_id: UUID, email: str) -> dict[str, str]:
    answer = await why(await db.act_as(asker), case_id, seat(email))
    return {each.category: each.missing or "+".join(r.basis for r in each.reasons) for each in answer.categories}


async def test_each_reason_and_the_nearest_thing_missing(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education", "health")
    seen = await missing(db, SENCO, story.case_id, NURSE)
    assert seen["health"] == seen["core"] == seen["education"] == "assignment"
    assert seen["family"] == seen["safeguarding"] == "no_basis"
    never_asked = await missing(db, SENCO, story.case_id, "family.worker@family-hub.example")
    assert set(never_asked.values()) == {"not_working_on_it"}
    own = await missing(db, SENCO, story.case_id, SENCO)
    assert (own["safeguarding"], own["health"]) == ("safeguarding_lead", "no_basis")
    assert own["core"] == "assignment+opened_by"
    teacher = await missing(db, SENCO, story.case_id, TEACHER)
    assert {teacher[each] for each in ("core", "education")} == {"not_assigned"}
    assert teacher["classroom"] == "opened_by"  # she teaches the pupil's class
    async with db.admin() as admin:
        await admin.execute("UPDATE membership SET class_names = '{Cedar}' WHERE id = $1", seat(TEACHER))
    assert (await missing(db, SENCO, story.case_id, TEACHER))["classroom"] == "not_taught"
    assert (await missing(db, SENCO, story.case_id, DSL))["safeguarding"] == "no_basis"

    await withdraw_consent(story.senco, story.proposals["health"], Withdrawing(channel="phone", witness="Martin Hale"))
    after = await missing(db, SENCO, story.case_id, NURSE)
    assert (after["health"], after["family"]) == ("no_basis", "no_basis")  # taken back, and never asked


async def test_who_may_ask_about_whom(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    told = {
        SENCO: {SENCO, NURSE, TEACHER},
        OFFICER: {SENCO, NURSE},
        MANAGER: {NURSE, MANAGER},
        NURSE: {NURSE},
        STRANGER: set(),
    }
    for asker, others in told.items():
        actor = await db.act_as(asker)
        for about in (SENCO, NURSE, TEACHER, MANAGER):
            allowed = about in others or asker in (SENCO, OFFICER)
            try:
                await why(actor, story.case_id, seat(about))
            except (NotFound, NotAllowed):
                assert not allowed, (asker, about)
            else:
                assert allowed, (asker, about)
    with pytest.raises(NotFound):
        await why(await db.act_as("amina.yusuf@home.example"), story.case_id, seat(NURSE))
    listed = {w["id"] for w in (await whom_to_ask_about(await db.act_as(MANAGER), story.reference))["workers"]}
    assert listed == {seat(NURSE), seat(MANAGER)}
    everybody = {w["id"] for w in (await whom_to_ask_about(story.senco, story.reference))["workers"]}
    assert {seat(w.email) for w in WORKERS if w.agency in ("community-health",)} <= everybody
    assert not {seat(w.email) for w in WORKERS if w.agency in ("family-hub", "hillside")} & everybody


async def test_the_answer_is_what_is_really_shown(db: Any) -> None:
    """Model of nothing: for each worker and category the sentence agrees with the policy on the relation."""
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education", "health")
    asked = 0
    for worker in WORKERS:
        if worker.agency not in ("oakfield", "community-health") or worker.role in ("agency_admin",):
            continue
        answer = await why(story.senco, story.case_id, seat(worker.email))
        actor = await db.act_as(worker.email)
        async with acting_as(actor, "test") as act:
            for each in answer.categories:
                sees = await act.value("SELECT reads($1, $2)", story.case_id, each.category)
                assert sees == any(r.basis != "own_record" for r in each.reasons), (worker.email, each)
                asked += sees
            act.record(Event.ACCESS_EXPLAINED)
    assert asked >= 12


async def test_a_colleagues_reason_is_told_of_who_covers_and_how_long(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    stand_in, dsl = await second_nurse(db), await db.act_as(DSL)
    about = known("seat second")
    unseen = await why(story.senco, story.case_id, about)
    assert {each.missing for each in unseen.categories} == {"not_assigned"}
    await set_cover(await db.act_as(NURSE), seat(NURSE), days(0, 5))
    for asker in (stand_in, story.senco):
        seen = {each.category: each.reasons for each in (await why(asker, story.case_id, about)).categories}
        assert {category for category in seen if seen[category]} == {"core", "education"}
        (core,) = seen["core"]
        assert (core.basis, core.cover) == ("assignment", True)
        assert core.since <= now() < core.since + timedelta(minutes=5), "not before the nurse was on the case"
        assert core.until == midnight(today() + timedelta(days=6))
    for who, begins in ((stand_in, "a colleague you cover for was named"), (await db.act_as(NURSE), "you were named")):
        assert reason((await overview(who, story.reference)).case["sharing"], {"core"}).startswith(begins)
    own = next(
        e for e in (await why(story.senco, story.case_id, seat(NURSE))).categories if e.category == "core"
    ).reasons
    assert [(one.basis, one.cover) for one in own] == [("assignment", False)]
    assert own[0].until is not None
    assert own[0].until > core.until, "the family’s yes outlasts the cover"

    # Being named, and an emergency, are not passed on.
    named = NewRestriction(reason_code="at_risk", named=[seat(DSL), seat(NURSE)])
    await restrict_case(dsl, story.case_id, named)
    shut = await why(dsl, story.case_id, about)
    assert {each.missing for each in shut.categories} == {"restricted"}
    assert not any(each.reasons for each in shut.categories)
    await lift_restriction(dsl, story.case_id)
    async with db.admin() as behind:
        await behind.execute("UPDATE case_access SET basis = 'emergency' WHERE principal = $1", seat(NURSE))
    assert not any(each.reasons for each in (await why(story.senco, story.case_id, about)).categories)


def test_every_answer_has_a_sentence_and_no_sentence_is_without_an_answer() -> None:
    yes_no = (False, True)
    given = {
        nearest_missing(Facts(kind, keeps, left, conflict, unnamed, how, desk, safe, taught, named), category)
        for kind, keeps, left, conflict, unnamed, how, desk, safe, taught, named in product(
            ("school", "health"),
            yes_no,
            yes_no,
            yes_no,
            yes_no,
            (None, "invited", "accepted", "ended"),
            yes_no,
            yes_no,
            yes_no,
            yes_no,
        )
        for category in CATEGORIES
    }
    assert given == set(MISSING)
