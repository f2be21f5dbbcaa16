"""A colleague comes, stands in, takes over and goes; and what somebody does with their own account. On a small telephone."""

import re
from typing import Any

from playwright.async_api import Page, expect

from ecm.clock import today
from ecm.seeds import known
from tests.browser import PHONE
from tests.journeys.conftest import Site
from tests.journeys.given import open_case, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import SENCO, already_in, follow, press, says

ADMIN, NEW, PASSWORD = "admin@oakfield.example", "noor@oakfield.example", "three otters cross the bridge"
GRACE, MARTIN = (f"/people/{known(f'seat {each}')}" for each in (SENCO, "dsl@oakfield.example"))


async def newest_link(page: Page, place: str) -> str:
    """The link in the newest message."""
    messages = await (await page.request.get("/demo/outbox.json")).json()
    found = re.search(rf"/{place}/[\w-]{{43}}", messages[0]["text"])
    assert found is not None
    return found[0]


async def fill_day(page: Page, legend: str, day: Any) -> None:
    """A date, in its three boxes."""
    group = page.get_by_role("group", name=legend)
    for part in ("Day", "Month", "Year"):
        await group.get_by_label(part).fill(str(getattr(day, part.lower())))


async def test_a_colleague_comes_stands_in_takes_over_and_another_goes(site: Site) -> None:
    async with site.open(width=PHONE) as office, site.open(width=PHONE) as home:
        admin, noor = await office.new_page(), await home.new_page()
        async with program(site) as client:
            reference = (await open_case(client)).reference
        await already_in(admin, ADMIN)
        await admin.goto("/people")
        await see(admin, "People")
        await admin.get_by_role("button", name="Invite a colleague").click()
        await see(admin, "Invite a colleague")
        await press(admin, "Send the invitation")
        await see(admin, "Invite a colleague", problems=True)
        await admin.get_by_label("Name", exact=True).fill("Noor Haddad")
        await admin.get_by_label("E-mail address").fill(NEW)
        await admin.get_by_role("radio", name="SENCO").check()
        await press(admin, "Send the invitation")
        await says(admin, "The invitation is sent.")
        await see(admin, "People")
        await noor_joins(noor)

        await admin.goto(f"{GRACE}/cover")
        await see(admin, "Who covers for Grace Okafor?")
        await press(admin, "Set the cover")
        await see(admin, "Who covers for Grace Okafor?", problems=True)
        await admin.get_by_role("radio", name="Noor Haddad").check()
        for legend in ("First day", "Last day"):
            await fill_day(admin, legend, today())
        await press(admin, "Set the cover")
        await says(admin, "The cover is set.")
        await noor.goto("/people")
        await expect(noor.get_by_text("Also covering for Grace Okafor")).to_be_visible()
        await see(noor, "Your colleagues")
        await grace_goes(admin, reference)
        await noor.goto(f"/cases/{reference}")
        await expect(noor.get_by_text("Noor Haddad").first).to_be_visible()
        await the_rest_of_the_office(admin)


async def noor_joins(page: Page) -> None:
    """The letter, the page behind its link, a password, and in."""
    link = await newest_link(page, "join")
    await page.goto(link)
    await see(page, "Oakfield Primary School invites you to ECM")
    await page.get_by_label("A password").fill("short")
    await press(page, "Join")
    await see(page, "Oakfield Primary School invites you to ECM", problems=True)
    await expect(page.get_by_label("Your name")).to_have_value("Noor Haddad")
    await page.get_by_label("A password").fill(PASSWORD)
    await press(page, "Join")
    await says(page, "You have joined.")
    await page.goto(link)
    await see(page, "This link does not work")
    await enter(page, NEW)
    await expect(page.get_by_text("You act as SENCO, Oakfield Primary School.")).to_be_visible()


async def grace_goes(page: Page, reference: str) -> None:
    """Her work is handed over first; then it ends."""
    await page.goto(GRACE)
    await see(page, "Grace Okafor")
    await follow(page, "End their work here")
    await see(page, "End the work of Grace Okafor here?")
    await expect(page.get_by_text(reference)).to_be_visible()
    await page.get_by_role("radio", name="Now").check()
    await press(page, "End their work")
    await see(page, "End the work of Grace Okafor here?", problems=True)
    await follow(page, "Hand it over first")
    await see(page, "Hand over what Grace Okafor does")
    await press(page, "Hand over")
    await see(page, "Hand over what Grace Okafor does", problems=True)
    await page.get_by_label("Everything not chosen below goes to").select_option(label="Noor Haddad, SENCO")
    await press(page, "Hand over")
    await says(page, "Nothing is left to hand over.")
    await page.get_by_role("link", name="End their work here").click()
    await page.get_by_role("radio", name="Now").check()
    await press(page, "End their work")
    await says(page, "Their work here has ended.")
    await expect(page.get_by_role("main").get_by_text("Grace Okafor")).to_have_count(0)


async def the_rest_of_the_office(page: Page) -> None:
    """Another role, and the telephone number."""
    await page.goto(f"{MARTIN}/role")
    await see(page, "Change the role of Martin Hale")
    await press(page, "Change role now")
    await see(page, "Change the role of Martin Hale", problems=True)
    await page.goto("/people/agency")
    await see(page, "Where is Oakfield Primary School rung?")
    await page.get_by_label("Telephone number").fill("0" * 31)
    await press(page, "Save")
    await see(page, "Where is Oakfield Primary School rung?", problems=True)
    await page.get_by_label("Telephone number").fill("01632 960199")
    await press(page, "Save")
    await expect(page.get_by_role("contentinfo")).to_contain_text("Telephone: 01632 960199")


async def enter(page: Page, email: str) -> None:
    """Sign in with the new password."""
    await page.goto("/sign-in?next=/account")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await press(page, "Sign in")
    await see(page, "Your account")


async def test_a_forgotten_password_another_address_and_every_place_one_is_signed_in(site: Site) -> None:
    async with site.open(width=PHONE) as context:
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.get_by_text("I cannot sign in").click()
        await follow(page, "Set a new password by e-mail")
        await see(page, "Set a new password")
        await press(page, "Send me a link")
        await see(page, "Set a new password", problems=True)
        await page.get_by_label("Your e-mail address").fill(SENCO)
        await press(page, "Send me a link")
        await see(page, "Look at your e-mail")
        await page.goto(await newest_link(page, "password/reset"))
        await see(page, "Set a new password")
        await page.get_by_label("The new password").fill("password")
        await press(page, "Set the password")
        await see(page, "Set a new password", problems=True)
        await page.get_by_label("The new password").fill(PASSWORD)
        await press(page, "Set the password")
        await says(page, "Your new password is set.")
        await enter(page, SENCO)
        for link, heading, name, button in FORMS:
            await follow(page, link)
            await see(page, heading)
            await page.get_by_label(name, exact=True).fill("")
            await press(page, button)
            await see(page, heading, problems=True)
            await page.goto("/account")
        for link in ("Where you are signed in", "What happened with your account"):
            await follow(page, link)
            await see(page, link)
            await follow(page, "Back")
        await follow(page, "Change your e-mail address")
        await page.get_by_label("The new e-mail address").fill("grace@oakfield.example")
        await page.get_by_label("Your password", exact=True).fill(PASSWORD)
        await press(page, "Send the link")
        await says(page, "We have sent a link")
        await page.goto(await newest_link(page, "address"))
        await see(page, "Is this your e-mail address?")
        await press(page, "Yes, use this address")
        await expect(page.get_by_text("grace@oakfield.example")).to_be_visible()
        await page.goto("/account/sessions")
        await press(page, "Sign out everywhere")
        await says(page, "You are signed out everywhere.")


FORMS = (
    ("Change your name", "Your details", "Your name", "Save"),
    ("Change your e-mail address", "Change your e-mail address", "The new e-mail address", "Send the link"),
    ("Change your password", "Change your password", "The new password", "Change password"),
)


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("people")
