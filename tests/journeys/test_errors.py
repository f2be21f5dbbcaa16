"""When something goes wrong: every form says what, in front of what was typed, and the end of a session loses none of it."""

import re

from playwright.async_api import Page, expect

from ecm.seeds import known
from tests.browser import assert_accessible
from tests.journeys.conftest import Site
from tests.journeys.given import Case, asked_about_two_services, open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import (
    DANIEL,
    LONG,
    SENCO,
    STRANGER,
    STRENGTHS,
    already_in,
    follow,
    press,
    says,
    sign_in,
    then_the_form_is_shown_again,
)

# Where, under which heading, by which button, and what is typed into it. Each of these forms lacks something.
Form = tuple[str, str, str, dict[str, str]]
SUHAILA = known("pupil Suhaila")


def forms_of_the_school(case: Case) -> list[Form]:
    here = f"/cases/{case.reference}"
    carer = known(f"carer {DANIEL}")
    return [
        ("/cases/new/pupil", "Add a pupil", "Add the pupil and continue", {"Last name": "Day"}),
        (f"/cases/new/{SUHAILA}/why", "Why now", "Save and continue", {"What is going well": STRENGTHS}),
        (f"/cases/new/{SUHAILA}/check", "Check and open", "Open the case", {}),
        (f"/pupils/{SUHAILA}/edit", "Correct the pupil’s details", "Save the details", {"First name": "7"}),
        (f"/pupils/{SUHAILA}/carers/add", "Add a parent or carer", "Add this person", {"Mobile number (optional)": "12"}),
        (f"/carers/{carer}/edit", "Correct a parent’s or carer’s details", "Save the details", {"Mobile number (optional)": "12"}),
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
        await already_in(page, SENCO)
        for address, heading, button, typed in forms_of_the_school(case):
            await page.goto(address)
            await see(page, heading)
            await then_the_form_is_shown_again(page, heading, button, typed)
        await then_the_draft_of_a_case_is_thrown_away(page)
        await then_a_contact_bar_is_set_and_lifted(page, case)
        await then_answers_are_written_down_in_full_or_not_at_all(page, case)


async def then_the_draft_of_a_case_is_thrown_away(page: Page) -> None:
    await page.goto("/cases/new")
    await follow(page, "Throw away the draft for Suhaila")
    await see(page, "Throw this draft away?")
    await press(page, "Throw it away")
    await says(page, "The draft is thrown away.")
    await expect(page.get_by_text("Carry on where you stopped")).to_have_count(0)


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


async def test_a_session_that_ends_keeps_what_was_typed(site: Site) -> None:
    async with program(site) as client, site.open() as school:
        case = await open_case(client)
        page = await school.new_page()
        await page.clock.install()
        await already_in(page, SENCO)
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
        await already_in(page, SENCO)
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
        await already_in(stranger, STRANGER)
        await then_a_hidden_case_and_no_case_look_the_same(stranger, here)
        await stranger.goto("/family")
        await see(stranger, "Not allowed", error=True)


async def then_a_hidden_case_and_no_case_look_the_same(stranger: Page, hidden: str) -> None:
    await stranger.goto(hidden)
    await see(stranger, "Not found", error=True)
    text = "address => fetch(address).then(answer => answer.text())"
    assert await stranger.evaluate(text, hidden) == await stranger.evaluate(text, "/cases/ECM-0000-00")


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("errors")
