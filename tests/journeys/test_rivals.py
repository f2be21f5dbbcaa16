"""Two people at once: whoever comes second is told, sees what it says now, and loses nothing."""

from datetime import timedelta
from typing import Any

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.seeds import known
from tests.client import Person
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import HEALTH_ID, Case, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    AMINA,
    HEALTH,
    LONG,
    NURSE,
    SENCO,
    THERAPIST,
    already_in,
    press,
    says,
    then_the_form_is_shown_again,
)


async def test_whoever_comes_second_is_told_and_loses_nothing(site: Site) -> None:
    async with program(site) as client, site.open() as service, site.open() as school, site.open() as home:
        case = await open_case(client)
        invited = await case.invite(HEALTH_ID, "education")
        request = await case.ask(AMINA, (HEALTH_ID, ["education"]))
        nurse = await sign_in_by_api(client, NURSE)
        therapist, senco, amina = await service.new_page(), await school.new_page(), await home.new_page()
        await already_in(therapist, THERAPIST)
        await already_in(senco, SENCO)
        await already_in(amina, AMINA)
        await amina.goto("/family")
        await when_a_colleague_opened_the_case_first(senco, case)
        await when_a_colleague_accepts_first(therapist, senco, nurse, invited)
        await when_somebody_gave_the_work_on_first(therapist, await sign_in_by_api(client, THERAPIST), invited)
        await when_the_answer_was_written_down_first(amina, case, request)
        await when_the_action_moved_on_first(therapist, senco, case)


async def when_a_colleague_opened_the_case_first(senco: Page, case: Case) -> None:
    await senco.goto(f"/cases/new/{known('pupil Leila Reid')}")
    await see(senco, f"Case {case.reference}")
    await says(senco, "open case for this pupil already")


async def when_a_colleague_accepts_first(therapist: Page, senco: Page, nurse: Person, invited: str) -> None:
    await therapist.goto(f"/invitations/{invited}")
    await senco.goto(f"/invitations/{invited}/withdrawal")
    assert (await nurse.post(f"/involvements/{invited}/acceptance")).status_code == 201
    assert await press(therapist, "Accept") == 409
    await see(therapist, "Oakfield Primary School asks you for: advice", problems=True)
    await expect(therapist.get_by_text("Accepted, waiting for the family")).to_be_visible()
    assert await press(senco, "Take it back") == 409
    await see(senco, f"Take back the invitation to {HEALTH}?", problems=True)


async def when_somebody_gave_the_work_on_first(therapist: Page, elsewhere: Person, invited: str) -> None:
    await therapist.goto(f"/invitations/{invited}")
    given_on = {"version": 2, "assignee_id": str(known(f"seat {THERAPIST}"))}
    assert (await elsewhere.send("PATCH", f"/involvements/{invited}", given_on)).is_success
    assert await press(therapist, "Save") == 409
    await see(therapist, "Oakfield Primary School asks you for: advice", problems=True)


async def when_the_answer_was_written_down_first(amina: Page, case: Case, request: dict[str, Any]) -> None:
    await amina.get_by_role("button", name="Read and answer").click()
    await amina.get_by_role("button", name="Go to the question").click()
    await then_the_form_is_shown_again(amina, "You decide", "Check my answer", {})
    await amina.get_by_role("radio", name="No", exact=True).check()
    await press(amina, "Check my answer")
    answers = {"channel": "phone", "given_by": "Amina Yusuf", "witness": "Martin Hale"}
    yes = [{"proposal_id": each["id"], "decision": "given"} for each in request["proposals"]]
    assert (
        await case.senco.post(f"/consent-requests/{request['id']}/answers", answers | {"decisions": yes})
    ).is_success
    await press(amina, "Yes, send this to the school")
    await expect(amina.get_by_text("You said yes")).to_be_visible()


async def when_the_action_moved_on_first(therapist: Page, senco: Page, case: Case) -> None:
    due_on = (today() + timedelta(days=30)).isoformat()
    body = {"title": "Ring the clinic", "category": "education", "owner_agency_id": HEALTH_ID, "due_on": due_on}
    action = await case.add("actions", **body)
    await therapist.goto("/actions")
    assert (
        await case.senco.send("PATCH", f"/actions/{action['id']}", {"version": 1, "progress": "Not before May."})
    ).is_success
    await therapist.get_by_label("Progress, in a sentence “Ring the clinic”").fill(LONG)
    assert await press(therapist, "Start “Ring the clinic”") == 409
    await see(therapist, "Ring the clinic", problems=True)
    await expect(therapist.get_by_role("row").filter(has_text="Progress")).to_contain_text("Not before May.")
    await expect(therapist.get_by_label("Progress, in a sentence")).to_have_value(LONG)
    await senco.goto(f"/actions/{action['id']}")
    await then_the_form_is_shown_again(senco, "Ring the clinic", "Save changes", {"What will be done": ""})


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("rivals")
