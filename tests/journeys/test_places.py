"""Places with nothing in them yet, which say what would be there; and somebody with two roles."""

from playwright.async_api import Page, expect

from ecm.clock import new_id
from ecm.seeds import SINCE, known
from tests.client import sign_in as sign_in_by_api
from tests.journeys.conftest import Site
from tests.journeys.given import HUB_ID, program
from tests.journeys.pages import assert_looked_at
from tests.journeys.sight import see
from tests.journeys.steps import AMINA, DANIEL, HUB, REASON, SENCO, THERAPIST, already_in, follow, press, says

SUHAILA = known("pupil Suhaila")
SYSTEM = "system@partnership.example"


async def test_every_empty_place_says_what_would_be_there(site: Site) -> None:
    async with site.open() as school, site.open() as service, site.open() as home:
        senco, therapist, daniel = await school.new_page(), await service.new_page(), await home.new_page()
        await senco.goto("/demo/outbox")
        await see(senco, "Messages that were sent")
        await senco.goto("/help")
        await see(senco, "Help")
        await already_in(senco, SENCO)
        for address, heading in HELP:
            await senco.goto(address)
            await see(senco, heading)
        for address, heading, words in EMPTY_FOR_A_SCHOOL:
            await senco.goto(address)
            await see(senco, heading)
            await expect(senco.get_by_text(words)).to_be_visible()
        await already_in(therapist, THERAPIST)
        await therapist.goto("/invitations")
        await see(therapist, "Invitations")
        await expect(therapist.get_by_text("Nothing is waiting.")).to_be_visible()
        await therapist.goto("/cases")
        await see(therapist, "Cases")
        await already_in(daniel, DANIEL)
        await daniel.goto("/")
        await see(daniel, "Your family")
        await expect(daniel.get_by_text("There is nothing here yet.")).to_be_visible()
        await then_a_case_of_nobody_asked_says_so(site, senco)
    async with site.open() as machine:
        system = await machine.new_page()
        await already_in(system, SYSTEM)
        await system.goto("/post")
        await see(system, "Post")
        await expect(system.get_by_text("Every message has left.")).to_be_visible()


HELP = (
    ("/help/school-leads", "SENCOs and school leads"),
    ("/help/keyboard", "Keys on the keyboard"),
    ("/help/accessibility", "Accessibility statement for ECM"),
)
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
        await already_in(page, AMINA)
        await page.goto("/")
        await follow(page, "Change role")
        await see(page, "Your account")
        await page.get_by_role("radio", name=f"Practitioner, {HUB}").check()
        await press(page, "Change role")
        await says(page, "You have changed the role you act in.")
        await see(page, "What needs you today")


def test_its_pages_were_looked_at() -> None:
    assert_looked_at("places")
