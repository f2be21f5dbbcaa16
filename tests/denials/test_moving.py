"""The record of a pupil is merged, or the case goes on with another school's record: what closes goes along."""

from typing import Any
from uuid import UUID

import pytest

from ecm.cases.queries import show_case
from ecm.clock import today
from ecm.database import Actor
from ecm.denials.conflicts import conflicts, declare_conflict
from ecm.denials.orders import discharge_order, orders, record_order
from ecm.denials.restrictions import restrict_case
from ecm.denials.schemas import NewConflict, NewOrder, NewRestriction
from ecm.duplicates.commands import merge_pupils
from ecm.duplicates.queries import show_pair
from ecm.duplicates.schemas import Merging
from ecm.errors import NotAllowed, NotFound
from ecm.moves.handover import take_case
from ecm.moves.schemas import Taking
from ecm.pupils.queries import show_pupil
from ecm.pupils.records import add_pupil
from ecm.pupils.schemas import NewPupil
from ecm.seeds import known
from ecm.shields.commands import name_shield_reader, set_shield, show_shields
from ecm.shields.schemas import NewShield
from tests.actions.story import NURSE, THERAPIST
from tests.moves.story import AMINA, DSL, HILL, HILL_SEAT, LEILA, offered, working_case

ORDER = {"carer_id": known(f"carer {AMINA}"), "kind": "child_arrangements", "made_on": today(), "bars_sharing": True}
TOO_CLOSE = NewConflict(kind="close_friend")


async def facts_of(actor: Actor, case_id: UUID) -> list[str]:
    return [each["text"] for each in (await show_shields(actor, case_id))["facts"]]


async def closed(actor: Actor, case_id: UUID) -> bool:
    try:
        await show_case(actor, case_id)
    except NotFound:
        return True
    return False


async def shielded(dsl: Actor, case_id: UUID, *readers: str) -> None:
    fact = await set_shield(dsl, case_id, NewShield(kind="address", text="12 Quince Lane"))
    for each in readers:
        await name_shield_reader(dsl, case_id, fact, known(f"seat {each}"))


async def test_what_closed_either_record_closes_the_merged_one(db: Any) -> None:
    story = await working_case(db)
    dsl, nurse, amina = [await db.act_as(each) for each in (DSL, NURSE, AMINA)]
    again = {"first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14", "class_name": "Cedar"}
    kept = (await add_pupil(story.senco, NewPupil.model_validate(again)))["id"]
    await shielded(dsl, story.case_id, NURSE)
    await record_order(story.senco, LEILA, NewOrder.model_validate(ORDER))
    for pupil in (kept, LEILA):
        await declare_conflict(dsl, pupil, TOO_CLOSE)
    version = (await show_pair(story.senco, kept, LEILA))["version"]
    await merge_pupils(story.senco, kept, LEILA, Merging(version=version, reason="Entered twice.", join=[]))

    assert await facts_of(nurse, story.case_id) == ["12 Quince Lane"]
    assert await closed(amina, story.case_id)
    with pytest.raises(NotFound):
        await show_pupil(dsl, kept)
    assert len(await conflicts(dsl)) == 1
    (order,) = await orders(story.senco, kept)
    await discharge_order(story.senco, kept, order["id"])
    assert not await closed(amina, story.case_id)


async def test_what_closes_goes_to_the_next_schools_record_with_the_case(db: Any) -> None:
    story, own = await working_case(db), known("pupil Ravi Kumar")
    async with db.admin() as admin:  # the next school's own record of the same pupil
        await admin.execute("UPDATE enrolment SET upn = NULL WHERE pupil_id = $1", own)
        same = "SELECT date_of_birth FROM pupil WHERE id = $2"
        await admin.execute(f"UPDATE pupil SET date_of_birth = ({same}) WHERE id = $1", own, LEILA)
    dsl, nurse, boss, amina, hill = [await db.act_as(each) for each in (DSL, NURSE, THERAPIST, AMINA, HILL)]
    await shielded(dsl, story.case_id, NURSE)
    await record_order(story.senco, LEILA, NewOrder.model_validate(ORDER))
    await declare_conflict(boss, LEILA, TOO_CLOSE)
    seats = [known(f"seat {each}") for each in (DSL, NURSE)]
    await restrict_case(dsl, story.case_id, NewRestriction(reason_code="at_risk", named=seats))
    offer = await offered(story)
    await take_case(hill, offer, Taking(pupil_id=own, lead_practitioner_id=HILL_SEAT))

    # Named by the old school or not: who keeps the case now leads it, and who worked on it goes on if named.
    assert [await closed(each, story.case_id) for each in (hill, nurse, boss, dsl, amina)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert (await show_case(hill, story.case_id))["pupil"]["id"] == own
    assert await facts_of(nurse, story.case_id) == ["12 Quince Lane"]
    with pytest.raises(NotAllowed):
        await show_shields(hill, story.case_id)
    (order,) = await orders(hill, own)
    assert order["kind"] == "child_arrangements"
    await discharge_order(hill, own, order["id"])
    assert not await closed(amina, story.case_id)
    async with db.admin() as admin:
        live = "SELECT count(*) FROM contact_bar WHERE pupil_id = $1 AND (until_at IS NULL OR until_at > now())"
        assert await admin.fetchval(live, own) == 0
