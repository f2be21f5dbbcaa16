"""What closes: a conflict of interest, a case for named people only, an order of a court; who says so, who ends it."""

from datetime import timedelta
from typing import Any

import pytest

from ecm.clock import new_id, today
from ecm.denials.rules import order_problems, same_surname
from ecm.seeds import known
from tests.client import application, the_app
from tests.house.routes import PLACE, WITHOUT_ID, routes_of
from tests.journeys.story import EMAILS, Story, Visitor, begin, carer_id, pupil_id

LEILA = pupil_id("Leila Reid")
NO_PUPIL = ("/help", "/demo", "/sign-in", "/metrics", "/password", "/account", "/join")
SEATS = {name: str(known(f"seat {email}")) for name, email in EMAILS.items()}


def seat(name: str) -> str:
    return SEATS[name]


def fields(answer: Any) -> set[str]:
    """What was wrong with what was sent."""
    assert answer.status_code == 422, answer.text
    return {each["field"] for each in answer.json()["errors"]}


async def statuses(story: Story, *names: str) -> list[int]:
    """What the case answers to each of them."""
    return [(await (await story.who(name)).get(story.path)).status_code for name in names]


async def working(client: Any) -> Story:
    """A case with health and social care at work on it, agreed by Amina, and Daniel let in, too."""
    story = await begin(client, ("community-health", "childrens-services"))
    await story.admit("daniel")
    await story.agree("in_person")
    return story


async def names_her(visitor: Visitor, story: Story) -> list[str]:
    """Every page and call, asked with this story's ids, whose answer names the pupil."""
    ids = {"case_id": story.case_id, "reference": story.reference, "pupil_id": LEILA, "carer_id": carer_id("amina")}
    ids |= {"involvement_id": story.involvements["childrens-services"], "agency_id": str(known("community-health"))}
    found = []
    for route in routes_of(the_app()):
        method, path = route.split()
        names = PLACE.findall(path)
        if method != "GET" or set(names) & set(WITHOUT_ID) or path.startswith(NO_PUPIL):
            continue
        place = path.format(**{name: ids.get(name, str(new_id())) for name in names})
        answer = await visitor.client.get(
            place, headers=visitor.headers if path.startswith("/api/") else visitor.cookies
        )
        assert answer.status_code < 500, place
        if "Leila" in answer.text or story.reference in answer.text.replace(place, ""):
            found.append(place)
    return found


async def test_a_conflict_closes_everything_about_the_pupil_until_somebody_else_ends_it(db: Any) -> None:
    async with application() as client:
        story = await working(client)
        worker, manager, dsl, officer = [
            await story.who(each) for each in ("social_worker", "manager", "dsl", "officer")
        ]
        assert len(await names_her(worker, story)) > 5
        # The same last name only makes the page ask.
        shown, ask = f"/cases/{story.reference}", "You and this pupil have the same last name"
        assert ask not in (await manager.see(shown)).text
        async with db.admin() as admin:
            await admin.execute("UPDATE person SET name = 'Colin Reid' WHERE id = $1", known(EMAILS["manager"]))
        assert ask in (await manager.see(shown)).text
        assert ask not in (await (await story.who("daniel")).see(shown)).text
        # For a colleague only who answers for it, only of a colleague, only about a pupil they see.
        path = f"/pupils/{LEILA}/conflicts"
        theirs = {"kind": "neighbour", "worker_id": seat("social_worker")}
        assert (await worker.post(path, {"kind": "other", "worker_id": seat("manager")})).status_code == 403
        assert (await dsl.post(path, theirs)).status_code == 403
        refused = await manager.post(path, theirs | {"worker_id": seat("nurse")})
        assert fields(refused) == {"worker_id"}
        for stranger in ("stranger", "case_officer", "auditor", "officer", "amina"):
            answer = await (await story.who(stranger)).post(path, {"kind": "other"})
            assert answer.status_code == (403 if stranger == "amina" else 404), (stranger, answer.text)
        made = await story.do("manager", path, **theirs)
        assert (await manager.post(path, theirs)).status_code == 422

        assert await names_her(worker, story) == []
        assert await statuses(story, "social_worker", "manager", "nurse", "senco") == [404, 200, 200, 200]
        async with db.admin() as admin:
            denied = """SELECT count(*) FROM audit_event WHERE event = 'access:denied' AND actor = $1"""
            assert await admin.fetchval(denied, known(EMAILS["social_worker"])) > 10

        # Their own they see, without whose it is, and cannot end it; nor can another organisation, which sees none.
        own = (await worker.get("/conflicts")).json()["items"]
        assert [(each["own"], each["pupil"], each["endable"]) for each in own] == [(True, None, False)]
        ending = f"/conflicts/{made['id']}/ending"
        assert (await worker.post(ending)).status_code == 403
        assert (await (await story.who("therapist")).post(ending)).status_code == 404
        assert (await manager.post(ending)).status_code == 201
        assert await statuses(story, "social_worker") == [200]
        assert (await manager.post(ending)).status_code == 404

        # A lead of the school closes the school's own roll to herself; the data protection officer ends it, unseeing.
        sent = await dsl.submit(f"/pupils/{LEILA}/conflict", {"kind": "own_family"})
        assert sent.status_code == 303
        assert await names_her(dsl, story) == []
        assert (await dsl.get("/pupils", q="Leila")).json()["items"] == []
        listed = (await officer.get("/conflicts")).json()["items"]
        assert [(each["worker"], each["pupil"]) for each in listed] == [("Martin Hale", None)]
        assert (await officer.submit(f"/conflicts/{listed[0]['id']}/ending", {})).status_code == 303
        assert await statuses(story, "dsl") == [200]


async def test_a_restricted_case_is_for_named_people_and_somebody_can_lift_it(db: Any) -> None:
    everybody = ("senco", "dsl", "nurse", "therapist", "social_worker", "manager", "amina", "daniel")
    async with application() as client:
        story = await working(client)
        await story.act("senco", "education", "Try a hearing test", "community-health")
        path, dsl = f"{story.path}/restriction", await story.who("dsl")
        before = (await (await story.who("social_worker")).get(story.path)).json()["sharing"]
        new = {"reason_code": "publicity", "named": [seat("dsl"), seat("social_worker")]}
        for name, status in (("senco", 403), ("social_worker", 403), ("teacher", 404), ("stranger", 404)):
            assert (await (await story.who(name)).post(path, new)).status_code == status, name
        for wrong in (
            [],
            [seat("social_worker")],
            [seat("dsl"), seat("stranger")],
            [seat("dsl"), seat("case_officer")],
        ):
            refused = await dsl.post(path, new | {"named": wrong})
            assert fields(refused) == {"named"}, wrong
        assert await statuses(story, *everybody) == [200] * 8

        # The page says who loses it, before it is done.
        check = await dsl.submit(f"/cases/{story.reference}/restriction/check", new)
        stays, loses = check.text.split("They lose it")
        assert "Ruth Adeyemi" in stays
        assert "Grace Okafor" in stays
        assert "Imran Shah" not in stays
        assert "Imran Shah" in loses
        assert "Beth Lawson" in loses
        assert "Colin Marsh" in loses
        await story.do("dsl", path, **new)
        assert (await dsl.post(path, new)).status_code == 422
        assert await statuses(story, *everybody) == [200, 200, 404, 404, 200, 404, 200, 200]
        assert (await (await story.who("social_worker")).get(story.path)).json()["sharing"] == before
        assert [each["owner_agency"]["name"] for each in (await dsl.get(story.path)).json()["actions"]] == [
            "Oakfield Primary School"
        ]
        assert "For named people only" in (await (await story.who("senco")).see(f"/cases/{story.reference}")).text
        assert "For named people only" not in (await (await story.who("amina")).see(f"/cases/{story.reference}")).text

        # One more, one fewer, and never nobody who could lift it.
        await story.do("dsl", f"{path}/people", worker_id=seat("therapist"))
        assert await statuses(story, "nurse", "therapist") == [404, 200]
        assert (await dsl.send("DELETE", f"{path}/people/{seat('social_worker')}")).status_code == 204
        last = await dsl.send("DELETE", f"{path}/people/{seat('dsl')}")
        assert last.status_code == 422
        assert "lift it" in last.text
        assert await statuses(story, *everybody) == [200, 200, 404, 200, 404, 404, 200, 200]
        seen = (await dsl.get(path)).json()
        assert [each["name"] for each in seen["named"]] == ["Imran Shah", "Martin Hale"]
        assert (await (await story.who("senco")).post(f"{path}/lifting")).status_code == 403
        assert "restrict" not in (await (await story.who("amina")).get(f"{story.path}/access-log")).text
        assert (await dsl.submit(f"/cases/{story.reference}/restriction/lifting", {})).status_code == 303
        assert await statuses(story, *everybody) == [200] * 8
        assert (await dsl.post(f"{path}/lifting")).status_code == 422


async def test_an_order_of_a_court_bars_until_it_ends_and_its_bar_ends_with_it_alone(db: Any) -> None:
    async with application() as client:
        story = await working(client)
        senco, path = await story.who("senco"), f"/pupils/{LEILA}/court-orders"
        new = {"carer_id": carer_id("amina"), "kind": "non_molestation", "made_on": today().isoformat()}
        for name, status in (("nurse", 403), ("teacher", 403), ("stranger", 404), ("auditor", 404)):
            for answer in (
                await (await story.who(name)).post(path, new | {"bars_sharing": True}),
                await (await story.who(name)).get(path),
            ):
                assert answer.status_code == status, name
        late = {"made_on": (today() + timedelta(days=1)).isoformat(), "until_on": "2020-01-01"}
        refused = await senco.post(path, new | late | {"bars_sharing": False})
        assert fields(refused) == {"made_on", "until_on"}
        someone = await senco.post(path, new | {"carer_id": carer_id("lan"), "bars_sharing": True})
        assert someone.status_code == 422

        assert (await story.do("senco", path, **new, bars_sharing=False))["contact_bar_id"] is None
        assert await statuses(story, "amina", "daniel") == [200, 200]
        order = await story.do("senco", path, **new, bars_sharing=True)
        assert await statuses(story, "amina", "daniel") == [404, 200]
        lifted = await senco.send("DELETE", f"/pupils/{LEILA}/contact-bars/{order['contact_bar_id']}")
        assert lifted.status_code == 422
        assert "court order" in lifted.text
        page = (await senco.see(f"/cases/{story.reference}/carers")).text
        assert "Non-molestation order" in page
        assert "By a court order" in page
        other = await story.do(
            "senco", f"/pupils/{LEILA}/contact-bars", carer_id=carer_id("daniel"), reason_code="safety"
        )
        discharge = f"/cases/{story.reference}/carers/orders/{order['id']}/discharge"
        assert (await (await story.who("nurse")).submit(discharge, {})).status_code == 403
        assert (await senco.submit(discharge, {})).status_code == 303
        assert await statuses(story, "amina", "daniel") == [200, 404]
        assert (await senco.post(f"{path}/{order['id']}/discharge")).status_code == 404
        assert (await senco.send("DELETE", f"/pupils/{LEILA}/contact-bars/{other['id']}")).status_code == 204

        # One with a last day ends by itself, at the end of that day in London.
        form = {f"made_on-{part}": str(getattr(today(), part)) for part in ("day", "month", "year")}
        form |= {f"until_on-{part}": str(getattr(today(), part)) for part in ("day", "month", "year")}
        sent = await senco.submit(
            f"/cases/{story.reference}/carers/{carer_id('amina')}/order",
            form | {"kind": "care", "bars_sharing": "true"},
        )
        assert sent.status_code == 303
        assert await statuses(story, "amina") == [404]
        await db.put_clock_forward(timedelta(days=1))
        story.people.clear()
        assert await statuses(story, "amina") == [200]


@pytest.mark.parametrize(
    ("worker", "pupil", "same"),
    [("Ann Reid", "Reid", True), ("Zoë brontë-hughes", "Brontë-Hughes", True), ("Reid Ann", "Reid", False),
     ("Ann Reid", "", False), ("Ann Kerreid", "Reid", False), ("Abdul ibn Rashid", "ibn Rashid", True)],
)  # fmt: skip
def test_a_surname_only_makes_the_page_ask(worker: str, pupil: str, same: bool) -> None:
    assert same_surname(worker, pupil) is same


def test_an_order_is_made_by_today_and_not_over_yet() -> None:
    day = today()
    assert order_problems(day, day, day) == {}
    assert order_problems(day, None, day) == {}
    assert set(order_problems(day + timedelta(days=1), day - timedelta(days=1), day)) == {"made_on", "until_on"}
    assert set(order_problems(day - timedelta(days=19 * 366), None, day)) == {"made_on"}
