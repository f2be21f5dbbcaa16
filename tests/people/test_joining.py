"""Coming: an invitation, its link, a newcomer and somebody who has an account already."""

from datetime import timedelta

from ecm.clock import today
from ecm.installation import create_first_worker
from ecm.seeds import known
from tests.client import application
from tests.people.pages import ADMIN, PASSWORD, SENCO, TEACHER, Browser, boxes, browse, letters, link_to

NEW = "noor@oakfield.example"
INVITED = {
    "name": "Noor Haddad",
    "email": NEW,
    "role": "teacher",
    "class_names": "Willow, Cedar",
    "lasting": "permanent",
}


async def test_a_colleague_is_invited_sets_a_password_and_signs_in(db):
    async with application() as client:
        admin, senco = await browse(client, ADMIN), await browse(client, SENCO)
        assert (await senco.client.get("/people/invite", headers=senco.headers)).status_code == 403
        assert (await senco.send("/people/invite", **INVITED)).status_code == 403
        assert "Invite a colleague" not in await senco.get("/people")

        missing = await admin.refused("/people/invite", **INVITED | {"lasting": "temporary"})
        assert "Temporary staff always have one." in missing
        assert "Choose a role" in await admin.refused("/people/invite", **INVITED | {"role": "practitioner"})
        assert "a real date" in await admin.refused(
            "/people/invite", **INVITED, **boxes("ends_on", today()) | {"ends_on-year": "1"}
        )
        far = await admin.refused("/people/invite", **INVITED, **boxes("starts_on", today().replace(year=9999)))
        assert "within a year" in far
        assert "correct format" in await admin.refused("/people/invite", **INVITED | {"email": "noor"})
        assert "hidden character" in await admin.refused("/people/invite", **INVITED | {"name": "Noor \u202e Haddad"})
        assert await letters(client, NEW) == []

        assert await admin.done("/people/invite", **INVITED) == "/people"
        assert "already" in await admin.refused("/people/invite", **INVITED, starts_on="")
        path = await link_to(client, NEW, "join")
        assert "Oakfield" not in (await letters(client, NEW))[0]["text"]
        nobody = Browser(client)
        for _ in range(10):
            assert "Oakfield Primary School invites you to ECM" in (shown := await nobody.get(path))
            await client.head(path)
        assert "At least 15 characters" in shown
        weak = await nobody.refused(path, name="Noor Haddad", password="noor@oakfield.example")
        assert "harder to guess" in weak
        assert await nobody.done(path, name="Noor Haddad", password=PASSWORD) == "/sign-in"
        assert (await nobody.send(path, name="Noor Haddad", password=PASSWORD)).status_code == 404
        noor = await browse(client, NEW, PASSWORD)
        assert "You act as Teacher, Oakfield Primary School." in await noor.get("/account")
        assert "Noor Haddad" in await admin.get("/people")
    async with db.admin() as behind:
        kept = await behind.fetchrow("SELECT token_hash, accepted_at FROM colleague_invitation WHERE email = $1", NEW)
        assert len(kept["token_hash"]) == 32
        of = "SELECT class_names FROM membership m JOIN person p ON p.id = m.person_id WHERE p.email = $1"
        assert await behind.fetchval(of, NEW) == ["Willow", "Cedar"]
        log = await behind.fetch("SELECT entry::text FROM audit_event")
        assert all(path.rpartition("/")[2] not in each[0] and PASSWORD not in each[0] for each in log)


async def test_who_has_an_account_gets_the_role_with_the_password_they_have_and_the_inviter_learns_nothing(db):
    hillside, carer = "senco@hillside.example", "amina.yusuf@home.example"
    async with application() as client:
        admin = await browse(client, ADMIN)
        seen = {}
        for email in (hillside, "stranger@nowhere.example"):
            typed = INVITED | {"email": email, "name": "Somebody", "role": "senco"}
            answer = await admin.send("/people/invite", **typed)
            seen[email] = (answer.status_code, answer.headers["location"])
        assert len(set(seen.values())) == 1
        path = await link_to(client, hillside, "join")
        shown = await Browser(client).get(path)
        assert "You keep it and its password" in shown
        assert "A password" not in shown
        assert await Browser(client).done(path) == "/sign-in"
        tom = await browse(client, hillside)
        assert "SENCO, Oakfield Primary School" in await tom.get("/account")
        assert "SENCO, Hillside Academy" in await tom.get("/account")
        # An address that belongs to somebody who never proved it opens nobody's account.
        async with db.admin() as behind:
            await behind.execute("UPDATE person SET email = 'ewa@home.example' WHERE id = $1", known("ewa"))
        await admin.done("/people/invite", **INVITED | {"email": "ewa@home.example", "role": "senco"})
        path = await link_to(client, "ewa@home.example", "join")
        assert "Another e-mail address is needed" in await Browser(client).get(path)
        assert (await Browser(client).send(path, name="Ewa", password=PASSWORD)).status_code == 404
        await admin.done("/people/invite", **INVITED | {"email": carer, "role": "teacher"})
        assert await Browser(client).done(await link_to(client, carer, "join")) == "/sign-in"
        amina = await browse(client, carer)
        assert "Parent or carer" in await amina.get("/account")


async def test_links_that_are_replaced_cancelled_expired_or_invented_are_all_the_same_dead_page(db):
    async with application() as client:
        admin, teacher, nobody = await browse(client, ADMIN), await browse(client, TEACHER), Browser(client)
        dead = await nobody.get("/join/" + "x" * 43, 404)
        await admin.done("/people/invite", **INVITED)
        first = await link_to(client, NEW, "join")
        async with db.admin() as behind:
            invitation = await behind.fetchval("SELECT id FROM colleague_invitation")
        again, cancel = f"/people/invitations/{invitation}/again", f"/people/invitations/{invitation}/cancelling"
        assert (await teacher.send(again)).status_code == 403
        await admin.done(again)
        second = await link_to(client, NEW, "join")
        assert await nobody.get(first, 404) == dead
        await nobody.get(second)
        await admin.done(cancel)
        assert await nobody.get(second, 404) == dead
        assert (await nobody.send(second, name="Noor", password=PASSWORD)).status_code == 404
        assert (await admin.send(cancel, other="1")).status_code == 422
        assert (await admin.send(again)).status_code == 404
        await admin.done("/people/invite", **INVITED | {"email": "late@oakfield.example"})
        late = await link_to(client, "late@oakfield.example", "join")
        await db.put_clock_forward(timedelta(days=7, minutes=1))
        assert await nobody.get(late, 404) == dead


async def test_the_first_administrator_comes_from_the_command_line_and_invites_the_others(db):
    password = await create_first_worker(
        db.admin_url, "Ada Lane", "ada@newschool.example", "New School", "school", "agency_admin"
    )
    async with application() as client:
        ada = await browse(client, "ada@newschool.example", password)
        assert "Ada Lane" in (shown := await ada.get("/people"))
        assert "Grace Okafor" not in shown
        assert await ada.done("/people/invite", **INVITED) == "/people"
        assert "New School invites you" in await Browser(client).get(await link_to(client, NEW, "join"))
