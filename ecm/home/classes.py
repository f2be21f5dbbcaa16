"""A teacher's classes: who is in them, the one-page profile of each pupil, and the numbers to write down.

A teacher gets what helps in class (`classroom`) of the pupils they teach, and not the case. Row-level security decides
what that is; of most pupils it is nothing, and then it looks as if there were no case. Source: ADR 0029.
"""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.barriers.catalogue import barrier
from ecm.cases.outcomes import number
from ecm.cases.queries import display
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed
from ecm.pupils.roll import ON_ROLL, ORDER, ROLL

MOST_PUPILS = 400
# The reference is of who sees the case itself: a class teacher does not, unless they work on it.
PUPILS = f"""{ROLL} SELECT u.id, u.first_name, u.last_name, u.preferred_name, r.class_name, t.case_id, c.reference
{ON_ROLL} LEFT JOIN taught_cases() t ON t.pupil_id = u.id LEFT JOIN support_case c ON c.id = t.case_id
WHERE r.class_name = ANY ((SELECT own_classes())::text[]) ORDER BY r.class_name, {ORDER} LIMIT {MOST_PUPILS}"""
# What was agreed for lessons, and nothing of another kind: this page is open where children are.
HELPS = """
SELECT p.case_id, p.title, p.who || ', ' || p.how_often AS more FROM provision p
WHERE p.case_id = ANY ($1::uuid[]) AND p.category = 'classroom' AND p.ended_on IS NULL
UNION ALL SELECT t.case_id, t.title, NULL FROM action t
WHERE t.case_id = ANY ($1::uuid[]) AND t.category = 'classroom' AND t.status IN ('todo', 'doing')
ORDER BY 2
"""
HARD = """
SELECT DISTINCT i.case_id, i.code FROM identified_barrier i
WHERE i.case_id = ANY ($1::uuid[]) AND i.category = 'classroom' ORDER BY i.code
"""
# The newest words of each, as many as a one-page profile has (templates/plans/one_page_profile.html).
WORDS = """
SELECT case_id, whose, text FROM (
    SELECT v.case_id, v.whose, v.text, row_number() OVER (
        PARTITION BY v.case_id, v.whose ORDER BY v.given_on DESC, v.written_at DESC, v.id DESC) AS place
    FROM case_view v WHERE v.case_id = ANY ($1::uuid[]) AND v.category = 'classroom') newest
WHERE place <= CASE whose WHEN 'pupil' THEN 2 ELSE 1 END ORDER BY whose DESC, place
"""
PROFILES = """
SELECT DISTINCT ON (p.case_id) p.case_id, p.id, p.made_at FROM plan p
WHERE p.case_id = ANY ($1::uuid[]) AND p.plan_type = 'one_page_profile' AND p.status = 'ready'
ORDER BY p.case_id, p.made_at DESC, p.id DESC
"""
MEASURES = """
SELECT o.id, o.case_id, o.title, o.measure, o.target, x.value, x.measured_on
FROM outcome o LEFT JOIN LATERAL (
    SELECT m.value, m.measured_on FROM measurement m WHERE m.outcome_id = o.id
    ORDER BY m.measured_on DESC, m.written_at DESC, m.id DESC LIMIT 1) x ON true
WHERE o.case_id = ANY ($1::uuid[]) AND o.status = 'working' AND o.measure IS NOT NULL AND may_write(o.case_id, o.category)
ORDER BY o.title, o.id
"""


async def own_classes(actor: Actor) -> dict[str, Any]:
    """The pupils of the reader's classes by name, and what is to be measured for them; what was measured today comes last.

    Records class:shown with all of them, and case:shown for each of whose case something may be on the page.
    Raises: NotAllowed for who teaches no class.
    """
    async with acting_as(actor, "show_classes") as act:
        if not act.who.may("pupil:look_up_class"):
            raise NotAllowed
        rows = await act.rows(PUPILS, act.who.agency_id)
        pupils = [_pupil(row) for row in rows]
        await _fill(act, {each["case_id"]: each for each in pupils if each["case_id"]})
        act.record(Event.CLASS_SHOWN, pupils=[each["id"] for each in pupils], outcome="shown", count=len(pupils))
        for each in pupils:
            if each["case_id"]:
                act.record(Event.CASE_SHOWN, case=each["case_id"], pupils=[each["id"]], outcome="shown", part="class")
    measures = [
        each | {"pupil": pupil["name"], "reference": pupil["reference"]}
        for pupil in pupils
        for each in pupil["measures"]
    ]
    return {
        "classes": sorted({row["class_name"] for row in rows}),
        "pupils": pupils,
        "measures": sorted(measures, key=lambda each: each["last_on"] == today()),
    }


def _pupil(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"], "name": display(row), "class_name": row["class_name"], "case_id": row["case_id"],
        "reference": row["reference"], "says": [], "hard": [], "helps": [], "measures": [], "profile": None,
    }  # fmt: skip


async def _fill(act: Act, pupils: dict[UUID, dict[str, Any]]) -> None:
    """Add what a one-page profile says, its newest version if they may open it, and what is measured."""
    cases = list(pupils)
    for row in await act.rows(WORDS, cases):
        pupils[row["case_id"]]["says"].append((row["whose"], row["text"]))
    for row in await act.rows(HELPS, cases):
        pupils[row["case_id"]]["helps"].append((row["title"], row["more"]))
    for row in await act.rows(HARD, cases):
        known = barrier(row["code"])
        pupils[row["case_id"]]["hard"].append(known.label)
        pupils[row["case_id"]]["helps"] += [(each, None) for each in known.strategies]
    for row in await act.rows(PROFILES, cases):
        pupils[row["case_id"]]["profile"] = {"id": row["id"], "made_at": row["made_at"]}
    for row in await act.rows(MEASURES, cases):
        pupils[row["case_id"]]["measures"].append(_measure(row))


def _measure(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"], "title": row["title"], "measure": row["measure"], "target": number(row["target"]),
        "last": number(row["value"]), "last_on": row["measured_on"],
    }  # fmt: skip
