"""What people of the demonstration area do, on pages only: each step looks at every page it passes."""

import re
from typing import Any

from playwright.async_api import Page, expect

from ecm import seeds
from ecm.clock import today
from tests.journeys.sight import see

SENCO, STRANGER = "senco@oakfield.example", "senco@hillside.example"
NURSE, THERAPIST = "nurse@community-health.example", "therapist@community-health.example"
FAMILY_WORKER, AUDITOR = "family.worker@family-hub.example", "auditor@partnership.example"
AMINA, DANIEL = "amina.yusuf@home.example", "daniel.reid@home.example"
HEALTH, HUB = "Northshire Community Health", "Riverside Family Hub"

# One word nobody else would write for each kind of text, so that it can be looked for where it must not be.
REASON = "She loses the thread when many people talk, since the tangerine spring."
STRENGTHS = "Draws marvellous marmosets and looks after the younger ones."
DETAIL = "Looks at her neighbours, the quokkas, before she starts."
LONG = "She read a whole page aloud, and then asked for another."
MESSAGE = "Please come to the heron meeting."
NOTE = "Said at break that the wombat corner is too loud."


async def sign_in(page: Page, email: str) -> None:
    """From the sign-in page to wherever this person starts."""
    await page.goto("/sign-in")
    await see(page, "Sign in")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(seeds.PASSWORD)
    await press(page, "Sign in")
    await expect(page.get_by_role("button", name="Sign out")).to_have_count(1)


async def already_in(page: Page, email: str) -> None:
    """Somebody who has signed in before: the same form, sent without looking at its page again."""
    typed = {"email": email, "password": seeds.PASSWORD}
    answer = await page.request.post("/sign-in", form=typed, max_redirects=0)
    assert answer.status == 303, answer.status


async def press(page: Page, name: str) -> int:
    """Press a button that sends a form; the status of what comes back, redirects followed."""
    async with page.expect_navigation() as following:
        await page.get_by_role("button", name=name, exact=True).click()
    answer = await following.value
    assert answer is not None
    return answer.status


async def follow(page: Page, name: str) -> None:
    """Follow the link with exactly this name."""
    await page.get_by_role("link", name=name, exact=True).click()


async def add_picked_barrier(page: Page, barrier: str, how: str, detail: str) -> None:
    """Pick a barrier from the list and say how it was identified."""
    await page.get_by_label("Search").fill(barrier)
    if await page.get_by_role("button", name="Search", exact=True).is_visible():  # without scripts
        await press(page, "Search")
    await press(page, f"Add {barrier}")
    box = page.get_by_role("region", name=barrier)
    await box.get_by_label("How it was identified").select_option(label=how)
    await box.get_by_label("What it looks like in class").fill(detail)


async def find_pupil(page: Page, words: str) -> None:
    """Search on the first page of opening a case; what is typed never comes into an address."""
    await page.goto("/cases/new")
    await see(page, "Find the pupil")
    await page.get_by_label("Name or UPN").fill(words)
    await press(page, "Find")
    await see(page, "Find the pupil")
    assert page.url.endswith("/cases/new")


async def open_case(page: Page, pupil: str = "Leila Reid") -> str:
    """The SENCO finds a pupil and opens a case with two barriers; nobody is invited yet. The reference."""
    await find_pupil(page, pupil.split()[-1])
    await follow(page, f"Open a case for {pupil}")
    await fill_case(page)
    await see(page, "Check and open")
    await press(page, "Open the case")
    await see(page, "The case is open")
    reference = await page.get_by_role("main").locator("strong").first.inner_text()
    await page.get_by_role("button", name="Go to the case").click()
    await see(page, f"Case {reference}")
    return reference


async def fill_case(page: Page) -> None:
    """Steps 2 to 5 of opening a case, with no service invited: there is nothing to ask the family then."""
    await see(page, "Why now")
    await page.get_by_label("What is going well").fill(STRENGTHS)
    await page.get_by_label("What is happening").fill(REASON)
    await page.get_by_role("radio").nth(1).check()
    await press(page, "Save and continue")
    await see(page, "Barriers to learning")
    await add_picked_barrier(page, "Expressive language delay", "A teacher noticed it", DETAIL)
    await add_picked_barrier(page, "Anxiety affecting learning", "The pupil said so", "")
    for following in ("Who could help", "Ask the family"):
        await press(page, "Save and continue")
        await see(page, following)
    await press(page, "Save and continue")


async def says(page: Page, words: str) -> None:
    """The banner after a change."""
    await expect(page.get_by_role("alert")).to_contain_text(words)


async def admit(page: Page, reference: str, carer: str) -> None:
    """Let a carer see the case, on sight of a birth certificate."""
    await page.goto(f"/cases/{reference}/carers")
    await see(page, "Parents and carers")
    await page.get_by_role("radio", name=carer).check()
    await page.get_by_label("Which authority have you seen?").fill("Full birth certificate")
    await page.get_by_label("I have checked that it is safe").check()
    await press(page, "Let them see the case")
    await see(page, "Parents and carers")
    await says(page, "can see the case now")


async def invite(page: Page, reference: str, agency: str, *kinds: str) -> None:
    """Invite an agency and offer it these kinds of information beside what is ticked already."""
    await page.goto(f"/cases/{reference}/invite")
    await see(page, "Who could help?")
    await page.get_by_role("radio", name=agency).check()
    await press(page, "Continue")
    await see(page, f"Invite {agency}")
    await page.get_by_role("radio", name="Advice", exact=True).check()
    for kind in kinds:
        await page.get_by_role("checkbox", name=kind).check()
    await page.get_by_label("Message (optional)").fill(MESSAGE)
    await press(page, "Send the invitation")
    await see(page, "People and sharing")
    await says(page, f"{agency} is invited and sees no name yet.")


async def ask(page: Page, reference: str, carer: str, *agencies: str, how: str = "By link now") -> None:
    """Ask a carer about these agencies: everything they were offered, to help the pupil."""
    await page.goto(f"/cases/{reference}/ask")
    await see(page, "Ask the family")
    await page.get_by_role("radio", name=carer).check()
    for other in await page.get_by_role("group", name=re.compile("^What may .* see")).all():
        asked_about = await other.locator("legend").inner_text()
        if not any(agency in asked_about for agency in agencies):
            for tick in await other.get_by_role("checkbox").all():
                await tick.uncheck()
    await page.get_by_role("radio", name=how).check()
    await press(page, "See what they will read")
    await see(page, f"This is what {carer} will read")
    await press(page, "Send the link" if how == "By link now" else "Go through it together")


async def outbox(page: Page) -> list[dict[str, Any]]:
    """What was sent, newest first."""
    answer = await page.request.get("/demo/outbox.json")
    found: list[dict[str, Any]] = await answer.json()
    return found


async def write_note(page: Page, text: str, kind: str) -> None:
    """A note on the case that is open."""
    await page.get_by_label("Write a note").fill(text)
    await page.get_by_label("Kind of information").select_option(label=kind)
    await press(page, "Save the note")
    await says(page, "Your note is saved.")


async def kinds_offered(page: Page) -> list[str]:
    """Which kinds of information somebody may write a note in."""
    options = page.get_by_label("Kind of information").locator("option")
    return [await option.inner_text() for option in (await options.all())[1:]]


async def add_action(page: Page, reference: str, title: str, owner: str, kind: str) -> None:
    """Something to do by 27 March of next year."""
    await page.goto(f"/cases/{reference}")
    await page.get_by_role("button", name="Add an action").click()
    await see(page, "Add an action")
    await page.get_by_label("What will be done").fill(title)
    for label, number in (("Day", 27), ("Month", 3), ("Year", today().year + 1)):
        await page.get_by_label(label, exact=True).fill(str(number))
    await page.get_by_role("radio", name=owner).check()
    await page.get_by_role("radio", name=kind).check()
    await press(page, "Add the action")
    await see(page, f"Case {reference}")


async def answer_at_home(page: Page, *kinds: str) -> None:
    """A signed-in carer, on the page that says who is asking: yes to these kinds, to every service that asks."""
    await see(page, "Who is asking, and why")
    await page.get_by_role("button", name=re.compile("^Go to the question")).click()
    await see(page, "You decide")
    for yes in await page.get_by_role("radio", name="Yes", exact=True).all():
        await yes.check()
    for kind in kinds:
        await page.get_by_role("checkbox", name=kind).check()
    await press(page, "Check my answer")
    await see(page, "Is this right?")
    await press(page, "Yes, send this to the school")
    await see(page, "What you said")
    await says(page, "Your answer is with the school.")


async def then_the_form_is_shown_again(page: Page, heading: str, button: str, typed: dict[str, str]) -> None:
    """Sent like this, the form comes back with an error summary that leads to the box, and with what was typed."""
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
