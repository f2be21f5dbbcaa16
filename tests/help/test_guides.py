"""No help page shows what its readers cannot do: each step's page and verb is held to the tables that decide."""

import re
import struct

import pytest

from ecm.accounts.rules import IDLE_LIMIT
from ecm.agencies.permissions import GRANTS, verbs_of
from ecm.consent.rules import LINK_LIFETIME, LINK_SESSION, MOST_CODES
from ecm.help.guide import Guide, Picture, Task, holders, marked
from ecm.help.guides import GUIDES, guide_of, own_first
from ecm.help.results import results
from ecm.web.assets import OWN, PICTURES, ROOT
from ecm.web.render import TEMPLATES
from tests.client import application
from tests.help.write_results import looked_at
from tests.house.write_routes import reviewed
from tests.journeys.story import Story

# Who of the reviewed table of routes stands for whose help page.
PERSONAS = {
    "school-leads": "senco", "teachers": "teacher", "partners": "nurse", "local-authority": "nurse",
    "parents-and-carers": "amina", "auditors": "auditor", "administrators": "admin", "system-administrators": "system",
    "data-protection-officers": "officer", "partnership-data-protection": "steward",
}  # fmt: skip
TASKS = [(guide, task) for guide in GUIDES for task in guide.tasks]
LABEL = re.compile(r"\*\*(.+?)\*\*")
ELSEWHERE = [
    file
    for file in (*(ROOT / "templates").rglob("*.html"), *(ROOT / "ecm").rglob("*.py"))
    if file.parent.name != "help"
]
SCREENS = "\n".join(file.read_text("utf-8") for file in ELSEWHERE)


@pytest.mark.parametrize(("guide", "task"), TASKS, ids=lambda each: getattr(each, "slug", None) or each.title)
def test_what_help_explains_its_readers_can_do(guide: Guide, task: Task) -> None:
    able = [role for kind, role in guide.roles if not task.verb or task.verb in verbs_of(kind, role)]
    assert able, f"nobody who reads this may {task.verb}"
    assert (holders(guide, task.verb) == ()) == (len(able) == len(guide.roles))
    assert reviewed()[PERSONAS[guide.slug]][f"GET {task.at}"] == 200, f"{guide.slug} cannot open {task.at}"
    labels = [label for step in task.steps for label in LABEL.findall(step)]
    assert [label for label in labels if label not in SCREENS] == []


def test_every_role_has_one_help_page_and_it_comes_first() -> None:
    roles = [role for guide in GUIDES for role in guide.roles]
    assert sorted(roles) == sorted([*GRANTS, ("", "carer")])
    assert set(PERSONAS) == {guide.slug for guide in GUIDES}
    for guide in GUIDES:
        assert own_first(guide)[0] is guide
        assert sorted(each.slug for each in own_first(guide)) == sorted(each.slug for each in GUIDES)
    leads = guide_of("school", "senco")
    assert leads is not None
    assert holders(leads, "pupil:import") == ("SENCO", "Headteacher")
    assert guide_of("partnership", "teacher") is None


async def test_everybody_may_read_help_and_whoever_is_signed_in_finds_their_own_first(db) -> None:
    async with application() as client:
        story = Story(client)
        nobody = (await client.get("/help")).text
        assert "Choose who you are." in nobody
        assert "<nav" not in nobody
        for name, guide in (("teacher", "teachers"), ("nurse", "partners"), ("amina", "parents-and-carers")):
            page = (await (await story.who(name)).see("/help")).text
            main = page[page.index("<main") :]
            assert main.index(f'href="/help/{guide}"') < main.index("This is your role.")
            assert 'aria-current="page"' in page
        for guide in GUIDES:
            page = await client.get(f"/help/{guide.slug}")
            assert (page.status_code, page.text.count("<h1")) == (200, 1)
            assert "**" not in page.text
        assert (await client.get("/help/head-of-everything")).status_code == 404
        async with db.admin() as admin:
            shown = "SELECT count(*) FROM audit_event WHERE event = 'help:shown'"
            assert await admin.fetchval(shown) == 3


def test_every_picture_is_there_in_the_size_the_page_says() -> None:
    there = {file.stem: struct.unpack(">II", file.read_bytes()[16:24]) for file in PICTURES}
    shown: list[Picture] = [task.picture for _, task in TASKS if task.picture]
    assert len(shown) >= 6
    for picture in shown:
        assert there[picture.name] == picture.size, picture.name
        assert len(picture.alt) > 30


async def test_the_statement_claims_what_was_looked_at_and_says_how_to_complain() -> None:
    found = results()
    claimed = {"pages": found.pages, "forms": found.forms, "widths": list(found.widths), "axe": found.axe}
    assert claimed == looked_at(), "run: python -m tests.help.write_results, after make test was green"
    assert found.written_on <= found.looked_at_on
    async with application() as client:
        text = " ".join((await client.get("/help/accessibility")).text.split())
    assert f"{found.pages} kinds of page were opened in Chromium and looked at with axe-core {found.axe}" in text
    assert f"{found.forms} forms also with their error messages" in text
    for words in (
        "partially compliant",
        "Equality Advisory and Support Service",
        "Enforcement procedure",
        "Non-compliance",
    ):
        assert words in text
    minutes, days = LINK_SESSION.total_seconds() / 60, LINK_LIFETIME.days
    assert (minutes, days, MOST_CODES, IDLE_LIMIT.total_seconds() / 60) == (20, 7, 10, 15), "the statement says so"
    assert "up to ten times within 7 days" in text


def test_the_keyboard_map_names_every_key_that_scripts_listen_to() -> None:
    """One script listens to one key; everything else is the browser's own."""
    listening = {file.name: file.read_text() for file in OWN.glob("*.js") if "keydown" in file.read_text()}
    assert set(listening) == {"leave.js"}
    assert 'event.key !== "Shift"' in listening["leave.js"]
    assert "PRESSES = 3" in listening["leave.js"]
    assert "WITHIN = 5000" in listening["leave.js"]
    text = (TEMPLATES / "help" / "keyboard.html").read_text()
    assert "Pressed three times within five seconds" in text


def test_words_of_buttons_are_bold_and_nothing_else_is_let_through() -> None:
    assert marked("Press **Go <on>** & wait") == "Press <strong>Go &lt;on&gt;</strong> &amp; wait"
