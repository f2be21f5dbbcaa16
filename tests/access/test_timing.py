"""What one may not see and what is not there answer alike, in time as well: no clock tells what a page hides.

One after the other in turns, so that a busy moment meets both. `make prove` asks 2,000 times each, `make test` makes sure
that the answers are the same and leaves the clock alone, which on a busy machine says nothing in a few samples.
"""

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest

from ecm.actions.commands import add_action
from ecm.actions.schemas import NewAction
from ecm.clock import new_id
from tests.actions.story import OAKFIELD, action, open_story
from tests.client import Person, application, sign_in

LONG = bool(os.environ.get("ECM_LONG"))
SAMPLES = 2000 if LONG else 3
LESS_THAN_MS = 1.0
ABSENT = {"title": "Not found", "status": 404, "detail": "There is nothing here that you can see."}
ASKED: dict[str, Callable[[UUID], str]] = {
    "a case": lambda key: f"/cases/{key}",
    "the consents of a case": lambda key: f"/cases/{key}/consents",
    "a pupil": lambda key: f"/pupils/{key}",
    "an action": lambda key: f"/actions/{key}",
}


@pytest.mark.timeout(1800)
async def test_what_is_hidden_and_what_is_absent_answer_alike(db: Any) -> None:
    story = await open_story(db)
    made = await add_action(story.senco, story.case_id, NewAction(**action(OAKFIELD)))
    async with db.admin() as admin:
        pupil = await admin.fetchval("SELECT pupil_id FROM support_case WHERE id = $1", story.case_id)
    hidden = {
        "a case": story.case_id,
        "the consents of a case": story.case_id,
        "a pupil": pupil,
        "an action": made["id"],
    }
    async with application() as client:
        senco = await sign_in(client, "senco@oakfield.example")
        stranger = await sign_in(client, "senco@hillside.example")
        for name, path in ASKED.items():
            assert (await senco.get(path(hidden[name]))).status_code == 200, name
            took: dict[bool, list[float]] = {True: [], False: []}
            for place in range(2 * SAMPLES):
                there = bool(place % 2)
                took[there].append(await _ask(stranger, path, hidden[name] if there else new_id()))
            seen, absent = (median(each) * 1000 for each in took.values())
            print(f"{name}: hidden {seen:.3f} ms, absent {absent:.3f} ms")
            assert not LONG or abs(seen - absent) < LESS_THAN_MS, name


async def _ask(person: Person, path: Callable[[UUID], str], key: UUID) -> float:
    """Seconds until the answer, which is word for word the same whatever was asked for."""
    began = perf_counter()
    answer = await person.get(path(key))
    took = perf_counter() - began
    assert answer.status_code == 404
    assert answer.json() == ABSENT
    return took
