"""The carer's link through HTTP: scanners use nothing up, strangers learn nothing, and only the telephone opens it."""

import asyncio
import secrets
import time
from datetime import timedelta

from ecm.consent import links
from tests.client import application, sign_in
from tests.consent.phone import Phone, code_of, link_of
from tests.consent.story import AMINA, DANIEL, HEALTH, NURSE, answer, carer, messages, open_story


async def opened(phone: Phone, link: str) -> str:
    """Start, read the code, type it; the address of the question behind the link."""
    await phone.get(link)
    assert (await phone.send(link)).status_code == 303
    await phone.get(f"{link}/code")
    sent = await phone.send(f"{link}/code", code=code_of((await messages(phone.client))[0]))
    assert sent.status_code == 303, phone.words
    return sent.headers["location"]


async def test_the_whole_way_on_a_telephone(db):
    async with application() as client:
        story = await open_story(client)
        nurse = await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education", "health"]), how="link")
        letter = (await messages(client))[0]
        assert (letter["to"], letter["channel"]) == (AMINA, "email")
        assert not any(word in letter["subject"] + letter["text"] for word in ("Leila", "Amina", "Oakfield", "Health"))
        phone, link = Phone(client), link_of(letter)

        base = await opened(phone, link)
        code = (await messages(client))[0]
        assert (code["to"], code["channel"]) == ("+447700900101", "sms")
        assert base == f"/answer/{asked['id']}"
        await phone.get(base)
        assert "Is there a Leila at Oakfield Primary School" in phone.words
        await phone.get(f"{base}/who")
        assert "Grace Okafor, who looks after extra help" in phone.words
        await phone.get(f"{base}/questions")
        assert "checked" not in phone.page
        by_kind = {p["category"]: p["id"] for p in asked["proposals"]}
        said = {"answers.0.question": by_kind["education"], "answers.0.say": "yes"}

        nothing = await phone.send(f"{base}/check", **{"answers.0.question": by_kind["education"]})
        assert nothing.status_code == 422
        assert "Choose yes, no or talk first for Northshire Community Health." in phone.words
        assert (await phone.send(f"{base}/check", **said)).status_code == 422
        contrary = said | {"answers.0.say": "no", "answers.0.kinds": by_kind["education"]}
        assert (await phone.send(f"{base}/check", **contrary)).status_code == 422
        said["answers.0.kinds"] = by_kind["education"]
        assert (await phone.send(f"{base}/check", **said)).status_code == 200
        assert "They may see: Learning" in phone.words
        assert "They may not see: health" in phone.words
        assert await story.states() == {
            ("Amina Yusuf", "education"): "requested",
            ("Amina Yusuf", "health"): "requested",
        }

        check = phone.page
        assert (await phone.send(f"{base}/answers", **said)).headers["location"] == f"{base}/receipt"
        assert await story.categories(nurse) == {"core", "education"}
        assert await story.states() == {("Amina Yusuf", "education"): "given", ("Amina Yusuf", "health"): "refused"}
        await phone.get(f"{base}/receipt")
        assert "You said yes" in phone.words
        assert "You said no" in phone.words
        assert (await phone.get(f"{base}/questions")).status_code == 303
        phone.page = check
        assert (await phone.send(f"{base}/answers", **said)).headers["location"] == f"{base}/receipt"  # sent twice
        async with db.admin() as admin:
            assert await admin.fetchval("SELECT count(*) FROM consent_event WHERE channel = 'online'") == 2

        again = Phone(client)  # the same link, another day, to change her mind
        assert await opened(again, link) == base
        await again.get(f"{base}/withdrawal/{by_kind['education']}")
        assert "Copies that somebody saved before cannot be taken back." in again.words
        assert (await again.send(f"{base}/withdrawal/{by_kind['education']}")).status_code == 303
        assert (await nurse.get(story.path)).status_code == 404


async def test_to_talk_first_decides_nothing_and_the_school_is_told_without_a_name(db):
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        asked = await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        phone = Phone(client)
        base = await opened(phone, link_of((await messages(client))[0]))
        await phone.get(f"{base}/questions")
        said = {"answers.0.question": asked["proposals"][0]["id"], "answers.0.say": "talk"}
        assert (await phone.send(f"{base}/answers", **said)).status_code == 303
        assert await story.states() == {("Amina Yusuf", "education"): "requested"}
        letter = (await messages(client))[0]
        assert letter["to"] == "senco@oakfield.example"
        assert story.reference in letter["text"]
        assert not any(word in letter["text"] for word in ("Leila", "Amina", "Health"))
        await phone.get(f"{base}/receipt")
        assert "You have not decided everything" in phone.words


async def test_looking_and_pressing_start_use_nothing_up(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        link = link_of((await messages(client))[0])
        for _ in range(20):
            scanner = Phone(client)
            await scanner.get(link)
            await scanner.get(link, method="HEAD")
            await scanner.get(f"{link}/code")
        for _ in range(5):
            scanner = Phone(client)
            await scanner.get(link)
            assert (await scanner.send(link)).status_code == 303
            await scanner.send(f"{link}/code", code="")
        assert (await opened(Phone(client), link)).startswith("/answer/")


async def test_five_codes_may_be_tried_and_a_right_one_works_once_and_here(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        link, phone = link_of((await messages(client))[0]), Phone(client)
        await opened(phone, link)
        await phone.get(f"{link}/code")
        used = code_of((await messages(client))[0])
        assert (await phone.send(f"{link}/code", code=used)).status_code == 422  # once

        await phone.send(link)
        code = code_of((await messages(client))[0])
        elsewhere = Phone(client)
        await elsewhere.get(f"{link}/code")
        assert (await elsewhere.send(f"{link}/code", code=code)).status_code == 422  # here
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for _ in range(2):
            await phone.get(f"{link}/code")
            assert (await phone.send(f"{link}/code", code=wrong)).status_code == 422
        before = len(await messages(client))
        for _ in range(3):  # five codes have been typed: the right one, typed now or after a new start, opens nothing
            await phone.get(f"{link}/code")
            assert (await phone.send(f"{link}/code", code=code)).status_code == 422
            await phone.send(link)
        assert len(await messages(client)) == before


async def test_at_the_same_moment_tries_are_counted_in_turn_and_a_right_code_opens_once(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        link, phone = link_of((await messages(client))[0]), Phone(client)
        await phone.get(link)
        await phone.send(link)
        await phone.get(f"{link}/code")
        code = code_of((await messages(client))[0])
        twice = await asyncio.gather(*(phone.send(f"{link}/code", code=code) for _ in range(2)))
        assert sorted(each.status_code for each in twice) == [303, 422]

        again = Phone(client)
        await again.get(link)
        await again.send(link)
        await again.get(f"{link}/code")
        code = code_of((await messages(client))[0])
        wrong = (f"{(int(code) + n) % 1_000_000:06}" for n in range(1, 13))
        guesses = await asyncio.gather(*(again.send(f"{link}/code", code=guess) for guess in wrong))
        assert {each.status_code for each in guesses} == {422}
        assert (await again.send(f"{link}/code", code=code)).status_code == 422
        async with db.admin() as admin:
            assert await admin.fetchval("SELECT tries FROM consent_link") == 15


async def test_no_answer_tells_what_kind_of_link_it_is(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0.05)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        found = {"unknown": f"/consent/{secrets.token_urlsafe(32)}", "no secret": "/consent/x"}
        for name, email in (
            ("known", AMINA),
            ("used", DANIEL),
            ("changed", AMINA),
            ("barred", DANIEL),
            ("expired", AMINA),
        ):
            asked = await story.ask(email, (HEALTH, ["education"]), how="link")
            found[name] = link_of((await messages(client))[0])
            if name == "used":
                assert (await answer(await sign_in(client, email), asked, education="refused")).status_code == 201
        async with db.admin() as admin:
            await admin.execute(
                "UPDATE consent_link SET expires_at = now() WHERE token_hash = sha256($1)",
                found["expired"][9:].encode(),
            )
            first, started = None, len(await messages(client))
            for name, link in found.items():
                if name in ("changed", "barred"):
                    await admin.execute(
                        "UPDATE person SET phone_changed_at = now() - interval '13 days' WHERE email = $1", AMINA
                    )
                    await admin.execute(
                        """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at)
                           SELECT gen_random_uuid(), pupil_id, person_id, 'court_order', now() FROM carer WHERE id = $1""",
                        carer(DANIEL),
                    )
                phone, seen, took = Phone(client), [], []
                for method, path, boxes in (
                    ("GET", link, None), ("HEAD", link, None), ("POST", link, {}), ("GET", f"{link}/code", None),
                    ("POST", f"{link}/code", {"code": "000000"}), ("POST", f"{link}/code", {"code": "nonsense"}),
                ):  # fmt: skip
                    at = time.perf_counter()
                    made = await (phone.send(path, **boxes) if boxes is not None else phone.get(path, method=method))
                    took.append(time.perf_counter() - at)
                    text = made.text.replace(link, "LINK").replace(phone.page and _token(made.text), "TOKEN")
                    kept = {k: v for k, v in made.headers.items() if k not in ("set-cookie", "location")}
                    seen.append((made.status_code, kept, text, made.headers.get("location", "").replace(link, "LINK")))
                assert first is None or seen == first, name
                assert all(took[place] >= links.ANSWER_SECONDS for place in (2, 4)), (name, took)
                first = seen
        assert len(await messages(client)) == started + 2  # only the known and the used link sent a code
        assert "Leila" not in str(first)
        assert "Oakfield" not in str(first)


def _token(page: str) -> str:
    """The form's token, which differs with the browser's cookie."""
    head, found, tail = page.partition('name="_csrf_token" value="')
    return tail.partition('"')[0] or "no token" if found and head else "no token"


async def test_a_link_opens_its_one_request_and_nothing_else_for_twenty_minutes(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        hers = await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        phone = Phone(client)
        base = await opened(phone, link_of((await messages(client))[0]))
        others = [
            await story.ask(DANIEL, (HEALTH, ["education"]), how="in_person"),
            await story.ask(AMINA, (HEALTH, ["health"]), how="in_person"),
        ]
        for other in others:
            assert (await phone.get(f"/answer/{other['id']}/who")).status_code == 404
            assert (await phone.get(f"/family/requests/{other['id']}/who")).headers["location"].startswith("/sign-in")
        for path in ("/family", "/cases", f"/cases/{story.reference}", "/account", "/"):
            assert (await phone.get(path)).headers["location"].startswith("/sign-in"), path
        assert (await phone.get(f"{base}/who")).status_code == 200
        await db.put_clock_forward(timedelta(minutes=21))
        assert (await phone.get(f"{base}/who")).status_code == 401
        assert "This page has closed" in phone.words
        assert await story.states() == {
            ("Amina Yusuf", "education"): "requested", ("Amina Yusuf", "health"): "requested", ("Daniel Reid", "education"): "requested",
        }  # fmt: skip
        assert hers["status"] == "requested"


async def test_not_mine_closes_the_question_for_whoever_it_is_not_about(db, monkeypatch):
    monkeypatch.setattr(links, "ANSWER_SECONDS", 0)
    async with application() as client:
        story = await open_story(client)
        await story.join(NURSE, HEALTH)
        await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        link, phone = link_of((await messages(client))[0]), Phone(client)
        base = await opened(phone, link)
        await phone.get(base)
        kept = dict(phone.cookies)
        assert (await phone.send(f"{base}/not-mine")).status_code == 200
        phone.cookies = kept
        assert (await phone.get(f"{base}/who")).status_code == 401
        assert await opened(phone, link) == base
