"""Everybody × every route of the running application: what they get is in a reviewed table, and the hidden is as nothing.

The six personas, a stranger, both parents (one was let in to the case, one was not), a parent's link, and nobody.
"""

import pytest

from ecm.accounts.current import LINK_COOKIE
from ecm.clock import new_id
from ecm.seeds import known
from tests.house.examples import PERSONAS, Place
from tests.house.routes import SAFE, bare, copied, fresh, observe, send
from tests.house.write_routes import reviewed
from tests.journeys.story import Visitor, carer_id, pupil_id, soon


@pytest.mark.parametrize("persona", PERSONAS)
async def test_everybody_gets_what_the_table_says_and_the_hidden_is_as_nothing(place: Place, persona: str) -> None:
    world, made, routes = place
    async with copied(made):
        observed = await observe(world, persona, routes)
    wanted = reviewed()[persona]
    assert set(observed.statuses) == set(wanted)
    wrong = {route: (got, wanted[route]) for route, got in observed.statuses.items() if got != wanted[route]}
    assert wrong == {}, "route: (what it is, what the table says)"
    assert observed.tells == []


async def test_no_form_counts_without_its_token_and_no_cookie_opens_the_api(place: Place) -> None:
    world, made, routes = place
    senco = world.people["senco"]
    async with copied(made):
        for route in routes:
            method, path = route.split()
            where = path.format(**world.ids_of(route))
            body = world.examples[route].body_of("senco") if method not in SAFE else None
            if path.startswith("/api/"):
                answer = await senco.client.request(method, where, json=body, headers=senco.cookies)
                nobody = await send(world.people["nobody"], method, where, body)
                assert answer.status_code == nobody.status_code, route
            elif method not in SAFE:
                answer = await senco.client.post(where, data=body, headers=senco.cookies)
                assert answer.status_code == 403, route


async def test_an_ended_session_and_the_secret_of_a_link_get_what_nobody_gets(place: Place) -> None:
    world, made, routes = place
    async with copied(made):
        ended, nobody = await fresh(world, "senco"), world.people["nobody"]
        assert (await ended.send("DELETE", "/tokens/current")).status_code == 204
        linked = Visitor(world.client, "", world.people["link"].secret)
        parent = Visitor(world.client, "", world.people["amina"].secret, LINK_COOKIE)
        wrong = []
        for route in routes:
            method, path = route.split()
            where = path.format(**world.ids_of(route))
            body = world.examples[route].body_of("senco") if method not in SAFE else None
            wanted = (await send(nobody, method, where, body)).status_code
            for name, visitor in (("ended", ended), ("link's", linked), ("as a link's", parent)):
                got = (await send(visitor, method, where, body)).status_code
                wrong += [(name, route, got, wanted)] if got != wanted else []
    assert wrong == [], "whose secret, route, what it is, what nobody gets"


async def test_asking_what_a_path_takes_says_nothing_else(place: Place) -> None:
    world, _, routes = place
    for route in routes:
        method, path = route.split()
        answer = await world.client.options(path.format(**world.ids_of(route)))
        assert (answer.status_code, answer.content) == (204, b"")
        if method == "GET" and not path.startswith("/static/"):
            assert (await world.client.head(path.format(**world.ids_of(route)))).status_code == 405


async def test_a_link_opens_its_one_request_and_no_other_of_the_same_parent(place: Place) -> None:
    world, made, routes = place
    async with copied(made):
        for route in (each for each in routes if each.startswith("GET /answer/")):
            answers = []
            for request in (world.ids["request_id"], str(new_id())):
                ids = world.ids_of(route) | {"request_id": request}
                answer = await send(world.people["link"], "GET", route.split()[1].format(**ids), None)
                answers.append(bare(answer, *ids.values()))
            assert answers[0][0] == 404
            assert answers[0] == answers[1], route


async def test_an_id_in_a_body_that_is_not_yours_is_as_nothing(place: Place) -> None:
    """Of other schools' pupils and carers, and of workers and services that are not on the case."""
    world, made, _ = place
    case, pupil = f"/api/v1/cases/{world.ids['case_id']}", f"/api/v1/pupils/{world.ids['pupil_id']}"
    ethan, dawn, tom = pupil_id("Ethan Clarke"), carer_id("dawn"), str(known("seat senco@hillside.example"))
    seen = {"authority_seen": True, "safe_to_share": True}
    scope = [{"agency_id": str(known("community-health")), "categories": ["health"], "purpose": "review"}]
    action = {"title": "Read together", "category": "education", "due_on": soon()}
    mine = {"owner_agency_id": str(known("oakfield"))}
    care = world.ids_of("PATCH /api/v1/involvements/{involvement_id}")["involvement_id"]
    asked = (
        ("senco", "POST", "/api/v1/cases", {"reason": "Reads little.", "level": "2"}, "pupil_id", ethan),
        ("senco", "POST", f"{case}/carers", seen, "carer_id", dawn),
        ("senco", "POST", f"{case}/consent-requests", {"proposals": scope}, "carer_id", dawn),
        ("senco", "POST", f"{pupil}/contact-bars", {"reason_code": "safety"}, "carer_id", dawn),
        ("senco", "POST", f"{case}/actions", action, "owner_agency_id", str(known("young-minds"))),
        ("senco", "POST", f"{case}/actions", action | mine, "assignee_id", tom),
        ("senco", "PATCH", case, {"version": world.case_version}, "lead_practitioner_id", tom),
        ("manager", "PATCH", f"/api/v1/involvements/{care}", {"version": 2}, "assignee_id", tom),
    )
    async with copied(made):
        for persona, method, path, body, name, theirs in asked:
            got = [
                bare(await send(world.people[persona], method, path, body | {name: each}), each)
                for each in (theirs, str(new_id()))
            ]
            assert got[0][0] in (404, 422), (path, name, got[0])
            assert got[0] == got[1], (path, name)
