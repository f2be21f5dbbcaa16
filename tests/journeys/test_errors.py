"""When something goes wrong: every form says what, in front of what was typed; no session end and no rival loses it."""

import re
from datetime import timedelta
from typing import Any

from playwright.async_api import Page, expect

from ecm.clock import new_id, today
from ecm.seeds import SINCE, known
from tests.browser import assert_accessible
from tests.client import Person
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import HEALTH_ID, HUB_ID, Case, asked_about_two_services, open_case, program
from tests.journeys.sight import see
from tests.journeys.steps import (
    AMINA,
    DANIEL,
    HEALTH,
    HUB,
    NURSE,
    REASON,
    SENCO,
    STRANGER,
    STRENGTHS,
    THERAPIST,
    follow,
    press,
    says,
    sign_in,
)  # fmt: skip

# Where, under which heading, by which button, and what is typed into it. Each of these forms lacks something.
Form = tuple[str, str, str, dict[str, str]]
SUHAILA = known("pupil Suhaila")
LONG = "She read a whole page aloud, and then asked for another."


def forms_of_the_school(case: Case) -> list[Form]:
    here = f"/cases/{case.reference}"
    carer = known(f"carer {DANIEL}")
    return [
        (f"/cases/new/{SUHAILA}", "Open a case", "Open the case", {"What is going well": STRENGTHS}),
        (here, f"Case {case.reference}", "Save the note", {"Write a note": LONG}),
        (f"{here}/barriers/add", "Add a barrier to learning", "Add the barrier", {"What it looks like": LONG}),
        (f"{here}/carers", "Parents and carers", "Let them see the case", {"Which authority have you seen?": "Passport"}),
        (f"{here}/carers/{carer}/bar", "Bar Daniel Reid from seeing anything about this pupil", "Set the bar", {"Day": "31"}),
        (f"{here}/actions/add", "Add an action", "Add the action", {"What will be done": LONG}),
        (f"{here}/plans", "Support plans", "Make the plan", {}),
        (f"{here}/invite?agency_id={known('council')}", "Invite Northshire Council SEND Team", "Send the invitation", {"Message (optional)": LONG}),
        (f"{here}/ask", "Ask the family", "See what they will read", {}),
    ]  # fmt: skip


async def test_every_form_says_what_is_wrong_and_keeps_what_was_typed(site: Site) -> None:
    case = await asked_about_two_services(site)
    async with site.open() as school:
        page = await school.new_page()
        await page.goto("/sign-in")
        await then_the_form_is_shown_again(page, "Sign in", "Sign in", {"E-mail address": SENCO})
        await page.get_by_label("Password").fill("not the password")
        await then_the_form_is_shown_again(page, "Sign in", "Sign in", {"E-mail address": SENCO})
        await expect(page.get_by_label("Password")).to_have_value("")
        await sign_in(page, SENCO)
        for address, heading, button, typed in forms_of_the_school(case):
            await page.goto(address)
            await see(page, heading)
            await then_the_form_is_shown_again(page, heading, button, typed)
        await then_a_contact_bar_is_set_and_lifted(page, case)
        await then_answers_are_written_down_in_full_or_not_at_all(page, case)


async def then_the_form_is_shown_again(page: Page, heading: str, button: str, typed: dict[str, str]) -> None:
    for label, text in typed.items():
        await page.get_by_label(label, exact=True).fill(text)
    assert await press(page, button) == 422
    await see(page, heading, problems=True)
    for label, text in typed.items():
        await expect(page.get_by_label(label, exact=True)).to_have_value(text)
    first = page.locator(".govuk-error-summary a").first
    target = (await first.get_attribute("href") or "").removeprefix("#")
    await first.click()
    await expect(page.locator(f"[id='{target}']")).to_be_focused()


async def then_a_contact_bar_is_set_and_lifted(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}/carers")
    await follow(page, "Bar Daniel Reid")
    await page.get_by_role("radio", name="It would not be safe").check()
    await press(page, "Set the bar")
    await says(page, "The contact bar is in force.")
    await see(page, "Parents and carers")
    await press(page, "End the bar on Daniel Reid")
    await says(page, "The contact bar has ended.")


async def then_answers_are_written_down_in_full_or_not_at_all(page: Page, case: Case) -> None:
    await page.goto(f"/cases/{case.reference}/sharing")
    await page.get_by_role("link", name=re.compile("^Write down the answer")).first.click()
    heading = "Go through it with Amina Yusuf"
    await see(page, heading)
    await then_the_form_is_shown_again(page, heading, "Write it down", {"Who else was there?": "Martin Hale"})
    for number in range(2):
        await page.get_by_role("radio", name="Yes", exact=True).nth(number).check()
        await page.get_by_role("checkbox", name="Learning").nth(number).check()
    await page.get_by_role("radio", name="By phone").check()
    await page.get_by_label("They read or heard the words above").check()
    answered = page.url
    await press(page, "Write it down")
    await says(page, "The answer is written down and in force now.")
    await page.goto(answered)
    await see(page, heading)
    await expect(page.get_by_text("Everything here has been answered.")).to_be_visible()
    await page.goto(f"/cases/{case.reference}/sharing")
    await page.get_by_role("link", name=re.compile("^Take the yes back")).first.click()
    await see(page, "Take back the yes of Amina Yusuf?")
    await then_the_form_is_shown_again(
        page, "Take back the yes of Amina Yusuf?", "Take the yes back", {"Who heard or saw it?": "Grace Okafor"}
    )
    await page.get_by_role("radio", name="By phone").check()
    await press(page, "Take the yes back")
    await see(page, "People and sharing")


async def test_whoever_comes_second_is_told_and_loses_nothing(site: Site) -> None:
    async with program(site) as client, site.open() as service, site.open() as school, site.open() as home:
        case = await open_case(client)
        invited = await case.invite(HEALTH_ID, "education")
        request = await case.ask(AMINA, (HEALTH_ID, ["education"]))
        nurse = await sign_in_by_api(client, NURSE)
        therapist, senco, amina = await service.new_page(), await school.new_page(), await home.new_page()
        await sign_in(therapist, THERAPIST)
        await sign_in(senco, SENCO)
        await sign_in(amina, AMINA)
        await when_a_colleague_accepts_first(therapist, senco, nurse, invited)
        await when_somebody_gave_the_work_on_first(therapist, await sign_in_by_api(client, THERAPIST), invited)
        await when_the_answer_was_written_down_first(amina, case, request)
        await when_the_action_moved_on_first(therapist, senco, case)


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


async def test_a_session_that_ends_keeps_what_was_typed(site: Site) -> None:
    async with program(site) as client, site.open() as school:
        case = await open_case(client)
        page = await school.new_page()
        await page.clock.install()
        await sign_in(page, SENCO)
        await page.goto(f"/cases/{case.reference}")
        await page.get_by_label("Write a note").fill(LONG)
        await page.get_by_label("Kind of information").select_option(label="Learning and school")
        await given_the_session_has_ended(site)
        await then_the_page_hides_itself_and_carries_on_after_signing_in_again(page)
        await page.get_by_label("Write a note").fill(LONG)
        await page.get_by_label("Kind of information").select_option(label="Learning and school")
        await given_the_session_has_ended(site)
        await then_what_was_sent_too_late_is_shown_to_be_kept(page, case)


async def given_the_session_has_ended(site: Site) -> None:
    async with site.db.admin() as admin:
        await admin.execute("UPDATE session SET ended_at = now() WHERE kind = 'browser'")


async def then_the_page_hides_itself_and_carries_on_after_signing_in_again(page: Page) -> None:
    await page.clock.fast_forward("15:01")
    ended = page.get_by_role("dialog", name="You have been signed out")
    await expect(ended).to_be_visible()
    await assert_accessible(page, "session-ended")
    await ended.get_by_role("button", name="Carry on").click()
    await expect(ended.get_by_text("You are not signed in yet.")).to_be_visible()
    async with page.context.expect_page() as opening:
        await ended.get_by_role("link", name="Sign in again in a new tab").click()
    tab = await opening.value
    await sign_in(tab, SENCO)
    await tab.close()
    await ended.get_by_role("button", name="Carry on").click()
    await expect(ended).to_be_hidden()
    assert await press(page, "Save the note") == 200
    await says(page, "Your note is saved.")
    await expect(page.get_by_text(LONG, exact=True)).to_be_visible()


async def then_what_was_sent_too_late_is_shown_to_be_kept(page: Page, case: Case) -> None:
    assert await press(page, "Save the note") == 401
    await see(page, "Sign in first", error=True)
    await expect(page.get_by_label("What you typed, part 1")).to_have_value(LONG)
    tab = await page.context.new_page()
    await sign_in(tab, SENCO)
    await tab.goto(f"/cases/{case.reference}")
    await expect(tab.get_by_text(LONG, exact=True)).to_have_count(1)


async def test_every_page_about_something_wrong(site: Site) -> None:
    async with program(site) as client, site.open() as school, site.open() as other:
        case = await open_case(client)
        here = f"/cases/{case.reference}"
        page = await school.new_page()
        await page.goto(here)
        await see(page, "Sign in")
        await sign_in(page, SENCO)
        await page.goto(f"{here}/notes")
        await see(page, "Not possible here", error=True)
        await page.goto(here)
        await page.get_by_label("Write a note").evaluate("(box, text) => box.value = text", "x " * 600_000)
        assert await press(page, "Save the note") == 413
        await see(page, "Too much at once", error=True)
        await page.goto(here)
        await page.get_by_label("Write a note").fill(LONG)
        await page.evaluate("document.querySelectorAll('main [name=_csrf_token]').forEach(each => each.remove())")
        assert await press(page, "Save the note") == 403
        await see(page, "This page was open too long", error=True)
        await expect(page.get_by_label("What you typed, part 1")).to_have_value(LONG)
        stranger = await other.new_page()
        await sign_in(stranger, STRANGER)
        await then_a_hidden_case_and_no_case_look_the_same(stranger, here)
        await stranger.goto("/family")
        await see(stranger, "Not allowed", error=True)


async def then_a_hidden_case_and_no_case_look_the_same(stranger: Page, hidden: str) -> None:
    text = "address => fetch(address).then(answer => answer.text())"
    assert await stranger.evaluate(text, hidden) == await stranger.evaluate(text, "/cases/ECM-0000-00")
    await stranger.goto(hidden)
    await see(stranger, "Not found", error=True)


async def test_every_empty_place_says_what_would_be_there(site: Site) -> None:
    async with site.open() as school, site.open() as service, site.open() as home:
        senco, therapist, daniel = await school.new_page(), await service.new_page(), await home.new_page()
        await senco.goto("/demo/outbox")
        await see(senco, "Messages that were sent")
        await senco.goto("/help/accessibility")
        await see(senco, "Help and accessibility")
        await sign_in(senco, SENCO)
        for address, heading, words in EMPTY_FOR_A_SCHOOL:
            await senco.goto(address)
            await see(senco, heading)
            await expect(senco.get_by_text(words)).to_be_visible()
        await sign_in(therapist, THERAPIST)
        await therapist.goto("/invitations")
        await see(therapist, "Invitations")
        await expect(therapist.get_by_text("Nothing is waiting.")).to_be_visible()
        await therapist.goto("/cases")
        await see(therapist, "Cases")
        await sign_in(daniel, DANIEL)
        await see(daniel, "Your family")
        await expect(daniel.get_by_text("There is nothing here yet.")).to_be_visible()
        await then_a_case_of_nobody_asked_says_so(site, senco)


EMPTY_FOR_A_SCHOOL = (
    ("/", "What needs you today", "Nothing needs you today."),
    ("/cases", "Cases", "There are no cases you can see."),
    ("/actions", "Your actions", "You have nothing to do here at the moment."),
    ("/actions?status=done", "Your actions", "None of your actions is done."),
    ("/account", "Your account", "You act as SENCO, Oakfield Primary School."),
)


async def then_a_case_of_nobody_asked_says_so(site: Site, senco: Page) -> None:
    async with program(site) as client:
        person = await sign_in_by_api(client, SENCO)
        new = {"pupil_id": str(SUHAILA), "reason": REASON, "level": "1"}
        case = (await person.post("/cases", new)).json()
        here = f"/cases/{case['reference']}"
        for address, heading, words in (
            (here, f"Case {case['reference']}", "Nobody else has been asked to help yet."),
            (f"{here}/carers", "Parents and carers", "No parent or carer is recorded"),
            (f"{here}/sharing", "People and sharing", "Nobody has been invited yet."),
            (f"{here}/plans", "Support plans", "No support plan that you can open yet."),
        ):
            await senco.goto(address)
            await see(senco, heading)
            await expect(senco.get_by_text(words)).to_be_visible()
        invitation = {"agency_id": HUB_ID, "reason_code": "advice", "categories": ["family"]}
        assert (await person.post(f"/cases/{case['id']}/involvements", invitation)).status_code == 201
        await senco.goto(f"{here}/ask")
        await see(senco, "Ask the family")
        await expect(senco.get_by_text("Nobody can be asked yet.")).to_be_visible()


async def test_somebody_with_two_roles_chooses_one(site: Site) -> None:
    async with site.db.admin() as admin:
        await admin.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, class_names, started_at) VALUES ($1, $2, $3, 'practitioner', '{}', $4)",
            new_id(), known(AMINA), known("family-hub"), SINCE,
        )  # fmt: skip
    async with site.open() as context:
        page = await context.new_page()
        await sign_in(page, AMINA)
        await follow(page, "Change role")
        await see(page, "Your account")
        await page.get_by_role("radio", name=f"Practitioner, {HUB}").check()
        await press(page, "Change role")
        await says(page, "You have changed the role you act in.")
        await see(page, "What needs you today")
