"""One's own account: details, password, address, sessions, activity, and what is done by links from letters."""

from datetime import timedelta

from ecm.accounts.rules import device_words, read_mobile
from ecm.seeds import PASSWORD as OLD
from ecm.seeds import known
from tests.client import application, sign_in
from tests.people.pages import PASSWORD, SENCO, TEACHER, Browser, browse, letters, link_to

AMINA = "amina.yusuf@home.example"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def test_devices_and_numbers_in_plain_words():
    assert [device_words(each) for each in (FIREFOX, SAFARI, CHROME, "curl/8", CHROME + " Edg/140.0")] == [
        "Firefox on Windows", "Safari on an iPhone", "Chrome on Linux", "", "Edge on Linux",
    ]  # fmt: skip
    assert [read_mobile(each) for each in ("07700 900101", "+44 7700-900101", "0044 7700900101", "+48 600 100 200")] == [
        "+447700900101", "+447700900101", "+447700900101", "+48600100200",
    ]  # fmt: skip
    assert [read_mobile(each) for each in ("", "none", "+", "12345678", "+0123456789", "٠٧٧٠٠٩٠٠١٠١", "07" * 9)] == [
        None
    ] * 7


async def test_a_changed_password_ends_every_other_session_and_a_stolen_session_cannot_guess_it(db):
    async with application() as client:
        here, there = await browse(client, SENCO, **{"user-agent": FIREFOX}), await browse(client, SENCO)
        program = await sign_in(client, SENCO)
        listed = await here.get("/account/sessions")
        assert "Firefox on Windows Here" in listed
        assert "A program" in listed
        change = "/account/password"
        assert "not the password you have" in await here.refused(change, current="wrong", password=PASSWORD)
        assert "at least 15" in await here.refused(change, current=OLD, password="short")
        assert "A browser Here" in await there.get("/account/sessions")
        answer = await here.refused(change, current="wrong", password=PASSWORD)
        assert PASSWORD not in answer
        assert await here.done(change, current=OLD, password=PASSWORD) == "/account"
        assert (await program.get("/me")).status_code == 401
        assert (await there.client.get("/account", headers=there.headers)).status_code in (303, 401)
        assert (await letters(client, SENCO))[0]["subject"] == "Your password was changed"
        happened = await here.get("/account/activity")
        assert happened.index("Your password was changed") < happened.index("typed a wrong password")
        assert happened.count("Somebody typed a wrong password for your account") == 2
        assert "You signed in" in happened
        other = await browse(client, TEACHER)
        assert "wrong password" not in await other.get("/account/activity")
        for _ in range(8):
            last = await other.refused(change, current="guess", password=PASSWORD)
        assert "too many tries" in last
        assert (await client.post("/sign-in", data={"email": SENCO, "password": OLD})).status_code == 422
        await browse(client, SENCO, PASSWORD)


async def test_sessions_are_ended_one_by_one_and_all_together_and_only_ones_own(db):
    async with application() as client:
        here, there = await browse(client, SENCO), await browse(client, SENCO)
        teacher = await browse(client, TEACHER)
        async with db.admin() as behind:
            ids = [
                row[0]
                for row in await behind.fetch(
                    "SELECT id FROM session WHERE person_id = $1 ORDER BY opened_at", known(SENCO)
                )
            ]
        assert (await teacher.send(f"/account/sessions/{ids[0]}/ending")).status_code == 404
        assert await here.done(f"/account/sessions/{ids[1]}/ending") == "/account/sessions"
        assert (await there.client.get("/account", headers=there.headers)).status_code in (303, 401)
        await here.get("/account")
        again = await browse(client, SENCO)
        assert await again.done("/account/sessions/ending") == "/sign-in"
        assert (await here.client.get("/account", headers=here.headers)).status_code in (303, 401)
        await teacher.get("/account")


async def test_a_forgotten_password_is_set_by_a_link_that_works_once_for_half_an_hour(db):
    async with application() as client:
        nobody, signed_in = Browser(client), await browse(client, SENCO)
        forgotten = "/password/forgotten"
        known_address = await nobody.send(forgotten, email=SENCO)
        unknown_address = await nobody.send(forgotten, email="nobody@oakfield.example")
        assert (known_address.status_code, known_address.text) == (200, unknown_address.text)
        assert abs(known_address.elapsed - unknown_address.elapsed) < timedelta(seconds=0.2)
        assert await letters(client, "nobody@oakfield.example") == []
        path = await link_to(client, SENCO, "password/reset")
        dead = await nobody.get("/password/reset/" + "x" * 43, 404)
        for _ in range(10):
            assert "At least 15 characters" in await nobody.get(path)
            await client.head(path)
        assert await nobody.get(path.replace("/password/reset/", "/join/"), 404) == dead
        assert await nobody.get(path.replace("/password/reset/", "/address/"), 404) == dead
        assert "at least 15" in await nobody.refused(path, password="short")
        assert await nobody.done(path, password=PASSWORD) == "/sign-in"
        assert await nobody.get(path, 404) == dead
        assert (await nobody.send(path, password=PASSWORD)).status_code == 404
        assert (await signed_in.client.get("/account", headers=signed_in.headers)).status_code in (303, 401)
        senco = await browse(client, SENCO, PASSWORD)
        assert "A new password was set by a link from a letter" in await senco.get("/account/activity")
        # Three letters in half an hour, and then no more, which nobody can tell; then slowed, as signing in is.
        for _ in range(4):
            assert (await nobody.send(forgotten, email=TEACHER)).text == known_address.text
        assert len(await letters(client, TEACHER)) == 3
        await nobody.send(forgotten, email=TEACHER)
        assert "too many tries" in await nobody.refused(forgotten, email=TEACHER)
        late = await link_to(client, TEACHER, "password/reset")
        await db.put_clock_forward(timedelta(minutes=30, seconds=1))
        assert await nobody.get(late, 404) == dead
    async with db.admin() as behind:
        everything = str(await behind.fetch("SELECT entry::text FROM audit_event"))
        assert path.rpartition("/")[2] not in everything
        assert {len(row[0]) for row in await behind.fetch("SELECT token_hash FROM account_link")} == {32}


async def test_an_address_counts_when_it_has_been_followed_and_the_old_one_is_told(db):
    new = "grace@oakfield.example"
    async with application() as client:
        senco, nobody = await browse(client, SENCO), Browser(client)
        page = "/account/address"
        assert "not the password" in await senco.refused(page, email=new, current="wrong")
        assert "have already" in await senco.refused(page, email=SENCO.upper(), current=OLD)
        assert await senco.done(page, email=TEACHER, current=OLD) == "/account"
        assert await letters(client, TEACHER) == []  # somebody else's: nothing is sent, nothing is told
        assert await senco.done(page, email=new, current=OLD) == "/account"
        await browse(client, SENCO)  # the old one still counts
        path = await link_to(client, new, "address")
        for _ in range(10):
            assert new in await nobody.get(path)
        assert await nobody.done(path) == "/account"
        assert await nobody.get(path, 404)
        assert (await letters(client, SENCO))[0]["subject"] == "Your e-mail address was changed"
        assert (await client.post("/sign-in", data={"email": SENCO, "password": OLD})).status_code == 422
        await browse(client, new)
        assert new in await senco.get("/account")
        assert (await nobody.send("/password/forgotten", email=SENCO)).status_code == 200
        assert len(await letters(client, SENCO)) == 1


async def test_details_are_ones_own_and_a_carers_new_number_has_been_checked_by_nobody(db):
    async with application() as client:
        amina, senco = await browse(client, AMINA), await browse(client, SENCO)
        assert "mobile number such as" in await amina.refused("/account/details", name="Amina Yusuf", phone="ring me")
        assert "Enter your name" in await amina.refused("/account/details", phone="07700 900199")
        assert "one line" in await amina.refused("/account/details", name="Amina\nYusuf")
        await amina.done("/account/details", name="Amina Yusuf", phone="07700 900101")
        async with db.admin() as behind:
            unchanged = await behind.fetchrow(
                "SELECT phone_verified_at, phone_changed_at FROM person WHERE id = $1", known(AMINA)
            )
        assert unchanged["phone_verified_at"] is not None  # the same number: nothing to check again
        assert unchanged["phone_changed_at"] is None
        await amina.done("/account/details", name="Amina Yusuf", phone="07700 900199", telephone="01632 960000")
        async with db.admin() as behind:
            row = await behind.fetchrow("SELECT * FROM person WHERE id = $1", known(AMINA))
        assert (row["phone"], row["phone_verified_at"]) == ("+447700900199", None)
        assert row["phone_changed_at"] is not None
        # A worker's number is for colleagues; somebody without children here has no mobile number to give.
        await senco.done("/account/details", name="Grace Okafor-Hill", phone="07700 900198", telephone="01632 960111")
        colleagues = await (await browse(client, TEACHER)).get("/people")
        assert "Grace Okafor-Hill" in colleagues
        assert "01632 960111" in colleagues
        async with db.admin() as behind:
            assert await behind.fetchval("SELECT phone FROM person WHERE id = $1", known(SENCO)) is None
