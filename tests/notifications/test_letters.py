"""Letters: a closed list, typed, without a name of anybody; written only if what they tell is written too."""

from dataclasses import asdict, fields

import pytest

from ecm.config import settings
from ecm.database import acting_as
from ecm.notifications import outbox
from ecm.notifications.letters import LETTERS, CarerLink, LinkCode, TalkWanted
from ecm.web.render import environment
from tests.client import application

SECRET = "s" * 43
SOUND = (
    CarerLink("amina.yusuf@home.example", SECRET, 7), CarerLink("+447700900101", SECRET, 7),
    LinkCode("+447700900101", "012345", 10), TalkWanted("senco@oakfield.example", "ECM-7K4P-2Q"),
)  # fmt: skip


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


def test_every_letter_has_its_words_and_only_its_own_parameters():
    assert {type(each) for each in SOUND} == set(LETTERS)
    for letter in SOUND:
        text = (
            environment()
            .get_template(f"letters/{letter.name}.txt")
            .render(**asdict(letter), site="https://ecm.example")
        )
        shown = [str(getattr(letter, f.name)) for f in fields(letter) if f.name not in ("to", "days", "minutes")]
        assert all(value in text for value in shown)
        assert len(text.strip()) <= (260 if letter.channel == "sms" else 900)
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
        for letter in SOUND:
            async with acting_as(senco, "test") as act:
                await outbox.queue(act, letter)
                act.record("consent:requested")
        found = (await client.get("/demo/outbox.json")).json()
        assert [m["to"] for m in found] == [letter.to for letter in reversed(SOUND)]
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
