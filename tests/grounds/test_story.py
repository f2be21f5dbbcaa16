"""Sharing without consent, told by the people who record it, the family that is told, and those who never learn of it."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ecm.clock import new_id, today
from ecm.database import acting_as
from ecm.errors import NotAllowed
from ecm.grounds.queries import overrides
from ecm.home.queries import home
from ecm.paging import Page
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, OAKFIELD, SENCO, Story, bring_in, open_story
from tests.client import Person, application, sign_in
from tests.grounds.story import (
    AMINA,
    CARE,
    DANIEL,
    DPO,
    DSL,
    LAW,
    MANAGER,
    NOT_TOLD,
    OVERRIDE,
    SAFE,
    SERVICE,
    SOCIAL,
    TEACHER,
    TOLD,
    join,
    let_in,
)  # fmt: skip
from tests.people.pages import browse


async def refused(person: Person, path: str, body: dict[str, Any], *fields: str) -> None:
    answer = await person.post(path, body)
    assert (answer.status_code, {e["field"] for e in answer.json()["errors"]}) == (422, set(fields)), answer.text


async def by_law(carer: Person) -> list[dict[str, Any]]:
    return (await carer.get("/family")).json()["by_law"]


async def test_a_law_opens_until_it_is_ended_and_only_who_was_told_sees_it_and_objects(db):
    story = await open_story(db)
    await join(db, story, MANAGER, CARE)
    await let_in(story, AMINA, DANIEL)
    case, path = f"/cases/{story.case_id}", f"/cases/{story.case_id}/sharing-grounds"
    async with application() as client:
        senco, social, teacher, stranger, amina, daniel = [
            await sign_in(client, each) for each in (SENCO, MANAGER, TEACHER, "senco@hillside.example", AMINA, DANIEL)
        ]
        assert (await social.get(case)).status_code == 404
        assert (await teacher.post(path, LAW | TOLD)).status_code == 403
        assert (await stranger.post(path, LAW | TOLD)).status_code == (await social.get(path)).status_code == 404
        await refused(senco, path, LAW | {"code": "ca1989_s47"} | TOLD, "code")
        await refused(senco, path, LAW | {"categories": ["safeguarding"]} | TOLD, "categories")
        await refused(
            senco, path, LAW | {"agency_id": str(known("council")), "code": "cfa2014_s31"} | TOLD, "agency_id"
        )
        await refused(senco, path, LAW | {"agency_id": str(OAKFIELD)} | TOLD, "code")
        await refused(senco, path, LAW | {"not_told_code": "not_yet"}, "revisit_on")
        await refused(senco, path, LAW | TOLD | {"told_carer_ids": [str(known("carer dawn"))]}, "told_carer_ids")
        made = await senco.post(path, LAW | TOLD)
        assert (made.status_code, made.json()["state"], made.json()["told"]) == (201, "in_force", ["Amina Yusuf"])
        one = f"/sharing-grounds/{made.json()['id']}"
        assert {"education": "statutory", "core": "statutory"}.items() <= {
            each["category"]: each["basis"] for each in (await social.get(case)).json()["sharing"]
        }.items()
        (theirs,) = (await social.get(path)).json()["items"]
        assert (theirs["agreed_by"], theirs["told"], theirs["recorded_by"]["name"]) == (None, [], None)
        assert [each["source"] for each in await by_law(amina)] == ["Children Act 1989, section 17"]
        assert await by_law(daniel) == []
        assert (await daniel.post(f"{one}/objection", {})).status_code == 404
        assert (await senco.post(f"{one}/objection", {})).status_code == 403
        assert (await amina.post(f"{one}/ending", {})).status_code == 403
        assert (await amina.post(f"{one}/objection", {"text": "Nobody asked me."})).status_code == 201
        (letter,) = [m for m in (await client.get("/demo/outbox.json")).json() if "object" in m["subject"]]
        assert (letter["to"], "Nobody" in letter["text"]) == (SENCO, False)
        (now,) = (await senco.get(path)).json()["items"]
        assert [(o["name"], o["text"]) for o in now["objections"]] == [("Amina Yusuf", "Nobody asked me.")]
        answer, said = f"/objections/{now['objections'][0]['id']}/answer", {"answer": "The law asks for it. Ring me."}
        assert "objection" in {need.kind for need in (await home(await db.act_as(SENCO)))["needs"]}
        assert (await amina.post(answer, said)).status_code == (await social.post(answer, said)).status_code - 1 == 403
        assert (await senco.post(answer, said)).status_code == 201
        await refused(senco, answer, said, "")
        assert "objection" not in {need.kind for need in (await home(await db.act_as(SENCO)))["needs"]}
        assert [each["answer"] for each in await by_law(amina)] == [said["answer"]]
        assert (await social.post(f"{one}/ending", {"reason": "Done."})).status_code == 403
        await refused(senco, f"{one}/ending", {}, "reason")
        assert (await senco.post(f"{one}/ending", {"reason": "No longer in need."})).status_code == 201
        assert (await social.get(case)).status_code == 404
        await refused(senco, f"{one}/ending", {"reason": "Twice."}, "")
        assert [each["over"] for each in await by_law(amina)] == [True]


async def test_an_override_is_short_renewed_by_somebody_else_and_seen_by_the_officer(db):
    story = await open_story(db)
    await join(db, story, SOCIAL, CARE)
    await let_in(story, AMINA)
    case, path = f"/cases/{story.case_id}", f"/cases/{story.case_id}/sharing-grounds"
    async with application() as client:
        senco, dsl, social, amina = [await sign_in(client, each) for each in (SENCO, DSL, SOCIAL, AMINA)]
        assert (await senco.post(path, OVERRIDE | NOT_TOLD)).status_code == 403
        await refused(dsl, path, OVERRIDE | NOT_TOLD | {"reason": "x" * 19, "consulted": ""}, "reason", "consulted")
        late = (today() + timedelta(days=15)).isoformat()
        await refused(dsl, path, OVERRIDE | NOT_TOLD | {"until_on": late}, "until_on")
        made = await dsl.post(path, OVERRIDE | NOT_TOLD)
        assert made.status_code == 201, made.text
        letters = [m for m in (await client.get("/demo/outbox.json")).json() if "override" in m["subject"]]
        assert [m["to"] for m in letters] == [DPO]
        assert story.reference not in letters[0]["text"]
        assert (await social.get(case)).status_code == 200
        await refused(dsl, path, OVERRIDE | NOT_TOLD, "")  # her own
        page, browser = f"/grounds/{made.json()['id']}", await browse(client, DSL)
        assert "invite the headteacher or a deputy safeguarding lead" in await browser.get(page)
        (seen,) = (await senco.get(path)).json()["items"]
        assert (seen["basis"], seen["reason"], seen["consulted"]) == ("override", None, None)
        assert (await senco.post(f"/sharing-grounds/{seen['id']}/ending", {"reason": "No."})).status_code == 403
        assert await by_law(amina) == []
        async with db.admin() as admin:
            await admin.execute("UPDATE membership SET role = 'headteacher' WHERE id = $1", known(f"seat {TEACHER}"))
        assert "Nobody can yet" not in (shown := await browser.get(page))
        assert "Headteacher, Oakfield Primary School" in shown
        renewed = await (await sign_in(client, TEACHER)).post(path, OVERRIDE | NOT_TOLD)
        assert (renewed.status_code, renewed.json()["renews_id"]) == (201, made.json()["id"])
        assert len((await dsl.get(path)).json()["items"]) == 2
    listed = (await overrides(await db.act_as(DPO), Page(1)))["items"]
    assert [(each["reason"], each["by_role"]) for each in listed] == [(OVERRIDE["reason"], "headteacher")]
    assert len((await overrides(await db.act_as(DSL), Page(25)))["items"]) == 2
    assert (await overrides(await db.act_as(MANAGER), Page(25)))["items"] == []  # neither recorded nor keeps it
    with pytest.raises(NotAllowed):
        await overrides(await db.act_as(SENCO), Page(25))
    await told_at_last(db, story, made.json()["id"])
    await db.put_clock_forward(timedelta(days=15))
    async with application() as client:
        assert (await (await sign_in(client, SOCIAL)).get(case)).status_code == 404


async def told_at_last(db: Any, story: Story, ground_id: str) -> None:
    """On the day to look again it is on the lead's Home, and gone when the mother was told; she sees it from then on."""

    async def waits(email: str) -> bool:
        return "telling" in {need.kind for need in (await home(await db.act_as(email)))["needs"]}

    assert not await waits(SENCO)
    async with application() as client:
        senco, amina = await sign_in(client, SENCO), await sign_in(client, AMINA)
        again = {"not_told_code": "not_reached", "revisit_on": today().isoformat()}
        path = f"/sharing-grounds/{ground_id}/telling"
        assert (await senco.post(path, again)).status_code == 201
        assert await waits(SENCO)
        assert await waits(DSL)
        assert (await amina.post(path, again)).status_code == 404
        assert (await senco.post(path, TOLD)).status_code == 201
        assert not await waits(SENCO)
        assert [each["basis"] for each in await by_law(amina)] == ["override"]
        assert (await amina.post(path, again)).status_code == 403


async def test_a_service_ends_with_the_word_of_who_agreed_and_a_refuge_is_told_to_nobody(db):
    story = await open_story(db)
    await join(db, story, NURSE, HEALTH)
    await let_in(story, AMINA, DANIEL)
    case, path = f"/cases/{story.case_id}", f"/cases/{story.case_id}/sharing-grounds"
    async with application() as client:
        senco, dsl, nurse, amina, daniel = [await sign_in(client, each) for each in (SENCO, DSL, NURSE, AMINA, DANIEL)]
        await refused(senco, path, SERVICE | {"carer_id": None, "channel": None}, "carer_id", "channel")
        made = await senco.post(path, SERVICE)
        assert (made.status_code, made.json()["agreed_by"]) == (201, "Amina Yusuf")
        end = f"/sharing-grounds/{made.json()['id']}/ending"
        assert (await nurse.get(case)).status_code == 200
        assert (await nurse.get(path)).json()["items"][0]["agreed_by"] is None
        assert (await daniel.get("/family")).json()["services"] == []
        assert (await daniel.post(end, {})).status_code == 404
        assert (await amina.get("/family")).json()["services"][0]["child"] == "Leila"
        assert (await amina.post(end, {})).status_code == 201
        assert (await nurse.get(case)).status_code == 404
        refuge = {"agency_id": str(SAFE), "reason_code": "advice", "categories": ["education"]}
        await dsl.post(f"{case}/involvements", refuge)
        hidden = OVERRIDE | TOLD | {"agency_id": str(SAFE)}
        assert (await dsl.post(path, hidden)).json()["state"] == "waiting"
        assert len((await dsl.get(path)).json()["items"]) == 2
        assert [each["basis"] for each in (await senco.get(path)).json()["items"]] == ["service_agreement"]
        assert await by_law(amina) == []
        await refused(senco, path, SERVICE | {"agency_id": str(SAFE)}, "agency_id")
        async with db.admin() as admin:
            await admin.execute("SET ROLE ecm_policy")
            proof = "UPDATE carer SET authority_verified_at = $2 WHERE id = $1"
            await admin.execute(proof, known(f"carer {DANIEL}"), None)
        await refused(senco, path, SERVICE | {"carer_id": str(known(f"carer {DANIEL}"))}, "carer_id")
        async with db.admin() as admin:
            await admin.execute("SET ROLE ecm_policy")
            await admin.execute(
                "UPDATE pupil SET date_of_birth = '2010-01-01' WHERE id = $1", known("pupil Leila Reid")
            )
        await refused(senco, path, SERVICE, "carer_id")  # 16: it is hers to say


async def test_the_database_itself_holds_the_limits(db):
    story = await open_story(db)
    await join(db, story, SOCIAL, CARE)
    insert = """INSERT INTO sharing_ground (id, case_id, agency_id, basis, code, categories, reason, not_told_code, until_at,
                from_at, recorded_by_membership_id) VALUES ($1, $2, $3, 'override', 'x', $4, $5, 'not_yet',
                app_now() + interval '90 days', app_now() - interval '1 year', $6)"""
    values = (story.case_id, CARE, ["education"], "x" * 20, known(f"seat {SENCO}"))
    async with acting_as(await db.act_as(DSL), "test") as act:
        await act.run(insert, new_id(), *values)
        row = await act.row(
            "SELECT from_at = app_now() AS now, until_at - from_at AS long, recorded_by_membership_id AS by FROM sharing_ground"
        )
        assert (row["now"], row["long"], row["by"]) == (True, timedelta(days=14), known(f"seat {DSL}"))
        act.record("consents:listed")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(story.senco, "test") as act:
            await act.run(insert, new_id(), *values)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(story.senco, "test") as act:
            await act.rows("SELECT reason FROM sharing_ground")


async def test_who_was_not_told_of_an_override_cannot_see_that_there_is_one(db):
    story = await open_story(db)
    await join(db, story, MANAGER, CARE)
    await let_in(story, AMINA, DANIEL)
    case = f"/cases/{story.case_id}"
    async with application() as client:
        dsl, manager, amina, daniel = [await sign_in(client, each) for each in (DSL, MANAGER, AMINA, DANIEL)]

        async def family(carer: Person) -> tuple[Any, ...]:
            """Whether they help, what is shared by law, and who looked but the reader and the school."""
            (mine,) = (await carer.get("/family")).json()["items"]
            active = (await carer.get(case)).json()["involvements"][0]["status"]
            looks = (await carer.get(f"{case}/access-log")).json()["items"]
            others = [each["basis"] for each in looks if each["agency"] and each["agency"]["id"] == str(CARE)]
            return [each["active"] for each in mine["people"]], active, len(await by_law(carer)), others

        nothing = ([False], "waiting_for_basis", 0, [])
        assert await family(amina) == nothing
        made = (await dsl.post(f"{case}/sharing-grounds", OVERRIDE | NOT_TOLD)).json()["id"]
        assert (await manager.get(case)).status_code == 200
        assert await family(amina) == await family(daniel) == nothing
        assert (await dsl.post(f"/sharing-grounds/{made}/telling", TOLD)).status_code == 201
        assert await family(amina) == ([True], "active", 1, [["override"]])
        assert await family(daniel) == nothing


async def test_who_does_not_keep_the_case_shares_only_what_they_read_with_others(db):
    story = await open_story(db)
    await bring_in(db, story, MANAGER, CARE, "social_care")
    path = f"/cases/{story.case_id}/sharing-grounds"
    async with application() as client:
        manager, senco = await sign_in(client, MANAGER), await sign_in(client, SENCO)
        note = {"category": "social_care", "text": "A section 17 plan is in place."}
        assert (await manager.post(f"/cases/{story.case_id}/notes", note)).status_code == 201
        to_school = OVERRIDE | NOT_TOLD | {"agency_id": str(OAKFIELD), "categories": ["social_care"]}
        await refused(manager, path, to_school | {"categories": ["health"]}, "agency_id")
        await refused(manager, path, to_school | {"agency_id": str(CARE)}, "agency_id")
        assert (await senco.get(f"/cases/{story.case_id}")).json()["notes"] == []
        assert (await manager.post(path, to_school)).status_code == 201
        assert [each["text"] for each in (await senco.get(f"/cases/{story.case_id}")).json()["notes"]] == [note["text"]]
    (listed,) = (await overrides(await db.act_as(MANAGER), Page(25)))["items"]
    assert listed["agency"] == "Oakfield Primary School"
