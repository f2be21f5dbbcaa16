"""What the pages about consent refuse, and where they say so, as a browser without JavaScript sends it."""

from ecm import seeds
from ecm.seeds import known
from tests.client import application
from tests.consent.phone import Phone
from tests.consent.story import AMINA, CARE, HEALTH, NURSE, SENCO, answer, carer, open_story

CLINIC = str(known("young-minds"))


async def at_a_desk(client, email: str) -> Phone:
    """Somebody signed in on pages."""
    browser = Phone(client)
    await browser.get("/sign-in")
    assert (await browser.send("/sign-in", email=email, password=seeds.PASSWORD)).status_code == 303
    return browser


async def test_what_is_refused_is_named_where_it_stands_on_the_page(db):
    async with application() as client:
        story = await open_story(client)
        for agency in (CARE, HEALTH, CLINIC):
            await story.invite(agency)
        senco = await at_a_desk(client, SENCO)
        page = f"/cases/{story.reference}/ask"
        await senco.get(page)
        assert senco.page.count(" checked>") == 4  # of the clinic, whose involvement is itself sensitive, nothing
        rows = {f"proposals.{place}.agency_id": agency for place, agency in enumerate((CARE, HEALTH, CLINIC))}
        typed = rows | {"carer_id": carer(AMINA), "how": "in_person"}
        assert (await senco.send(f"{page}/check", **typed)).status_code == 422
        assert "Tick what to ask about." in senco.words
        both = typed | {"proposals.1.categories": "health", "proposals.2.categories": "health"}
        assert (await senco.send(f"{page}/check", **both)).status_code == 422
        assert 'href="#proposals.2.agency_id"' in senco.page
        assert 'id="proposals.2.agency_id"' in senco.page
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE person SET phone_changed_at = now() - interval '13 days' WHERE email = $1", AMINA
            )
        one = typed | {"proposals.1.categories": "health", "how": "link"}
        assert (await senco.send(f"{page}/check", **one)).status_code == 422
        assert "changed in the last 14 days" in senco.words
        assert (await senco.send(f"{page}/check", **one | {"how": "in_person"})).status_code == 200
        assert "This is what Amina Yusuf will read" in senco.words


async def test_a_partner_reads_the_case_and_asks_nobody(db):
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education"]))
        await answer(story.senco, asked, channel="in_person", education="given")
        nurse = await at_a_desk(client, NURSE)
        case, proposal = f"/cases/{story.reference}", asked["proposals"][0]["id"]
        assert (await nurse.get(case)).status_code == 200
        assert (await nurse.get(f"{case}/sharing")).status_code == 200  # its own row: tests/casefile
        for path in (f"{case}/ask", f"{case}/invite"):
            assert (await nurse.get(path)).status_code == 403, path
        for path in (
            f"/consent-requests/{asked['id']}/record",
            f"/consents/{proposal}/withdrawal",
            f"/family/requests/{asked['id']}/who",
        ):
            assert (await nurse.get(path)).status_code == 404, path
