"""Who may be told who opened a case, and what of it: entitled and refused side by side."""

import json
from datetime import timedelta
from typing import Any

from ecm.clock import new_id, today
from ecm.seeds import known
from tests.casefile.story import (
    AMINA,
    CARE,
    DANIEL,
    DSL,
    HEALTH,
    MANAGER,
    NURSE,
    OAKFIELD,
    REFUGE,
    SENCO,
    SOCIAL,
    STRANGER,
    TEACHER,
    THERAPIST,
    build,
)  # fmt: skip
from tests.client import Person, application, sign_in
from tests.consent.test_pages import at_a_desk


async def log_of(person: Person, path: str, **query: Any) -> tuple[int, list[dict[str, Any]]]:
    answer = await person.get(f"{path}/access-log", limit=100, **query)
    return answer.status_code, answer.json().get("items", [])


async def look(db: Any, case_id: str, person: str, agency: str, role: str) -> None:
    """Somebody opened the case: an event as the log holds it, by an agency that nobody here signs in for."""
    event_id = new_id()
    entry = {
        "v": 1,
        "id": str(event_id),
        "event": "case:shown",
        "outcome": "shown",
        "actor": person,
        "agency": agency,
        "role": role,
        "case": case_id,
    }
    async with db.admin() as admin:
        await admin.execute(
            "INSERT INTO audit_event (id, entry) SELECT $1, $2::jsonb || jsonb_build_object('at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))",
            event_id, json.dumps(entry),
        )  # fmt: skip


async def test_each_reader_is_told_what_is_theirs_to_know_and_everybody_else_nothing(db):
    async with application() as client:
        work = await build(client)
        path, people = work.story.path, work.people
        for email in (SENCO, NURSE, SOCIAL, AMINA, DSL):
            assert (await people[email].get(path)).status_code == 200
        await look(db, work.story.case_id, str(known(SOCIAL)), REFUGE, "practitioner")
        agencies = {}
        for email in (SENCO, DSL, THERAPIST, MANAGER, AMINA):
            status, items = await log_of(people[email], path)
            assert status == 200, email
            agencies[email] = {each["agency"]["id"] if each["agency"] else None for each in items}
            assert all(each["event"].endswith((":shown", ":listed")) for each in items)
        assert agencies[SENCO] == {OAKFIELD, HEALTH, CARE, None}
        assert agencies[DSL] == {OAKFIELD, HEALTH, CARE, None, REFUGE}, "whoever may know of the refuge"
        assert agencies[THERAPIST] == {HEALTH}, "a partner's manager reads of the own people"
        assert agencies[MANAGER] == {CARE}
        assert agencies[AMINA] == {OAKFIELD, HEALTH, CARE, None}
        refused = {
            email: (await log_of(people[email], path))[0] for email in (NURSE, SOCIAL, TEACHER, STRANGER, DANIEL)
        }
        assert refused == {NURSE: 403, SOCIAL: 403, TEACHER: 404, STRANGER: 404, DANIEL: 404}
        absent = (await people[STRANGER].get(f"/cases/{new_id()}/access-log")).json()
        assert absent == (await people[STRANGER].get(f"{path}/access-log")).json()


async def test_the_family_reads_no_name_and_an_officer_no_carers_name(db):
    async with application() as client:
        work = await build(client)
        path = work.story.path
        for email in (SENCO, NURSE, AMINA):
            await work.people[email].get(path)
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE membership SET role = 'data_protection_officer' WHERE person_id = $1", known(TEACHER)
            )
        officer = await sign_in(client, TEACHER)
        family = (await log_of(work.people[AMINA], path))[1]
        school = (await log_of(work.people[SENCO], path))[1]
        told = (await log_of(officer, path))[1]
        assert {each["person"] for each in family} == {None}
        assert {"Grace Okafor", "Beth Lawson", "Amina Yusuf"} <= {each["person"]["name"] for each in school}
        assert {each["role"] for each in told if each["person"] is None} == {"carer"}
        assert all(each["basis"] and each["basis_recorded"] for each in school)
        assert next(e for e in school if e["role"] == "practitioner" and e["event"] == "case:shown")["basis"] == [
            "assignment",
            "own_record",
        ]
        assert (await officer.get(path)).status_code == 404, "who opened it, not what it says"
        desk = await at_a_desk(client, TEACHER)
        assert (await desk.get(f"/cases/{work.story.reference}/access")).status_code == 200
        assert "Leila" not in desk.words
        assert (await log_of(work.people[SENCO], path))[1][0]["event"] == "access_log:shown", (
            "reading it is itself an event"
        )
        mother = await at_a_desk(client, AMINA)
        assert (await mother.get(f"/family/looked/{work.story.reference}")).status_code == 200
        assert "Northshire Community Health · Practitioner" in mother.words
        assert not {"Grace", "Beth"} & set(mother.words.split())


async def test_filters_pages_and_odd_questions(db):
    async with application() as client:
        work = await build(client)
        path, senco = work.story.path, work.people[SENCO]
        for _ in range(3):
            await work.people[NURSE].get(path)
        assert {e["agency"]["id"] for e in (await log_of(senco, path, agency_id=HEALTH))[1]} == {HEALTH}
        tomorrow = (today() + timedelta(days=1)).isoformat()
        for wanted, some in (({"from_on": tomorrow}, False), ({"to_on": tomorrow}, True), ({"from_on": "0001-01-01"}, True),
                             ({"to_on": "0001-01-01"}, False), ({"to_on": "9999-12-31"}, True)):  # fmt: skip
            status, items = await log_of(senco, path, **wanted)
            assert (status, bool(items)) == (200, some), wanted
        first = (await senco.get(f"{path}/access-log", limit=2, agency_id=HEALTH)).json()
        then = (await senco.get(f"{path}/access-log", limit=2, agency_id=HEALTH, cursor=first["next"])).json()
        assert not {e["id"] for e in first["items"]} & {e["id"] for e in then["items"]}
        desk = await at_a_desk(client, SENCO)
        page = f"/cases/{work.story.reference}/access"
        assert (await desk.get(f"{page}?from_on-day=31&from_on-month=2&from_on-year=2026")).status_code == 422
        assert (await desk.get(f"{page}?agency=nonsense")).status_code == 422
        assert (await desk.get(f"{page}?agency={HEALTH}&to_on-day=1&to_on-month=1&to_on-year=9999")).status_code == 200
