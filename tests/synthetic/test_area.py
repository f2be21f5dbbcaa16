"""A made-up area: nobody in it could be taken for anybody, every state is there, and it is derived like everything else."""

import asyncio
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest
from click.testing import CliRunner

from ecm.agencies.permissions import GRANTS
from ecm.audit.export import export
from ecm.audit.integrator import log_key, resume, seal_batch
from ecm.audit.verify import verify
from ecm.barriers.catalogue import catalogue
from ecm.cli import main
from ecm.clock import midnight
from ecm.config import settings
from ecm.consent.papers import show_paper
from ecm.consent.rules import Event, states
from ecm.embedded import as_role
from ecm.errors import Refused
from ecm.pupils.rules import name_key, upn_problem, year_group, year_group_code
from ecm.synthetic import commands
from ecm.synthetic.commands import Made, Wanted, make_area
from ecm.synthetic.names import WORDS
from ecm.synthetic.places import Area
from ecm.synthetic.rows import Batch, Rows
from ecm.synthetic.telling import Cast, batches, found
from tests.client import application
from tests.conftest import SECRET, open_session

DAY = date(2026, 11, 20)
AREAS = [Wanted(300, 12, seed, DAY) for seed in (1, 2, 3)]
RELATION = "SELECT * FROM case_access ORDER BY case_id, principal, category, basis, basis_id, valid_from"
SEATS = "SELECT * FROM case_seat ORDER BY principal, case_id"
ACTIONS = "SELECT id, owner_agency_id, version FROM action ORDER BY id"


def silent(what: str, done: int, of: int) -> None:
    """Nobody watches."""


async def made(db: Any, wanted: Wanted, **more: bool) -> Made:
    return await make_area(db.admin_url, SECRET, wanted, silent, **more)


def told_of(wanted: Wanted) -> Cast:
    rows = Rows(Random(f"ids of {wanted.seed}"), 1)
    area = Area(rows, Random(wanted.seed), wanted.day, "Eastmarch", "area.example")
    return found(area, wanted.pupils, wanted.agencies, set())


def told(wanted: Wanted) -> list[Batch]:
    return [batch for _, batch in batches(told_of(wanted), set())]


def test_the_same_numbers_make_the_same_area() -> None:
    small = replace(AREAS[0], pupils=2_100)
    once = told(small)
    assert once == told(small)
    assert len(once) == 2, "in batches, so that memory does not grow with the area"
    assert sum(len(rows) for batch in once for table, _, rows in batch if table == "support_case") == 420
    assert told(AREAS[0]) != told(AREAS[1])
    for few in (1, 3, 40):
        assert (
            sum(len(rows) for batch in told(replace(small, pupils=few)) for table, _, rows in batch if table == "pupil")
            == few
        )


def test_each_school_asks_the_services_of_its_own_corner() -> None:
    # Three services more than two corners have: they go to the first of them.
    cast = told_of(replace(AREAS[0], pupils=8_000, agencies=27))
    schools = {school.id: school for school in cast.schools}
    for phase in ("primary", "secondary"):
        assert {school.corner for school in cast.schools if school.plan and school.plan.phase == phase} == {0, 1}
    services = {service.id: service for service in cast.services}
    asked = [
        (schools[row["invited_by_agency_id"]], services[row["agency_id"]])
        for _, batch in batches(cast, set())
        for table, columns, rows in batch
        if table == "involvement"
        for row in (dict(zip(columns, each, strict=True)) for each in rows)
    ]
    assert all(school.corner == service.corner for school, service in asked)
    assert {school.corner for school, _ in asked} == {0, 1}
    assert services.keys() - {service.id for _, service in asked} == {
        each.id for each in cast.services if not each.weight
    }, "each that can be asked is asked somewhere"


async def test_small_areas_hold_together(db: Any, tmp_path: Path) -> None:
    areas = [await made(db, wanted, sign_ins=wanted is AREAS[0]) for wanted in AREAS]
    async with db.admin() as admin:
        await _is_unmistakable(admin)
        await _has_everything(admin)
        await _is_derived(admin)
        await _is_in_the_log(admin, db, tmp_path)
        asked = await admin.fetchrow(
            """SELECT r.id, m.person_id FROM consent_request r JOIN membership m ON m.id = r.asked_by_membership_id
               JOIN support_case c ON c.id = r.case_id WHERE c.status = 'open' AND r.answered_at IS NULL ORDER BY r.id LIMIT 1"""
        )
    paper = await show_paper(await open_session(asked["person_id"]), asked["id"])
    assert paper.wording.questions, "what was asked is the text that its hash is of"
    await _people_work_there(areas[0])
    assert not areas[1].sign_ins, "nobody can sign in unless it was asked for"


async def _is_unmistakable(admin: asyncpg.Connection) -> None:
    rows = await admin.fetch(
        """SELECT u.*, e.upn, e.year_group, e.school_id, a.laestab, a.urn FROM pupil u JOIN enrolment e ON e.pupil_id = u.id
           JOIN agency a ON a.id = e.school_id WHERE a.name !~ '^(Oakfield|Hillside)'"""
    )
    roots = re.compile("|".join(name_key(word) for word in WORDS))
    assert len(rows) == 900
    for row in rows:
        assert upn_problem(row["upn"], synthetic=True) is None
        assert upn_problem(row["upn"]) is not None, "no authority gives such a number"
        assert row["year_group"] == year_group_code(year_group(row["date_of_birth"], DAY))
        assert roots.search(row["search_key"]), row["search_key"]
        assert row["laestab"].startswith("999")
        assert row["urn"].startswith("999")
    assert len({row["upn"] for row in rows if row["laestab"] == "9992000"}) > 100, "no number twice"
    assert any(not row["last_name"] for row in rows)
    assert any(re.search("[’'-]", row["last_name"]) for row in rows)
    assert any(not row["first_name"].isascii() for row in rows)
    people = await admin.fetch("SELECT name, email, phone FROM person WHERE phone IS NOT NULL OR email IS NOT NULL")
    assert all(row["email"] is None or row["email"].endswith(".example") for row in people)
    assert all(row["phone"] is None or row["phone"].startswith("+447700900") for row in people)
    codes = {each.code for each in catalogue()}
    assert {row["code"] for row in await admin.fetch("SELECT code FROM identified_barrier")} < codes
    roles = await admin.fetch("SELECT DISTINCT a.kind, m.role FROM membership m JOIN agency a ON a.id = m.agency_id")
    assert {tuple(row) for row in roles} <= set(GRANTS)


async def _has_everything(admin: asyncpg.Connection) -> None:
    """Every state that there is a word for."""

    async def values(table: str, column: str) -> set[str]:
        return {row[0] for row in await admin.fetch(f"SELECT DISTINCT {column} FROM {table}")}

    assert await values("support_case", "status") == {"open", "closed", "voided"}
    assert await values("involvement", "status") == {"invited", "accepted", "declined", "withdrawn", "ended"}
    assert await values("action", "status") == {"todo", "doing", "done", "cancelled"}
    assert await values("case_turn", "kind") == {"closed", "reopened", "voided"}
    assert await values("sen_status", "sen_provision") == {"N", "K", "E"}
    assert await values("case_access", "basis") == {"opened_by", "assignment", "consent", "own_record", "own_child"}
    assert await values("agency", "involvement_category") >= {"core", "health", "safeguarding"}
    for table in ("contact_bar", "review", "carer_admission", "correction", "involvement_message", "action_change"):
        assert await admin.fetchval(f"SELECT count(*) FROM {table}") > 0, table
    events = await admin.fetch("SELECT * FROM consent_event ORDER BY number")
    by_case: dict[Any, list[Event]] = {}
    for e in events:
        by_case.setdefault(e["case_id"], []).append(Event(
            e["number"], e["proposal_id"], e["person_id"], e["agency_id"], e["category"], e["purpose"], e["kind"], e["at"],
            e["until_at"],
        ))  # fmt: skip
    now: datetime = midnight(DAY)
    words = {state.word for case in by_case.values() for state in states(case, now).values()}
    assert words == {"requested", "given", "refused", "withdrawn", "expired", "paused"}
    share = await admin.fetchval("SELECT avg((sen_provision = 'K')::int) FROM sen_status")
    assert 0.09 < share < 0.20, "England: 14 %"


async def _is_derived(admin: asyncpg.Connection) -> None:
    """Deriving everything again changes nothing; and no action had to be sent home, so the facts fit each other."""
    before = [await admin.fetch(sql) for sql in (RELATION, SEATS, ACTIONS)]
    assert before[0]
    await admin.execute("DELETE FROM case_seat")
    await admin.execute("DELETE FROM case_access")
    await admin.execute("SELECT derive_case(id) FROM support_case")
    assert [await admin.fetch(sql) for sql in (RELATION, SEATS, ACTIONS)] == before
    aside = await admin.fetchval("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'")
    assert aside == 0, "no trigger stays aside"
    live = "SELECT count(*) FROM carer_admission d JOIN contact_bar b USING (person_id) WHERE b.until_at IS NULL AND d.ended_at IS NULL"
    assert await admin.fetchval(live) == 0, "nobody who is barred is admitted"


async def _is_in_the_log(admin: asyncpg.Connection, db: Any, folder: Path) -> None:
    told = await admin.fetch("SELECT entry::text FROM audit_event WHERE event = 'area:made' ORDER BY id")
    assert len(told) == len(AREAS), "one event a run"
    assert all('"service": "seed"' in row[0] and '"pupils": 300' in row[0] and '"cases": 60' in row[0] for row in told)
    app = await asyncpg.connect(as_role(db.admin_url, "ecm_app"))
    signer = log_key(folder / "key", "ecm.example/log")
    await seal_batch(app, signer, folder / "kept", await resume(app, signer, folder / "kept"))
    await export(app, folder / "bundle", signer.verifier)
    await app.close()
    assert verify(folder / "bundle", str(signer.verifier), None).exit_code == 0


async def _people_work_there(area: Made) -> None:
    by_role = {each.role: each for each in area.sign_ins}
    async with application() as client:
        for role in ("senco", "manager"):
            listed = await _worklist(client, by_role[role].email, area.password)
            assert listed, role
        wrong = {"email": by_role["senco"].email, "password": "open-the-demo"}
        assert (await client.post("/api/v1/tokens", json=wrong)).status_code == 401, "no password that anybody knows"


async def _worklist(client: httpx.AsyncClient, email: str, password: str) -> list[Any]:
    token = (await client.post("/api/v1/tokens", json={"email": email, "password": password})).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    cases = (await client.get("/api/v1/cases", headers=headers)).json()["items"]
    shown = await client.get(f"/api/v1/cases/{cases[0]['id']}", headers=headers)
    assert shown.status_code == 200, shown.text
    return list(cases)


async def test_what_was_interrupted_is_finished_and_nothing_is_made_twice(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise asyncio.CancelledError

    wanted = AREAS[0]
    with monkeypatch.context() as patch:
        patch.setattr(commands, "_derive", interrupted)
        with pytest.raises(asyncio.CancelledError):
            await made(db, wanted)
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM case_access") == 0, "nobody sees what is not derived"
        assert (await made(db, wanted)).rows == {}
        assert len(await admin.fetch(commands.UNDERIVED)) == 0
        count = await admin.fetchval("SELECT count(*) FROM pupil")
        with pytest.raises(Refused, match="here already"):
            await made(db, wanted)
        await admin.execute("UPDATE enrolment SET upn = NULL WHERE id = (SELECT min(id::text)::uuid FROM enrolment)")
        with pytest.raises(Refused, match="not made up"):
            await made(db, AREAS[1])
        assert await admin.fetchval("SELECT count(*) FROM pupil") == count
        await made(db, AREAS[1], into_existing=True)
        assert await admin.fetchval("SELECT count(*) FROM pupil") == count + 300


async def test_the_command_says_what_it_made_and_whom_to_sign_in_as(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECM_DATABASE_URL", db.app_url)
    monkeypatch.setenv("ECM_ADMIN_DATABASE_URL", db.admin_url)
    settings.cache_clear()
    words = ["seed", "--pupils", "30", "--agencies", "3"]
    first = await asyncio.to_thread(CliRunner().invoke, main, [*words, "--sign-ins"])
    again = await asyncio.to_thread(CliRunner().invoke, main, words)
    settings.cache_clear()
    assert first.exit_code == 0, first.output
    assert "30 pupil, 30 enrolment" in first.output
    assert "senco@s1.area1.example" in first.output
    assert "shown only now" in first.output
    assert again.exit_code == 3
    assert "here already" in again.output
