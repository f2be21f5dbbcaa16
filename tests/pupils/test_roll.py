"""The list of a school's pupils: who may see it, in which order, narrowed by an address that names nobody."""

import re
from html import unescape
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest

from ecm.clock import today
from ecm.errors import NotAllowed, Refused
from ecm.paging import Page, cursor_of, page_asked
from ecm.pupils.roll import list_roll
from ecm.pupils.rules import display_name
from ecm.pupils.schemas import RollFilter
from ecm.seeds import known
from tests.actions.story import SENCO, open_story
from tests.actions.test_pages import browsing, words

TEACHER, STRANGER = "teacher@oakfield.example", "senco@hillside.example"
NURSE, AMINA = "nurse@community-health.example", "amina.yusuf@home.example"
LEILA, ETHAN = known("pupil Leila Reid"), known("pupil Ethan Clarke")


async def found(db: Any, limit: int = 3, **wanted: Any) -> list[str]:
    """The names on every page, one after another."""
    senco, names, page = await db.act_as(SENCO), [], Page(limit)
    while True:
        shown = await list_roll(senco, page, RollFilter(**wanted))
        names += [each["name"] for each in shown["items"]]
        if shown["next"] is None:
            assert shown["count"] == len(names) == len(set(names))
            return names
        page = page_asked(limit, shown["next"])


async def test_it_lists_who_is_on_roll_by_last_name_and_narrows(db):
    await open_story(db)
    async with db.admin() as admin:
        everybody = {
            display_name(r["first_name"], r["last_name"], r["preferred_name"] or ""): r["search_key"]
            for r in await admin.fetch(
                "SELECT u.* FROM pupil u JOIN enrolment e ON e.pupil_id = u.id WHERE e.school_id = $1",
                known("oakfield"),
            )
        }
        await admin.execute("UPDATE enrolment SET to_on = from_on WHERE pupil_id = $1", known("pupil Jack Null"))
        await admin.execute("UPDATE enrolment SET to_on = $2 WHERE pupil_id = $1", known("pupil Suhaila"), today())
    names = await found(db)
    assert set(names) == everybody.keys() - {"Jack Null"}
    assert names == await found(db, 50)
    assert [each.split()[0] for each in names] == [
        "Seun", "Zoë", "Anne-Marie", "Yusuf", "Mair", "Chema", "Niamh", "Leila", "Suhaila", "Nguyễn", "Łukasz",
    ]  # fmt: skip
    assert "Leila Reid" in await found(db, sen="K", need="SLCN", class_name="Willow", case="open")
    assert "Leila Reid" in await found(db, sen="any")
    for wanted in (
        {"sen": "E"},
        {"sen": "N"},
        {"need": "PMLD"},
        {"class_name": "Nowhere"},
        {"case": "none"},
        {"year_group": "14"},
    ):
        assert "Leila Reid" not in await found(db, **wanted), wanted


async def test_an_address_names_nobody_and_only_who_may_look_up_a_school_sees_the_list(db):
    async with browsing(SENCO) as senco:
        answer = await senco.client.get("/pupils?sen=any&class_name=Willow&q=Leila", headers=senco.headers)
        shown = unescape(answer.text)
        assert "Leila Reid" in shown
        assert f'href="/pupils/{LEILA}/edit?list=sen%3Dany%26class_name%3DWillow"' in shown
        assert 'href="/pupils/export?sen=any&class_name=Willow"' in shown
        addresses = " ".join(unquote(each) for each in re.findall(r'(?:href|action)="([^"]*)"', shown))
        assert not {"Leila", "Reid"} & set(re.split(r"\W", addresses))
        kept = await senco.client.get(f"/pupils/{LEILA}/edit?list=sen%3Dany", headers=senco.headers)
        assert 'href="/pupils?sen=any" class="govuk-back-link"' in kept.text
        boxes = {"version": "1", "first_name": "Leila", "last_name": "Reid", "sen_provision": "E"}
        saved = await senco.send(f"/pupils/{LEILA}/edit?list=sen%3Dany", **boxes)
        assert (saved.status_code, saved.headers["location"]) == (303, "/pupils?sen=any")
        for typed, status in (("reid lela", 200), ("", 422), ("x" * 101, 422), ("a\u202eb", 422)):
            answer = await senco.send("/pupils/search", q=typed)
            assert (answer.status_code, "Leila Reid" in answer.text) == (status, status == 200), typed
        assert "No pupil of your school fits “Ethan Clarke”." in words(
            await senco.send("/pupils/search", q="Ethan Clarke")
        )
        added = await senco.send("/pupils/add", first_name="Zebedee", sen_provision="N")
        assert (added.status_code, added.headers["location"]) == (303, "/pupils")
        refused = await senco.send("/pupils/add", first_name="Ann\u202e", last_name="Kept", sen_provision="N")
        assert (refused.status_code, 'value="Kept"' in refused.text) == (422, True)
        assert 'href="/pupils"' in (await senco.client.get("/", headers=senco.headers)).text
    async with db.admin() as admin:
        events = await admin.fetch("SELECT entry -> 'pupils' AS pupils FROM audit_event WHERE event = 'pupils:listed'")
        assert str(LEILA) in events[0]["pupils"]
        assert str(ETHAN) not in "".join(each["pupils"] or "" for each in events)
        assert await admin.fetchval("SELECT count(*) FROM pupil WHERE first_name = 'Zebedee'") == 1
    for email in (TEACHER, NURSE, AMINA):
        async with browsing(email) as other:
            for path in ("/pupils", "/pupils/search", "/pupils/add"):
                assert (await other.client.get(path, headers=other.headers)).status_code == 403, (email, path)
            assert (await other.send("/pupils/add", first_name="Zebedee", sen_provision="N")).status_code == 403
    senco, stranger = await db.act_as(SENCO), await db.act_as(STRANGER)
    with pytest.raises(NotAllowed):
        await list_roll(await db.act_as(TEACHER), Page(5), RollFilter())
    assert "Leila Reid" not in [each["name"] for each in (await list_roll(stranger, Page(50), RollFilter()))["items"]]
    for somewhere in (
        ETHAN,
        UUID(int=5),
    ):  # a pupil who is not the reader's is no place in the list, as one who is not there
        with pytest.raises(Refused, match="Start again from the first page"):
            await list_roll(senco, page_asked(5, cursor_of(somewhere)), RollFilter())
