"""How a carer wants to be told is honoured in every letter: their language, an interpreter, the format, or no letter."""

from typing import Any

import pytest

from ecm.notifications.languages import FIRST_LINES
from ecm.pupils.words import LANGUAGE_LABELS
from ecm.seeds import known
from tests.client import application
from tests.consent.story import AMINA, HEALTH, messages, open_story


async def set_needs(db: Any, **needs: Any) -> None:
    async with db.admin() as admin:
        for name, value in needs.items():
            await admin.execute(f"UPDATE carer SET {name} = $1 WHERE id = $2", value, known(f"carer {AMINA}"))


@pytest.mark.parametrize(
    ("needs", "said", "unsaid"),
    [
        ({}, ("your child's school has a question",), ("interpreter", "large print", FIRST_LINES["pl"])),
        (
            {"language": "pl", "needs_interpreter": True, "format": "large_print"},
            ("Szkoła Twojego dziecka", "would like an interpreter", "on paper in large print"),
            (),
        ),
    ],
)
async def test_a_letter_says_it_as_this_person_reads_it(
    db: Any, needs: dict[str, Any], said: tuple[str, ...], unsaid: tuple[str, ...]
) -> None:
    await set_needs(db, **needs)
    async with application() as client:
        story = await open_story(client)
        await story.invite(HEALTH)
        await story.ask(AMINA, (HEALTH, ["education"]), how="link")
        text = (await messages(client))[0]["text"]
    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []


async def test_who_is_not_written_to_is_asked_in_another_way(db: Any) -> None:
    await set_needs(db, format="telephone")
    async with application() as client:
        story = await open_story(client)
        await story.invite(HEALTH)
        body = {
            "carer_id": str(known(f"carer {AMINA}")),
            "proposals": [{"agency_id": HEALTH, "categories": ["education"], "purpose": "support"}],
        }
        written = await story.senco.post(f"{story.path}/consent-requests", body)
        assert written.status_code == 422
        assert "not in writing" in written.json()["errors"][0]["message"]
        assert await messages(client) == []
        await story.ask(AMINA, (HEALTH, ["education"]), how="in_person")


def test_every_first_line_is_in_a_language_that_can_be_chosen() -> None:
    assert set(FIRST_LINES) <= set(LANGUAGE_LABELS)
