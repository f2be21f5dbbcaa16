"""Two records become one: what moves, who sees what at once, what the log keeps; and what is refused."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from ecm.cases.commands import admit_carer, open_case, write_note
from ecm.cases.schemas import Admission, NewCase, NewNote
from ecm.clock import new_id
from ecm.consent.commands import ask_consent
from ecm.consent.schemas import Asking
from ecm.duplicates.commands import dismiss_pair, merge_pupils, restore_pair
from ecm.duplicates.queries import list_duplicates, list_merges, show_merge, show_pair
from ecm.duplicates.schemas import Merging
from ecm.errors import EcmError, NotAllowed, NotFound, Refused, Stale
from ecm.opening.drafts import save_step, show_draft
from ecm.pupils.commands import bar_contact
from ecm.pupils.queries import find_pupils, show_pupil
from ecm.pupils.records import add_carer, add_pupil, change_pupil
from ecm.pupils.schemas import NewCarer, NewContactBar, NewPupil, PupilChange
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, SENCO, action, bring_in, open_story
from tests.client import application, sign_in

LEILA = known("pupil Leila Reid")
AMINA, DANIEL = "amina.yusuf@home.example", "daniel.reid@home.example"
WHY = "Asked the office: entered twice."


async def second_record(senco: Any, **other: Any) -> UUID:
    """Leila once more, with another class and without numbers."""
    new = {"first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14", "class_name": "Cedar"} | other
    return (await add_pupil(senco, NewPupil.model_validate(new)))["id"]


async def merging(senco: Any, kept: UUID, gone: UUID, **other: Any) -> Merging:
    pair = await show_pair(senco, kept, gone)
    return Merging.model_validate({"version": pair["version"], "reason": WHY, "join": list(pair["joinable"])} | other)


async def pairs_of(actor: Any) -> list[set[UUID]]:
    return [{each["id"] for each in pair["both"]} for pair in (await list_duplicates(actor))["pairs"]]


async def test_everything_moves_to_the_kept_record_and_access_follows_at_once(db):
    story = await open_story(db)
    senco, path = story.senco, f"/cases/{story.case_id}"
    await bring_in(db, story, NURSE, HEALTH, "education")
    for each in (AMINA, DANIEL):
        seen = {"carer_id": known(f"carer {each}"), "authority_seen": True, "safe_to_share": True}
        await admit_carer(senco, story.case_id, Admission.model_validate(seen))
    kept = await second_record(senco)
    mother = NewCarer(name="Amina Yusuf", relationship="mother", email=AMINA)
    await add_carer(senco, kept, mother)
    father = await add_carer(senco, kept, NewCarer(name="Daniel Reid", relationship="father"))
    await bar_contact(senco, kept, NewContactBar(carer_id=father["id"], reason_code="court_order"))
    async with application() as client:
        nurse, amina, daniel = [await sign_in(client, each) for each in (NURSE, AMINA, DANIEL)]
        assert [(await each.get(path)).status_code for each in (nurse, amina, daniel)] == [200, 200, 200]
        before = (await nurse.get(path)).json()

        pair = await show_pair(senco, kept, LEILA)
        assert pair["whys"] == ("same_names_and_birth",)
        assert pair["joinable"] == {father["id"]: known(f"carer {DANIEL}")}
        merge_id = await merge_pupils(senco, kept, LEILA, await merging(senco, kept, LEILA))

        after = (await nurse.get(path)).json()
        assert after["pupil"]["id"] == str(kept)
        assert [after[key] for key in ("notes", "actions", "barriers")] == [
            before[key] for key in ("notes", "actions", "barriers")
        ]
        # What was agreed stands; who may not come near one record may not come near the pupil, by any line.
        assert [(await each.get(path)).status_code for each in (nurse, amina, daniel)] == [200, 200, 404]
        staff = await sign_in(client, SENCO)
        assert (await staff.get(f"/pupils/{LEILA}")).json() | {"instance": 0} == (
            await staff.get(f"/pupils/{new_id()}")
        ).json() | {"instance": 0}
        found = await find_pupils(senco, "leila reid")
        assert [each["id"] for each in found] == [kept]
        assert sorted(each["name"] for each in found[0]["carers"]) == ["Amina Yusuf", "Daniel Reid"]
        assert (found[0]["class_name"], found[0]["sen_provision"], found[0]["open_case"]) == (
            "Cedar",
            "K",
            story.reference,
        )
        assert len(found[0]["needs"]) == 2
        assert (await staff.get("/pupils", q=found[0]["upn"])).json()["items"][0]["id"] == str(kept)
        # Work goes on: a new question to the mother, a new action.
        assert (await staff.post(f"{path}/actions", action())).status_code == 201
        with pytest.raises(NotFound):
            await merge_pupils(senco, kept, LEILA, Merging(version=2, reason=WHY))

    log = await show_merge(senco, merge_id)
    assert (log["names"], log["reason"], log["by"]) == (
        dict.fromkeys(("kept", "gone", "now"), "Leila Reid"),
        WHY,
        "Grace Okafor",
    )
    assert log["before"]["gone"]["enrolments"][0]["upn"] == found[0]["upn"]
    assert UUID(log["moved"]["cases"][0]) == story.case_id
    assert set(log["moved"]["joined"]) >= {str(father["id"])}
    stranger = await db.act_as("senco@hillside.example")
    assert await list_merges(stranger) == []
    with pytest.raises(NotFound):
        await show_merge(stranger, merge_id)
    # Who looked at the record that is gone is still found: the log keeps its id, the reader asks for both.
    assert {each["gone"] for each in log["openings"]} == {True, False}
    async with db.admin() as admin:
        entry = json.loads(await admin.fetchval("SELECT entry FROM audit_event WHERE event = 'pupil:merged'"))
        assert set(entry["pupils"]) == {str(kept), str(LEILA)}
        assert (entry["detail"]["kept"], entry["detail"]["gone"], entry["detail"]["cases"]) == (
            str(kept),
            str(LEILA),
            1,
        )
        # Nothing that hangs on a pupil, a carer or an enrolment is forgotten by the merge, not even what comes later.
        held = await admin.fetch(
            """SELECT conrelid::regclass::text AS t FROM pg_constraint
               WHERE contype = 'f' AND confrelid IN ('pupil'::regclass, 'carer'::regclass, 'enrolment'::regclass)"""
        )
        said = await admin.fetchval(
            "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE proname IN ('merge_pupils', 'join_carers', 'join_denials', 'join_shields')"
        )
    assert [
        row["t"] for row in held if f"UPDATE {row['t']} " not in said and f"DELETE FROM {row['t']} " not in said
    ] == []


async def test_two_numbers_a_chosen_name_a_draft_and_what_was_said_of_others_follow(db):
    senco = await db.act_as(SENCO)
    first = await second_record(senco)
    other = await second_record(senco, first_name="Leyla", date_of_birth="2018-02-15")
    third = await second_record(senco, first_name="Omar")
    async with db.admin() as admin:
        await admin.execute("UPDATE enrolment SET upn = 'T999000126777', imported = '{}' WHERE pupil_id = $1", first)
        for pupil, kind, value in (
            (first, "uln", "1000000043"),
            (LEILA, "former_upn", "T999000126777"),
            (other, "nhs_number", "9"),
        ):
            sql = "INSERT INTO pupil_identifier VALUES (gen_random_uuid(), $1, $2, $3, $4)"
            await admin.execute(sql, pupil, known("oakfield"), kind, value)
    assert (await show_pair(senco, first, LEILA))["whys"] == ("former_upn", "same_names_and_birth")
    await dismiss_pair(senco, other, third)
    aunt = await add_carer(senco, other, NewCarer(name="Nadia Reid", relationship="aunt"))
    await bar_contact(senco, other, NewContactBar(carer_id=aunt["id"], reason_code="safety"))
    await save_step(senco, first, "why", 0, {"level": "1", "happening": "Older"})
    await save_step(senco, other, "why", 0, {"level": "2", "happening": "Newer"})
    async with db.admin() as admin:
        bar = "SELECT pupil_id, person_id, from_at, until_at FROM contact_bar"
        barred = await admin.fetchrow(bar)
    await merge_pupils(senco, first, other, await merging(senco, first, other, take={"first_name": "gone"}))
    await merge_pupils(
        senco, LEILA, first, await merging(senco, LEILA, first, take={"upn": "gone", "first_name": "gone"})
    )
    now = await show_pupil(senco, LEILA)
    assert (now["first_name"], now["upn"], str(now["date_of_birth"])) == ("Leyla", "T999000126777", "2018-02-14")
    assert (await show_draft(senco, LEILA)).said("why")["happening"] == "Newer"
    async with db.admin() as admin:
        assert tuple(await admin.fetchrow(bar)) == (LEILA, *list(barred)[1:])  # as it was, and of this pupil
        numbers = await admin.fetch("SELECT kind, value FROM pupil_identifier WHERE pupil_id = $1", LEILA)
        assert {row["kind"] for row in numbers} == {"former_upn", "uln", "nhs_number"}
        assert await admin.fetchval("SELECT imported FROM enrolment WHERE pupil_id = $1", LEILA) == "{}"
        dismissed = await admin.fetchrow("SELECT pupil_id, other_pupil_id FROM dismissed_pair WHERE undone_at IS NULL")
        assert set(dismissed) == {LEILA, third}
        merges = await admin.fetch("SELECT pupil_id, gone_id FROM pupil_merge")
        assert {tuple(row) for row in merges} == {(LEILA, first), (LEILA, other)}


async def test_what_is_refused_and_to_whom(db):
    story = await open_story(db)
    senco = story.senco
    other = await second_record(senco)
    said = await merging(senco, LEILA, other)
    for who, error in (
        ("dsl@oakfield.example", NotAllowed),
        ("teacher@oakfield.example", NotAllowed),
        (NURSE, NotAllowed),
        ("senco@hillside.example", NotFound),
    ):
        with pytest.raises(error):
            await merge_pupils(await db.act_as(who), LEILA, other, said)
        with pytest.raises(error):
            await dismiss_pair(await db.act_as(who), LEILA, other)
    for kept, gone in ((LEILA, LEILA), (LEILA, new_id()), (LEILA, known("pupil Ethan Clarke"))):
        with pytest.raises(NotFound):
            await merge_pupils(senco, kept, gone, said)
    with pytest.raises(Stale):
        await merge_pupils(senco, LEILA, other, said.model_copy(update={"version": said.version + 1}))
    with pytest.raises(Refused):
        await merge_pupils(senco, LEILA, other, said.model_copy(update={"join": [known(f"carer {AMINA}")]}))
    second = await open_case(senco, NewCase(pupil_id=other, reason="Finds it hard to sit.", level="1"))
    with pytest.raises(Refused, match=f"{story.reference} and {second['reference']}"):
        await merge_pupils(senco, LEILA, other, said)
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM pupil WHERE id IN ($1, $2)", LEILA, other) == 2
        assert await admin.fetchval("SELECT count(*) FROM audit_event WHERE event = 'pupil:merged'") == 0
        # On the roll of another school too: it is not this school's alone, so it is not there to be merged.
        sql = "INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) VALUES ($1, $2, $3, '4', '2026-09-01')"
        await admin.execute(sql, new_id(), other, known("hillside"))
    with pytest.raises(NotFound):
        await show_pair(senco, LEILA, other)
    assert await pairs_of(senco) == []


async def test_a_pair_is_offered_until_somebody_says_they_are_two(db):
    senco = await db.act_as(SENCO)
    assert await pairs_of(senco) == []
    other, twin = await second_record(senco), await second_record(senco, first_name="Laila")
    assert await pairs_of(senco) == [{LEILA, other}]
    await dismiss_pair(senco, other, LEILA)
    await dismiss_pair(senco, LEILA, other)  # twice is once
    assert await pairs_of(senco) == []
    (said,) = (await list_duplicates(senco))["dismissed"]
    assert ({said["pupil_id"], said["other_pupil_id"]}, said["by"]) == ({LEILA, other}, "Grace Okafor")
    await restore_pair(senco, LEILA, other)
    with pytest.raises(NotFound):
        await restore_pair(senco, LEILA, twin)
    assert await pairs_of(senco) == [{LEILA, other}]
    assert await pairs_of(await db.act_as("senco@hillside.example")) == []


async def test_two_who_merge_at_once_merge_once(db):
    senco = await db.act_as(SENCO)
    other = await second_record(senco)
    one, two = await merging(senco, LEILA, other), await merging(senco, other, LEILA)
    done = await asyncio.gather(
        merge_pupils(senco, LEILA, other, one), merge_pupils(await db.act_as(SENCO), other, LEILA, two),
        merge_pupils(await db.act_as(SENCO), LEILA, other, one), return_exceptions=True,
    )  # fmt: skip
    assert sorted(type(each).__name__ for each in done) == ["NotFound", "NotFound", "UUID"]
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM pupil WHERE id IN ($1, $2)", LEILA, other) == 1
        assert await admin.fetchval("SELECT count(*) FROM pupil_merge") == 1


@pytest.mark.parametrize("wait", [0, 0.004])
async def test_what_happens_at_the_same_moment_is_done_or_refused_and_breaks_nothing(db, wait: float):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    hands, nurse = [await db.act_as(SENCO) for _ in range(7)], await db.act_as(NURSE)
    kept = await second_record(hands[0])
    said = await merging(hands[0], kept, LEILA)
    father = NewContactBar(carer_id=known(f"carer {DANIEL}"), reason_code="safety")
    aunt = NewCarer(name="Nadia Reid", relationship="aunt")
    about = [{"agency_id": HEALTH, "categories": ["classroom"], "purpose": "review"}]
    asking = Asking.model_validate({"carer_id": known(f"carer {AMINA}"), "how": "in_person", "proposals": about})

    async def merge() -> UUID:
        await asyncio.sleep(wait)
        return await merge_pupils(hands[0], kept, LEILA, said)

    done = await asyncio.gather(
        merge(),
        open_case(hands[1], NewCase(pupil_id=kept, reason="Finds it hard to sit.", level="1")),
        add_carer(hands[2], LEILA, aunt),
        change_pupil(hands[3], LEILA, PupilChange(version=1, pronouns="she/her")),
        bar_contact(hands[4], LEILA, father),
        ask_consent(hands[5], story.case_id, asking),
        save_step(hands[6], kept, "why", 0, {"level": "1"}),
        write_note(nurse, story.case_id, NewNote(category="education", text="Follows pictures better.")),
        return_exceptions=True,
    )
    assert [each for each in done if isinstance(each, BaseException) and not isinstance(each, EcmError)] == []
    assert not any(isinstance(done[each], BaseException) for each in (-1, -3))
    async with db.admin() as admin:
        # Whoever was barred while it was being done is barred from what there is now.
        barred = await admin.fetchval("SELECT count(*) FROM contact_bar b JOIN pupil u ON u.id = b.pupil_id")
        assert barred == (not isinstance(done[4], BaseException))
