"""Letters: a closed list, typed, without a name of anybody; written only if what they tell is written too."""

from dataclasses import asdict, fields
from datetime import timedelta

import asyncpg
import pytest

from ecm.config import settings
from ecm.database import acting_as, proof
from ecm.notifications import outbox
from ecm.notifications.letters import (
    LETTERS,
    USEFUL,
    AboutCase,
    CarerLink,
    LinkCode,
    Reminders,
    TalkWanted,
    YouCover,
    useful_for,
)
from ecm.seeds import known
from ecm.web.render import environment
from tests.client import application

SECRET = "s" * 43
CANARY = "Leila Reid, Safe Haven: told her teacher on Friday"
# What a letter may hold, by the name of the field: a new letter is made of these, or its field is added here, reviewed.
PIECES = {"to": "amina.yusuf@home.example", "secret": SECRET, "code": "012345", "reference": "ECM-7K4P-2Q"}
NUMBERS = {
    "days": 7, "hours": 24, "minutes": 10,
    "overdue": 2, "due_soon": 1, "reviews": 3, "unanswered": 4, "invitations": 5, "handovers": 6,
}  # fmt: skip
WISHES = {"language": "pl", "interpreter": True, "large_print": True}  # which words are used; never shown themselves
CANARIES = (CANARY, "Leila", "Safe Haven", "Zoë\n", "‮", "", -1, True, None, ["Leila"])


def sound(letter: type, **other: object) -> object:
    """A letter of this kind as it should be, but for `other`."""
    by_text = {"to": "+447700900101"} if letter.channel == "sms" else {}
    pieces = PIECES | NUMBERS | WISHES | by_text
    return letter(**{f.name: pieces[f.name] for f in fields(letter)} | other)


SOUND = [sound(letter) for letter in LETTERS] + [CarerLink("+447700900101", SECRET, 7)]


@pytest.mark.parametrize(
    ("letter", "values"),
    [
        (CarerLink, ("Leila Reid", SECRET, 7)),
        (CarerLink, ("a@b.example", "Leila Reid has a speech problem and sees Safe Haven", 7)),
        (CarerLink, ("a@b.example\nBcc: x@y.example", SECRET, 7)),
        (LinkCode, ("+447700900101", "Leila!", 10)),
        (LinkCode, ("a@b.example", "012345", 10)),
        (TalkWanted, ("senco@oakfield.example", "Leila Reid")),
    ],
)
def test_nothing_but_addresses_secrets_codes_and_references_fits_in(letter, values):
    with pytest.raises(ValueError, match="not"):
        letter(*values)


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.name)
def test_no_letter_can_express_a_name_a_service_or_a_note(letter):
    for field in fields(letter):
        yes_or_no = isinstance(WISHES.get(field.name), bool)
        for canary in CANARIES if not yes_or_no else (each for each in CANARIES if each is not True):
            with pytest.raises((ValueError, TypeError)):
                sound(letter, **{field.name: canary})
    with pytest.raises(TypeError):
        sound(letter, pupil=CANARY)
    assert "{" not in letter.subject
    assert set(fields(letter)) == set(fields(sound(letter)))


def test_every_letter_has_its_words_and_only_its_own_parameters():
    for letter in SOUND:
        template = environment().get_template(f"letters/{letter.name}.txt")
        text = template.render(letter=letter, **asdict(letter), site="https://ecm.example")
        shown = [str(getattr(letter, f.name)) for f in fields(letter) if f.name not in ("to", *NUMBERS, *WISHES)]
        assert all(value in text for value in shown)
        assert not any(word in text for word in ("undefined", "None", "{"))
        assert len(text.strip()) <= (260 if letter.channel == "sms" else 1200)
        assert "&" not in text  # no escaped sign: a letter is plain text


async def test_a_letter_leaves_only_with_what_it_tells_and_shows_only_in_the_demonstration(db, monkeypatch):
    senco = await db.act_as("senco@oakfield.example")

    async def fail_after_writing() -> None:
        async with acting_as(senco, "test") as act:
            await outbox.queue(act, SOUND[0])
            act.record("consent:requested")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()
    async with application() as client:
        assert (await client.get("/demo/outbox.json")).json() == []
        assert "Nothing has been sent yet." in (await client.get("/demo/outbox")).text
        # What names a case goes to somebody of whom it is asked whether they may learn of it, and no other way.
        open_to_all = [letter for letter in SOUND if not isinstance(letter, AboutCase)]
        for letter in open_to_all:
            async with acting_as(senco, "test") as act:
                await outbox.queue(act, letter)
                act.record("consent:requested")
        for letter in (each for each in SOUND if isinstance(each, AboutCase)):
            with pytest.raises(AssertionError):
                async with acting_as(senco, "test") as act:
                    await outbox.queue(act, letter)
        found = (await client.get("/demo/outbox.json")).json()
        assert [m["to"] for m in found] == [letter.to for letter in reversed(open_to_all)]
        assert set(found[0]) == {"to", "channel", "subject", "text", "at"}
        assert {m["channel"] for m in found} == {"email", "sms"}
        assert "012345 is your code" in (await client.get("/demo/outbox")).text
    monkeypatch.setattr(type(settings()), "demo", False)
    settings.cache_clear()
    monkeypatch.setenv("ECM_DEMO", "")
    monkeypatch.setenv("ECM_DATABASE_URL", "")
    try:
        assert outbox.demo_routes() == []
    finally:
        settings.cache_clear()


def test_a_letter_is_worth_sending_as_long_as_what_it_links_to_works():
    assert useful_for(LinkCode("+447700900101", "012345", 10)) == timedelta(minutes=10)
    assert useful_for(CarerLink("a@b.example", SECRET, 7)) == timedelta(days=7)
    assert useful_for(TalkWanted("a@b.example", "ECM-7K4P-2Q")) == USEFUL


def test_a_digest_says_how_much_waits_and_nothing_about_what_does_not():
    template = environment().get_template("letters/reminders.txt")
    text = template.render(**asdict(Reminders("a@b.example", 2, 0, 0, 0, 1, 0)), site="https://ecm.example")
    assert "- 2 actions overdue\n- 1 invitation to work on a case, without an answer\n\nSign in" in text
    assert "review" not in text


async def test_a_worker_is_written_to_while_they_work_there_and_their_address_stays_hidden(db):
    actor, seat = await db.act_as("dsl@oakfield.example"), known("seat senco@oakfield.example")

    async def write() -> bool:
        async with acting_as(actor, "test") as act:
            act.record("consent:requested")
            return await outbox.write_to_worker(act, seat, YouCover)

    assert await write()
    async with db.admin() as admin:
        assert [row[0] for row in await admin.fetch("SELECT recipient FROM outbox")] == ["senco@oakfield.example"]
        await admin.execute("UPDATE membership SET ended_at = now() WHERE id = $1", seat)
        assert not await write()
        await admin.execute("UPDATE membership SET ended_at = NULL; UPDATE person SET email = NULL")
        assert not await write()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting_as(actor, "test") as act:
            await act.row("SELECT * FROM worker_address($1, NULL, $2)", seat, proof("outbox"))
