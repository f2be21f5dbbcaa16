"""Opening a case in steps, as a browser without JavaScript sends them; and who may have a draft."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from ecm import seeds
from ecm.accounts.current import SESSION_COOKIE
from ecm.clock import today
from ecm.consent.papers import show_paper
from ecm.database import acting_as
from ecm.errors import NotAllowed, NotFound, Refused, Stale
from ecm.opening.commands import open_drafted
from ecm.opening.drafts import save_step, show_draft, throw_away
from ecm.opening.queries import show_step
from ecm.opening.rules import LONGEST_HAPPENING, LONGEST_TRIED, gaps, reason_text, try_category, try_title
from ecm.opening.schemas import STORED
from ecm.seeds import known
from ecm.web.visit import CSRF_FIELD, csrf_token
from tests.client import application

SENCO, HEAD, STRANGER = "senco@oakfield.example", "dsl@oakfield.example", "senco@hillside.example"
LEILA = known("pupil Leila Reid")
AMINA, HEALTH, CLINIC = known("carer amina.yusuf@home.example"), known("community-health"), known("young-minds")
WHY = {"strengths": "Draws.", "happening": "Loses the thread.", "since": "spring", "tried": "Pictures.", "level": "2"}
BARRIER = {"code": "CI01", "how_identified": "teacher_observation", "detail": "", "strategies": ["0"]}
HELP = {"agency_id": str(HEALTH), "reason_code": "assessment", "categories": ["education"], "message": "Please come."}
LINK = {"carer_id": str(AMINA), "how": "link", "later_reason": "", "authority_seen": "", "safe_to_share": True}


class Desk:
    """Somebody signed in on pages."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        self.client, self.token = client, csrf_token(secret)
        self.headers = {"Cookie": f"{SESSION_COOKIE}={secret}"}

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.headers)

    async def send(self, path: str, **boxes: Any) -> httpx.Response:
        return await self.client.post(path, data={CSRF_FIELD: self.token, **boxes}, headers=self.headers)


async def sit_down(client: httpx.AsyncClient, email: str) -> Desk:
    answer = await client.post("/sign-in", data={"email": email, "password": seeds.PASSWORD})
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(SESSION_COOKIE))
    return Desk(client, cookie.partition("=")[2].partition(";")[0])


async def write(actor: Any, pupil: Any = LEILA, **steps: Any) -> Any:
    """Save these steps as they are; the draft."""
    draft = None
    for step, said in steps.items():
        draft = await save_step(actor, pupil, step, 0, STORED[step].model_validate(said).model_dump(mode="json"))
    return draft


async def test_everything_happens_in_one_transaction_or_nothing(db):
    senco = await db.act_as(SENCO)
    clinic = HELP | {"agency_id": str(CLINIC), "categories": ["health"]}
    draft = await write(
        senco, why=WHY, barriers={"barriers": [BARRIER]}, helpers={"helpers": [HELP, clinic]}, family=LINK
    )
    _, facts = await show_step(senco, LEILA, "family")
    async with db.admin() as admin:
        await admin.execute("UPDATE person SET phone_changed_at = now() WHERE email LIKE 'amina%'")
        with pytest.raises(Refused) as refused:
            await open_drafted(senco, LEILA, draft.version)
        assert list(refused.value.problems) == ["family"], "what fails last takes everything back"
        tables = ("support_case", "action", "involvement", "carer_admission", "consent_request", "outbox")
        assert [await admin.fetchval(f"SELECT count(*) FROM {t}") for t in tables] == [0] * 6
        await admin.execute("UPDATE person SET phone_changed_at = NULL WHERE email LIKE 'amina%'")
        with pytest.raises(Stale):
            await open_drafted(senco, LEILA, draft.version - 1)
        case = await open_drafted(senco, LEILA, draft.version)
        assert [await admin.fetchval(f"SELECT count(*) FROM {t}") for t in tables] == [1, 1, 2, 1, 2, 2]
        assert await admin.fetchval("SELECT count(*) FROM case_draft") == 0
        action = await admin.fetchrow("SELECT title, category, due_on, owner_agency_id FROM action")
        assert tuple(action)[1:] == ("classroom", today() + timedelta(weeks=6), known("oakfield"))
        assert action["title"].startswith("Try: ")
        requests = [r["id"] for r in await admin.fetch("SELECT id FROM consent_request ORDER BY id")]
    assert case["reason"] == "Loses the thread.\n\nSince when: spring\n\nTried so far: Pictures."
    read = [(await show_paper(senco, each)).wording for each in requests]
    assert {w.hash for w in read} == {w.hash for w in facts["wordings"]}, "what was shown is what is read"
    with pytest.raises(Stale) as late:
        await write(senco, why=WHY)
    assert late.value.current["reference"] == case["reference"]


async def test_a_draft_is_its_writers_alone_and_goes_after_thirty_days(db):
    senco, colleague, stranger = [await db.act_as(each) for each in (SENCO, HEAD, STRANGER)]
    await write(senco, why=WHY)
    assert (await show_draft(senco, LEILA)).said("why")["strengths"] == "Draws."
    assert (await show_draft(colleague, LEILA)).answers == {}
    with pytest.raises(NotFound):
        await show_draft(stranger, LEILA)
    with pytest.raises(NotFound):
        await throw_away(colleague, LEILA)
    await write(colleague, why=WHY | {"strengths": "Sings."})
    with pytest.raises(NotAllowed):
        await show_draft(await db.act_as("teacher@oakfield.example"), LEILA)
    async with acting_as(senco, "look") as act:
        assert await act.value("SELECT count(*) FROM case_draft") == 1
        assert (
            await act.run("UPDATE case_draft SET answers = '{}' WHERE membership_id <> $1", act.who.membership_id) == 0
        )
        act.record("draft:shown")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(senco, "look") as act:
            await act.run("DELETE FROM case_draft")
    async with db.admin() as admin:
        await db.put_clock_forward(timedelta(days=29))
        later = await db.act_as(SENCO)
        assert (await show_draft(later, LEILA)).version == 1
        await db.put_clock_forward(timedelta(days=31))
        later = await db.act_as(SENCO)
        assert (await show_draft(later, LEILA)).version == 0
        assert await admin.fetchval("SELECT count(*) FROM case_draft") == 2
        await write(later, known("pupil Suhaila"), why=WHY)
        assert await admin.fetchval("SELECT count(*) FROM case_draft") == 1, (
            "whoever begins one sweeps all old ones out"
        )
        await write(later, why=WHY)
        await admin.execute("UPDATE enrolment SET to_on = from_on WHERE pupil_id = $1", LEILA)
    with pytest.raises(NotFound):
        await show_draft(later, LEILA)


async def test_two_devices_lose_nothing(db):
    senco = await db.act_as(SENCO)
    why = STORED["why"].model_validate(WHY).model_dump(mode="json")
    first = await save_step(senco, LEILA, "why", 0, why)
    assert (await save_step(senco, LEILA, "why", 0, why)).version == first.version, "the same sent twice is kept once"
    with pytest.raises(Stale) as stale:
        await save_step(senco, LEILA, "why", 0, why | {"strengths": "Sings."})
    assert stale.value.current["said"]["strengths"] == "Draws."
    await save_step(senco, LEILA, "barriers", 0, {"barriers": []})  # another step is no quarrel
    assert (await save_step(senco, LEILA, "why", 1, why | {"strengths": "Sings."})).version == 3


BAD = [
    ("why", {"unexpected": "1"}),
    ("why", {"happening": "x" * (LONGEST_HAPPENING + 1)}),
    ("why", {"happening": "two\u202eways"}),
    ("why", {"strengths": "a\x00b"}),
    ("why", {"level": "5"}),
    ("barriers", {"add": "ZZ99"}),
    ("barriers", {"barriers.0.code": "CI01", "barriers.0.strategies": "7"}),
    ("barriers", {"drop": "-1"}),
    ("helpers", {"add": str(known("safe-haven"))}),
    ("helpers", {"helpers.0.agency_id": str(LEILA)}),
    ("family", {"carer_id": str(known("carer ewa"))}),
    ("family", {"how": "owl"}),
]


async def test_what_no_page_sends_is_refused_and_nothing_is_written(db):
    async with application() as client:
        senco = await sit_down(client, SENCO)
        for step, boxes in BAD:
            answer = await senco.send(f"/cases/new/{LEILA}/{step}", **boxes)
            assert answer.status_code == 422, (step, boxes)
            assert "There is a problem" in answer.text
            kept = await senco.send(f"/cases/new/{LEILA}/{step}", then="keep", **boxes)
            assert (kept.status_code, list(kept.json())) == (422, ["problem"])
        assert (await senco.send(f"/cases/new/{LEILA}/magic", x="1")).status_code == 404
        stranger = await sit_down(client, STRANGER)
        for step in ("why", "check", "throw-away"):
            absent = await stranger.send(f"/cases/new/{known('nobody')}/{step}")
            assert (await stranger.send(f"/cases/new/{LEILA}/{step}")).status_code == absent.status_code == 404
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT count(*) FROM case_draft") == 0


async def test_the_steps_on_pages(db):
    here = f"/cases/new/{LEILA}"
    async with application() as client:
        senco = await sit_down(client, SENCO)
        opened = await senco.send(f"{here}/check", version="0")
        assert (opened.status_code, "Enter what is happening." in opened.text) == (422, True)
        half = await senco.send(f"{here}/why", version="0", strengths="Draws.", then="on")
        assert (half.status_code, "Enter what is happening." in half.text) == (422, True)
        assert (await senco.get(here)).headers["location"] == f"{here}/why"
        kept = await senco.send(f"{here}/why", version="1", then="keep", **WHY)
        assert (kept.status_code, kept.json()) == (200, {"version": 2})
        added = await senco.send(f"{here}/helpers", version="0", add=str(HEALTH))
        assert added.headers["location"] == f"{here}/helpers#helpers-0"
        page = (await senco.get(f"{here}/helpers")).text
        assert {"education", "health"} == set(
            re.findall(r'name="helpers.0.categories"[^>]*value="(\w+)"[^>]*checked', page)
        )
        assert "Safe Haven" not in page
        missing = await senco.send(
            f"{here}/helpers", version="3", **{f"helpers.0.{k}": v for k, v in HELP.items() if k != "reason_code"}
        )
        assert "Choose what you ask this service for." in missing.text
        await senco.send(f"{here}/helpers", version="4", **{f"helpers.0.{k}": v for k, v in HELP.items()})
        await senco.send(f"{here}/barriers", version="0", **{f"barriers.0.{k}": v for k, v in BARRIER.items()})
        later = await senco.send(f"{here}/family", version="0", how="later")
        assert "Enter why the family is asked later." in later.text
        await senco.send(f"{here}/family", version="7", how="later", later_reason="Mum is away.")
        page = (await senco.get(f"{here}/check")).text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        tries = {"tries.0.key": "CI01-0", "tries.0.title": "Talk in pictures", "tries.0.due_on-day": "27",
                 "tries.0.due_on-month": "3", "tries.0.due_on-year": str(today().year + 1)}  # fmt: skip
        stale = await senco.send(f"{here}/check", version="1", **tries)
        assert (stale.status_code, "Talk in pictures" in stale.text) == (409, True)
        opened = await senco.send(f"{here}/check", version=version[1], then="open", **tries)
        assert opened.headers["location"].endswith("/opened"), opened.text
        again = await senco.send(f"{here}/check", version=version[1], then="open", **tries)
        assert again.headers["location"] == opened.headers["location"].removesuffix("/opened")
        told = (await senco.get(opened.headers["location"])).text
        for text in ("Northshire Community Health: that your school asks", "Talk in pictures", "Ask the family"):
            assert text in told
        assert (await (await sit_down(client, STRANGER)).get(opened.headers["location"])).status_code == 404
    async with db.admin() as admin:
        assert await admin.fetchval("SELECT text FROM note") == "The family has not been asked yet: Mum is away."
        assert await admin.fetchval("SELECT category FROM note") == "family"
        events = [
            r[0]
            for r in await admin.fetch(
                "SELECT entry ->> 'event' FROM audit_event WHERE entry ->> 'event' IN ('case:opened', 'draft:saved')"
            )
        ]
        assert events.count("case:opened") == 1


def test_rules():
    longest = {"happening": "x" * LONGEST_HAPPENING, "since": "y" * 200, "tried": "z" * LONGEST_TRIED}
    assert len(reason_text(longest)) <= 5_000
    assert reason_text({"happening": "x", "since": "", "tried": ""}) == "x"
    assert (try_category("education"), try_category("safeguarding")) == ("classroom", "safeguarding")
    assert (try_title("Model it"), try_title("TEACCH boxes")) == ("Try: model it", "Try: TEACCH boxes")
    assert gaps("family", {}, helpers=0) == {}
    assert list(gaps("family", {}, helpers=1)) == ["how"]
    assert list(gaps("family", {"how": "link"}, helpers=1)) == ["carer_id"]
