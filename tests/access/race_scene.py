"""A case in which three organisations read for three different reasons, and as many copies of it as are wanted.

What is secret in it are words that stand for a text of a category, for what an organisation is to do (which it sees while it
is on the case, whatever the category), and for the pupil's name; each copy has others.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx

from ecm.cases.rules import reference_of
from ecm.clock import today
from ecm.seeds import known
from tests.journeys.story import Story, Visitor, carer_id, pupil_id

EDUCATION, FAMILY, ACTION, NAME = "Qedu", "Qfam", "Qact", "Qnam"
FIRST = "aaaaaa"
WORDS = re.compile(f"({EDUCATION}|{FAMILY}|{ACTION}|{NAME}){FIRST}", re.IGNORECASE)
ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVERYBODY = ("senco", "dsl", "nurse", "therapist", "manager", "social_worker", "family_worker", "amina", "daniel")
PLANNERS = {
    "nurse": "professionals",
    "social_worker": "professionals",
    "family_worker": "professionals",
    "senco": "family",
}
OWNERS = {"nurse": "community-health", "social_worker": "childrens-services", "family_worker": "family-hub"}


@dataclass
class Place:
    """One copy of the case: its ids under the names that are used here, and the words that are secret in it."""

    ids: dict[str, str]
    word: str
    plans: list[str] = field(default_factory=list)


@dataclass
class Base:
    """The case that all others are copies of: who is signed in, and its rows by table."""

    people: dict[str, Visitor]
    ids: dict[str, str]
    rows: dict[str, str]  # as JSON
    keys: dict[str, str]  # table → the column that leads to the case, or to the pupil
    own: frozenset[str]  # the ids of rows, which every copy has of its own


async def make_base(client: httpx.AsyncClient, admin: asyncpg.Connection) -> Base:
    """The case, made through the API as people make it."""
    await admin.execute(
        "UPDATE pupil SET last_name = $2, search_key = $3 WHERE id = $1",
        UUID(pupil_id("Leila Reid")), NAME + FIRST, f"leila {NAME + FIRST}".lower(),
    )  # fmt: skip
    story = Story(client)
    for name in EVERYBODY:
        await story.who(name)
    opened = await story.open(reason=f"{EDUCATION}{FIRST} is hard.")
    story.case_id, story.reference = opened["id"], opened["reference"]
    ids = {"case": story.case_id, "reference": story.reference, "pupil": pupil_id("Leila Reid")}
    ids |= await _share(story) | await _write(story)
    return Base(story.people, ids, *await _taken(admin, ids))


async def _share(story: Story) -> dict[str, str]:
    """By consent of the one parent, with the other still to answer; by a yes to a service; by law."""
    await story.admit("amina")
    for agency in ("community-health", "childrens-services", "family-hub"):
        await story.join(agency)
    kinds: dict[str, tuple[str, ...]] = {"community-health": ("education", "family")}
    hers, his = await story.ask(kinds), await story.ask(kinds, "daniel")
    await story.say(hers, "given", "online")
    given = {each["category"]: each["id"] for each in hers["proposals"]}
    path, mother = f"{story.path}/sharing-grounds", carer_id("amina")
    service = {"basis": "service_agreement", "code": "early_help", "carer_id": mother, "channel": "phone"}
    law = {"basis": "statutory", "code": "ca1989_s17", "told_carer_ids": [mother], "told_on": today().isoformat()}
    shared = {"categories": ["education", "family"]}
    return {
        "yes to family": given["family"], "yes to education": given["education"], "his request": his["id"],
        "his education": his["proposals"][0]["id"], "his family": his["proposals"][1]["id"],
        "service": (await story.do("senco", path, agency_id=str(known("family-hub")), **service, **shared))["id"],
        "law": (await story.do("senco", path, agency_id=str(known("childrens-services")), **law, **shared))["id"],
        **{f"work of {agency}": made for agency, made in story.involvements.items()},
        "mother": mother, "father": carer_id("daniel"),
    }  # fmt: skip


async def _write(story: Story) -> dict[str, str]:
    """The secret words in every kind of text that the readers have a reason to read, and in plans that they have made."""
    goal = {"title": "Reads a page", "measure": f"{EDUCATION}{FIRST} a minute", "category": "education"}
    help_ = {"title": f"{EDUCATION}{FIRST} cards", "who": "Ms Nair", "how_often": "Daily", "category": "education"}
    texts = [
        {"category": "education", "text": f"{EDUCATION}{FIRST}"},
        {"category": "family", "text": f"{FAMILY}{FIRST}"},
    ]
    for text in texts:
        await story.note("senco", text["category"], text["text"])
    await story.do("senco", f"{story.path}/outcomes", **goal)
    await story.do("senco", f"{story.path}/provisions", **help_)
    await story.do("senco", f"{story.path}/reviews", held_on=today().isoformat(), contributions=texts)
    actions = {
        f"action of {name}": await story.act("senco", "education", f"{ACTION}{FIRST}", owner)
        for name, owner in OWNERS.items()
    }
    return actions | {f"plan of {name}": await story.plan(name, audience) for name, audience in PLANNERS.items()}


KEYS = """
SELECT table_name, CASE WHEN bool_or(column_name = 'case_id') THEN 'case_id' ELSE 'pupil_id' END AS key
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name IN ('case_id', 'pupil_id')
  AND table_name NOT LIKE 'audit%' GROUP BY table_name
"""


SEATED = """
UPDATE pupil_search f SET seated = x.seated FROM jsonb_populate_recordset(NULL::pupil_search, $1) x WHERE x.pupil_id = f.pupil_id
"""


async def _taken(
    admin: asyncpg.Connection, ids: dict[str, str]
) -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    """Every row about the case or its pupil in any table, less the log."""
    keys = {row["table_name"]: row["key"] for row in await admin.fetch(KEYS)} | {"pupil": "id"}
    rows: dict[str, str] = {}
    for table, key in keys.items():
        of = UUID(ids["case" if key == "case_id" else "pupil"])
        found = await admin.fetchval(f"SELECT jsonb_agg(to_jsonb(t) - 'document') FROM {table} t WHERE {key} = $1", of)
        rows |= {table: found} if found else {}
    own = {row["id"] for part in rows.values() for row in json.loads(part) if "id" in row}
    return rows, {table: keys[table] for table in rows}, frozenset(own)


def letters(number: int) -> str:
    """A number as six letters, to be part of a name."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:06}")


async def copies(admin: asyncpg.Connection, base: Base, numbers: Iterable[int]) -> list[Place]:
    """Copies of these numbers (from 1): each with ids and secret words of its own."""
    places: list[Place] = []
    rows: defaultdict[str, list[Any]] = defaultdict(list)
    for each in numbers:
        place, texts = _copy(base, each)
        places.append(place)
        for table, text in texts.items():
            rows[table] += json.loads(text)
    for enrolment in rows["enrolment"]:
        enrolment["upn"] = None
    async with admin.transaction():
        await _insert(admin, "pupil", rows.pop("pupil"))  # with its triggers: they make what a name is found by
        await admin.execute(SEATED, json.dumps(rows.pop("pupil_search")))
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table, part in rows.items():
            await _insert(admin, table, part)
        cases = [UUID(place.ids["case"]) for place in places]
        await admin.execute(
            "UPDATE plan SET document = convert_to(snapshot::text, 'UTF8') WHERE case_id = ANY ($1)", cases
        )
    return places


def _copy(base: Base, number: int) -> tuple[Place, dict[str, str]]:
    word = letters(number)
    names = {each: str(uuid5(UUID(each), word)) for each in base.own}
    new = base.ids | {name: names.get(each, each) for name, each in base.ids.items()}
    new["reference"] = reference_of(UUID(new["case"]))
    texts = {}
    for table, part in base.rows.items():
        text = ID.sub(lambda found: names.get(found[0], found[0]), part)
        text = WORDS.sub(lambda found: found[1] + word, text)
        texts[table] = text.replace(base.ids["reference"], new["reference"])
    return Place(new, word, [new[f"plan of {name}"] for name in PLANNERS]), texts


async def _insert(admin: asyncpg.Connection, table: str, rows: list[Any]) -> None:
    await admin.execute(
        f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)", json.dumps(rows)
    )


async def forget(admin: asyncpg.Connection, base: Base, places: list[Place]) -> None:
    """Take copies away again, with all that was done in them: lists stay as short as they are for people."""
    cases, pupils = ([UUID(place.ids[name]) for place in places] for name in ("case", "pupil"))
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        for table, key in base.keys.items():
            await admin.execute(f"DELETE FROM {table} WHERE {key} = ANY ($1)", cases if key == "case_id" else pupils)
        await admin.execute("DELETE FROM case_turn WHERE case_id = ANY ($1)", cases)
        await admin.execute("DELETE FROM outbox")
