"""One reader and one row that belong together: what a shaken house rarely has.

A long condition holds only where many cells agree: a case, a pupil, a category, and that all of it is the reader's. Shaken
cells seldom do. So in most states of the house one session is taken, one row of the place that is tried, the rows that it
names, and some of every other table there; and most of their cells are made to say the same. Those that do not are the
ones that a condition is about.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.access.law import ALWAYS, Compared, Law, Place, compared
from tests.access.shaken import Column, House

# How often a cell says what the others say; is the reader's own; or, of what a fault is about, is anything.
FAITH, OWN, ANYTHING, BROKEN = (1, 0.9, 0.7), 0.5, 0.6, (0, 1, 1, 2, 3)
CONTRARY = (0, 0.3, 0.9)  # is it what it must not be
OUTSIDE = 0.3  # of the readers are carers; or do not hold what is asked for
SELDOM = 0.12  # is a table touched that says who somebody is, or what is kept from them
MANY = {"case_access": 3}
DENIES = {"conflict_of_interest", "contact_bar", "case_restriction", "court_order", "pupil_merge"}

READERS = """
SELECT s.token_hash, s.person_id::text AS person, s.membership_id::text AS membership, m.agency_id::text AS agency,
    g.safeguarding_desk_id::text AS desk, s.request_id::text AS request, m.role, g.kind,
    ARRAY(SELECT verb FROM permission p WHERE p.kind = g.kind AND p.role = m.role) AS verbs
FROM session s LEFT JOIN membership m ON m.id = s.membership_id LEFT JOIN agency g ON g.id = m.agency_id ORDER BY s.id
"""
# No other reason for the reader to see the case than the story's.
ALONE = "DELETE FROM case_access WHERE case_id::text = $1 AND principal::text = ANY ($2)"
SEATS = ("membership", "agency", "desk", "person")
HOLDS = re.compile(r"(?:\?|,) '([a-z_]+:[a-z_]+)'")
CARERS_OR_NOT = re.compile(r"'membership'(?:::text)?\)*\) IS (?:NOT )?NULL")
Left = list[tuple[str, str | None]]  # tables, and which row; or any


@dataclass
class Story:
    """A reader (what is theirs, by the name of a table), and what rows say that are about the same: what is asked of the
    row that is tried, in the table `first`, and what of others; how faithfully; and the columns that need not agree."""

    reader: bytes
    own: dict[str, str]
    here: Compared
    there: Compared
    first: str
    faith: float
    contrary: float
    broken: set[str] = field(default_factory=set)
    known: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


async def tell(
    house: House, law: Law, place: Place, focus: set[str], aim: set[str], words: Sequence[str], some: Random
) -> None:
    """Let one reader and some rows belong together; they are the house's story then. What it aims at, some do not say."""
    shaken: dict[str, list[Column]] = {}
    for c in place.shaken:
        shaken.setdefault(c.table, []).append(c)
    if not shaken:
        return
    first = some.choice(place.tables)[0] if place.tables else some.choice(sorted(shaken))
    near = law.tables_in(place.own) | {t for t in DENIES if {"pupil_id", "ended_at"} <= focus}
    others = [
        t for t in sorted(shaken) if t != first and (t in near or t not in ALWAYS | DENIES or some.random() < SELDOM)
    ]
    others = [t for t in others for _ in range(MANY.get(t, some.choice((1, 1, 2))))]
    some.shuffle(others)
    await house.admin.execute(f"SELECT setseed({some.random()})")
    house.story = await _begin(house, place, first, some)
    aim = aim if aim and some.random() < FAITH[-1] else focus
    house.story.broken = set(some.sample(sorted(aim), min(len(aim), some.choice(BROKEN))))
    if "verb" in focus:
        await _may(house, house.story, HOLDS.findall(place.own), some)
    await _agree(house, house.story, [(t, None) for t in (first, *others)], shaken, words, some)


async def _begin(house: House, place: Place, first: str, some: Random) -> Story:
    """With somebody for whom it is: a carer, or who holds a verb that is asked for."""
    readers = [dict(r) for r in await house.admin.fetch(READERS)]
    outside = some.random() < (OWN if CARERS_OR_NOT.search(place.own) else OUTSIDE)
    wanted, anybody = set(HOLDS.findall(place.own)), some.random() < OUTSIDE
    those = [r for r in readers if (r["membership"] is None) == outside] or readers
    those = [r for r in those if anybody or not wanted.isdisjoint(r["verbs"])] or those
    reader = some.choice(those)
    own = {k: v for k, v in reader.items() if v and isinstance(v, str)}
    here, there = compared(place.own or place.text, first)
    if place.own:
        there = compared(place.text, "")[1]
    return Story(reader["token_hash"], own, here, there, first, some.choice(FAITH), some.choice(CONTRARY))


async def _may(house: House, told: Story, verbs: list[str], some: Random) -> None:
    """Take from the reader a verb that is asked for, or give it."""
    if not verbs or "kind" not in told.own or some.random() > FAITH[-1]:
        return
    which = some.choice(
        [
            "INSERT INTO permission VALUES (gen_random_uuid(), $1, $2, $3) ON CONFLICT DO NOTHING",
            "DELETE FROM permission WHERE kind = $1 AND role = $2 AND verb = $3",
        ]
    )
    await house.admin.execute(which, told.own["kind"], told.own["role"], some.choice(verbs))


async def _agree(
    house: House, told: Story, left: Left, shaken: dict[str, list[Column]], words: Sequence[str], some: Random
) -> None:  # fmt: skip
    """Let rows of these tables say what is known, and then those that they name."""
    named: set[str] = set()
    while left:
        table, key = left.pop(0)
        pivot = table == told.first and not told.rows
        columns = shaken.get(table, [])
        said = {c.name: value for c in columns if (value := _said(house, told, c, pivot, words, some))}
        if "subject_id" in said and (about := _subject(house, said.get("kind", ""))):
            left.insert(0, (about, some.choice(house.ids[about]).split("'")[1]))
            said["subject_id"] = f"'{left[0][1]}'::uuid"
        found = await house.admin.fetchval(
            "SELECT agree_on($1, $2, $3, $4)", table, key, list(said), list(said.values())
        )
        row: dict[str, Any] = json.loads(found) if found else {}
        told.rows.setdefault(table, []).append(row)
        await _know(house, told, row)
        if pivot and some.random() < OWN:
            await house.admin.execute(ALONE, told.known.get("case_id"), list(told.own.values()))
        for c in house.columns[table]:
            if c.names in shaken.keys() - named - ALWAYS and c.name != "id" and row.get(c.name):
                named.add(str(c.names))
                left.insert(0, (str(c.names), row[c.name]))


def _subject(house: House, kind: str) -> str | None:
    """The table that a kind names, whole or in part."""
    word = kind.strip("'")
    return next((t for t, ids in house.ids.items() if word and ids and (t == word or t.endswith(f"_{word}"))), None)


async def _know(house: House, told: Story, row: dict[str, Any]) -> None:
    """What a row says is known then; and whose case it is, or which case is the pupil's."""
    for name, value in row.items():
        if value and name != "id" and (name.endswith("_id") or name == "category"):
            told.known.setdefault(name, value)
    for name, other, sql in WHOSE:
        if name in told.known and other not in told.known:
            told.known[other] = await house.admin.fetchval(sql, told.known[name])


WHOSE = (
    ("case_id", "pupil_id", "SELECT pupil_id::text FROM support_case WHERE id::text = $1"),
    ("pupil_id", "case_id", "SELECT id::text FROM support_case WHERE pupil_id::text = $1"),
)


def _said(house: House, told: Story, c: Column, pivot: bool, words: Sequence[str], some: Random) -> str | None:
    """What a cell is to say, if it is to say anything else (as SQL)."""
    asked = told.here if pivot else told.there
    if c.name in told.broken and some.random() < ANYTHING:
        if c.type == "uuid" and some.random() < OWN:
            return f"'{some.choice([told.own[k] for k in SEATS if k in told.own])}'::uuid"
        return some.choice(house.choices(c, words) or ["NULL"])
    word, must = some.choice(asked.words.get(c.name) or told.there.words.get(c.name) or [("", False)])
    if word and some.random() < ((told.faith if pivot and c.name in asked.words else OWN) if must else told.contrary):
        return word
    if some.random() > told.faith:
        return None
    if c.type == "uuid":
        its = told.own.get(asked.its.get(c.name, "")) or told.known.get(asked.joined.get(c.name, "id"))
        return f"'{its}'::uuid" if its else _key(told, c, some)
    if c.name in ("category", "role"):
        same = told.known.get(c.name, told.own.get(c.name))
        return f"'{same}'" if same else None
    return _many(told, c) if some.random() < OWN else None


def _many(told: Story, c: Column) -> str | None:
    if c.type == "uuid[]" and "person" in told.own:
        return f"ARRAY['{told.own['person']}']::uuid[]"
    if c.name == "categories":
        return f"ARRAY['core', '{told.known.get('category', 'core')}']"
    return "NULL" if c.name in ("ended_at", "until_at") and c.table in DENIES else None


def _key(told: Story, c: Column, some: Random) -> str | None:
    """A key of what is known already: the reader's own, what others name, or a row of the story."""
    anybody = not c.names or some.random() > FAITH[1]
    mine = [told.own[k] for k in (SEATS if anybody else [c.names]) if k in told.own]
    known = [told.known[c.name]] if told.known.get(c.name) else []
    rows = [r["id"] for t, found in told.rows.items() if t == c.names or not c.names for r in found if r.get("id")]
    found = [each for each in (mine, known or rows) if each]
    return f"'{some.choice(some.choice(found))}'::uuid" if found else None
