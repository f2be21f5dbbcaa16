"""What became of the message that asks a parent: shown where the question is shown, to who may see the question."""

from ecm.consent import links
from ecm.database import acting_as
from ecm.seeds import PASSWORD
from tests.client import application
from tests.consent.phone import Phone
from tests.consent.story import AMINA, DANIEL, HEALTH, HUB, NURSE, SENCO, messages, open_story
from tests.post.test_delivery import carrying, settled
from tests.post.test_pages import WAYS

SECRET = "s" * 43


async def test_the_first_look_at_a_linked_page_is_remembered_once_and_the_school_is_told(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        await story.invite(HUB, categories=["family"])
        for parent in (AMINA, DANIEL):
            await story.ask(parent, (HEALTH, ["education"]), how="link")
        school = Phone(client)
        await school.get("/sign-in")
        await school.send("/sign-in", email=SENCO, password=PASSWORD)
        sharing = f"/cases/{story.reference}/sharing"
        assert "The e-mail is on its way" in (await school.get(sharing)).text
        async with carrying(WAYS):
            await settled(db)
        assert (await school.get(sharing)).text.count("not opened yet") == 2
        daniels, aminas = await messages(client)
        assert (daniels["to"], aminas["to"]) == (DANIEL, AMINA)
        link = Phone(client)
        path = daniels["text"].split("/consent/")[1][:43]
        unknown = await link.get(f"/consent/{SECRET}")
        await link.get(f"/consent/{path}", method="HEAD")
        assert (await school.get(sharing)).text.count("not opened yet") == 2
        for _ in range(2):
            assert (await link.get(f"/consent/{path}")).text.replace(path, SECRET) == unknown.text
        told = (await school.get(sharing)).text
        assert (told.count("page first opened on"), told.count("not opened yet")) == (1, 1)
        async with db.admin() as admin:
            assert await admin.fetchval("SELECT count(*) FROM audit_event WHERE event = 'message:opened'") == 1
            await admin.execute("UPDATE outbox SET state = 'refused' WHERE recipient = $1", AMINA)
        assert "could not be delivered. Check the address, then ask again." in (await school.get(sharing)).text
        assert "address" not in (await nurse.get(f"{story.path}/consents")).text
    # The agency that is asked about sees the question's scope, never the message; nor does another school.
    for who, seen in ((SENCO, 2), (NURSE, 0), ("senco@hillside.example", 0)):
        async with acting_as(await db.act_as(who), "test") as act:
            assert await act.value("SELECT count(*) FROM (SELECT id, state, opened_at FROM outbox) x") == seen
            act.record("consents:listed")
