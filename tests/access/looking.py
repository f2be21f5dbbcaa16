"""Living through a world for real, and looking at what came of it: facts, relation, and what each person is shown.

A world is lived by real sessions in one transaction that is then undone. The test clock carries every step to its
instant, long past, so that no session expires meanwhile.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ecm.clock import new_id
from ecm.database import Act, acting_as, acting_together
from ecm.errors import NotSignedIn
from tests.access import model
from tests.access.cast import CARERS, DAWN, Cast, Seat
from tests.access.model import (
    ALWAYS,
    FOREVER,
    Admission,
    Agency,
    Answer,
    Bar,
    Facts,
    Involvement,
    Past,
    Reason,
    Row,
    Term,
)
from tests.access.steps import Scene, Step
from tests.access.worlds import SPEAKERS, World

# What a refusal by the database may be called; anything else is a mistake of this test or a fault of the walls.
REFUSALS = {
    "action_owner_on_case", "action_owner_sensitive", "admission_of_own_carer", "case_lead_of_school",
    "case_is_open", "case_turn_move", "consent_correction", "consent_of_own_carer", "correction_subject_id_key",
    "review_contribution_category_check", "outcome_category_check", "provision_category_check", "case_view_category_check", "involvement_assignee", "involvement_category", "involvement_move", "one_live_admission",
    "one_live_involvement", "case_brief_pkey",
    "next_school", "departure_accepted", "departure_over", "one_offer", "handover_pupil", "handover_open_case", "handover_upn",
}  # fmt: skip

LATEST = DAWN + timedelta(days=100)

# Test databases only. `look`: the facts and the relation of a case, whole. `seen_by`: what each session gets from
# row-level security at each instant; it runs as whoever calls it, so it shows nothing that the caller may not see.
EYES = """
CREATE FUNCTION look(p_case uuid) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    found jsonb := (SELECT to_jsonb(c) || jsonb_build_object('born_on', p.date_of_birth)
                    FROM support_case c JOIN pupil p ON p.id = c.pupil_id WHERE c.id = p_case);
    t text;
    rows jsonb;
BEGIN
    FOREACH t IN ARRAY ARRAY['involvement', 'involvement_message', 'consent_event', 'carer_admission', 'case_brief',
                             'identified_barrier', 'note', 'action', 'review', 'review_contribution', 'case_turn',
                             'kept_brief', 'case_handover', 'case_access',
                             'outcome', 'measurement', 'provision', 'case_view'] LOOP
        EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(t)), ''[]'') FROM %I t WHERE case_id = $1', t)
            INTO rows USING p_case;
        found := found || jsonb_build_object(t, rows);
    END LOOP;
    RETURN found || jsonb_build_object('contact_bar', (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]')
        FROM contact_bar b WHERE b.pupil_id = (found ->> 'pupil_id')::uuid),
        'enrolment', (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]') FROM enrolment e
        WHERE e.pupil_id = (found ->> 'pupil_id')::uuid
           OR e.pupil_id IN (SELECT h.pupil_before_id FROM case_handover h WHERE h.case_id = p_case)));
END $$;
CREATE FUNCTION seen_by(p_case uuid, p_tokens bytea[], p_instants timestamptz[])
RETURNS TABLE (instant int, seat int, signed_in boolean, items text[]) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_instants) LOOP
        PERFORM set_config('ecm.test_clock', extract(epoch FROM p_instants[i] - now()) || ' seconds', true);
        FOR s IN 1 .. cardinality(p_tokens) LOOP
            PERFORM FROM enter(p_tokens[s], 'look');
            signed_in := FOUND;
            instant := i;
            seat := s;
            items := '{}';
            IF signed_in THEN
                items := ARRAY(
                    SELECT 'support_case ' || id FROM support_case WHERE id = p_case
                    UNION ALL SELECT 'case_brief ' || case_id FROM case_brief WHERE case_id = p_case
                    UNION ALL SELECT 'identified_barrier ' || id FROM identified_barrier WHERE case_id = p_case
                    UNION ALL SELECT 'note ' || id FROM note WHERE case_id = p_case
                    UNION ALL SELECT 'action ' || id FROM action WHERE case_id = p_case
                    UNION ALL SELECT 'review ' || id FROM review WHERE case_id = p_case
                    UNION ALL SELECT 'review_contribution ' || id FROM review_contribution WHERE case_id = p_case
                    UNION ALL SELECT 'case_turn ' || id FROM case_turn WHERE case_id = p_case
                    UNION ALL SELECT 'kept_brief ' || id FROM kept_brief WHERE case_id = p_case
                    UNION ALL SELECT 'outcome ' || id FROM outcome WHERE case_id = p_case
                    UNION ALL SELECT 'measurement ' || id FROM measurement WHERE case_id = p_case
                    UNION ALL SELECT 'provision ' || id FROM provision WHERE case_id = p_case
                    UNION ALL SELECT 'case_view ' || id FROM case_view WHERE case_id = p_case
                    UNION ALL SELECT 'involvement ' || id FROM involvement WHERE case_id = p_case
                    UNION ALL SELECT 'involvement_message ' || involvement_id FROM involvement_message WHERE case_id = p_case);
            END IF;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;
-- No command corrects a date of birth yet, so no grant allows it: this stands in for one.
CREATE FUNCTION correct_birth(p_pupil uuid, p_born date) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE pupil SET date_of_birth = p_born WHERE id = p_pupil RETURNING true
$$;
-- A pupil comes to a school by an import; this is its row.
CREATE FUNCTION enrol(p_id uuid, p_pupil uuid, p_school uuid, p_from date) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO enrolment (id, pupil_id, school_id, year_group, from_on) VALUES (p_id, p_pupil, p_school, '1', p_from) RETURNING true
$$;
GRANT EXECUTE ON FUNCTION look(uuid), correct_birth(uuid, date), enrol(uuid, uuid, uuid, date), seen_by(uuid, bytea[], timestamptz[]) TO ecm_app;
"""


@dataclass(frozen=True)
class Item:
    """One row that somebody may or may not be shown."""

    key: str
    table: str
    category: str
    status: str | None
    agency: UUID | None  # of an involvement: who was asked
    workers: frozenset[UUID]  # of an action or involvement: whose it is to do
    authors: tuple[UUID, ...]  # of a text: the membership that wrote it, and its agency's desk for the category
    at: datetime  # of a text: when it was written
    in_error: bool
    person: UUID | None  # of a view: the carer who wrote it


@dataclass(frozen=True)
class Lived:
    """What came of a world. `shown` is None for somebody who could not even sign in at that instant."""

    facts: Facts
    why: set[Reason]
    relation: set[Reason]
    items: list[Item]
    seats: list[Seat]
    instants: list[datetime]
    shown: dict[tuple[datetime, str], set[str] | None]
    taken: tuple[str, ...]


async def open_eyes(db: Any) -> None:
    """Give a test's database the functions above."""
    async with db.admin() as admin:
        await admin.execute(EYES)


class _Undone(Exception):
    """Rolls a world back."""


@asynccontextmanager
async def living(world: World, cast: Cast, lane: int = 0) -> AsyncIterator[tuple[Act, Scene, tuple[str, ...]]]:
    """Live through a world; inside, it has just happened (also which steps were taken), afterwards it never was.

    A lane keeps worlds lived at the same time apart.
    """
    at = Scene(cast, cast.pupils[lane, world.born_on], new_id(), cast.twins[lane, world.born_on])
    with suppress(_Undone):
        async with acting_together(cast.seats["oak senco"].actor, "test") as act:
            yield act, at, tuple([step.verb for step in world.steps if await _taken(act, at, step)])
            raise _Undone


async def live(world: World, cast: Cast, lane: int = 0) -> Lived:
    """Live through a world, and look at all that came of it."""
    async with living(world, cast, lane) as (act, at, taken):
        found = json.loads(await act.value("SELECT look($1)", at.case))
        facts = facts_of(found, cast)
        why = model.reasons(facts)
        seats, instants = _people(world, cast), _instants(world, why)
        tokens = [seat.actor.token_hash for seat in seats]
        rows = await act.rows("SELECT * FROM seen_by($1, $2, $3)", at.case, tokens, instants)
    shown = {
        (instants[r["instant"] - 1], seats[r["seat"] - 1].name): set(r["items"]) if r["signed_in"] else None
        for r in rows
    }
    return Lived(facts, why, relation_of(found["case_access"]), items_of(found, cast), seats, instants, shown, taken)


async def _taken(act: Act, at: Scene, step: Step) -> bool:
    """Take a step on its day; whether it was done. A step refused leaves nothing behind."""
    day = DAWN + timedelta(days=step.day)
    await act.connection.execute(
        f"""SAVEPOINT step; SELECT set_config('ecm.test_clock', extract(epoch FROM '{day}'::timestamptz - now()) || ' seconds', true)"""
    )
    try:
        async with acting_as(at.cast.seats[step.who].actor, "test") as own:
            return await step.take(own, at)
    except (NotSignedIn, asyncpg.PostgresError) as error:
        if not is_refusal(error):
            raise
        await act.connection.execute("ROLLBACK TO step")
        return False


def is_refusal(error: Exception) -> bool:
    """Whether an error is an answer that people may get, and no fault: not signed in (any more), or not allowed."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return error.constraint_name in REFUSALS
    row_level = isinstance(error, asyncpg.InsufficientPrivilegeError) and "row-level security" in str(error)
    return row_level or isinstance(error, NotSignedIn)


def _people(world: World, cast: Cast) -> list[Seat]:
    """Everybody who does something in a world or has something done to them, safeguarding leads, and a stranger."""
    named = {name for step in world.steps for name in (step.who, *step.args)}
    named |= {f"{name} dsl" for name in named}
    stranger = next(name for name in SPEAKERS.values() if name not in named)
    return [seat for seat in cast.seats.values() if seat.name in {*named, stranger, *CARERS}]


def _instants(world: World, why: Iterable[Reason]) -> list[datetime]:
    """After the last step; then just before and exactly at a boundary of somebody's access."""
    edges = sorted({edge for *_, start, until in why for edge in (start, until) if DAWN < edge < LATEST}) or [DAWN]
    edge = edges[int(world.look * (len(edges) - 1))]
    return [DAWN + timedelta(days=world.steps[-1].day), edge - timedelta(microseconds=1), edge]


# --- reading what is stored


def facts_of(found: dict[str, Any], cast: Cast) -> Facts:
    """The facts of a case as stored, in the model's words."""
    school = _agency(cast, found["school_id"])
    taken = sorted((h for h in found["case_handover"] if h["status"] == "accepted"), key=lambda h: h["answered_at"])
    return Facts(
        school=school,
        kept_since=_maybe(found["kept_since"]),
        roll=_roll(found, found["pupil_id"], school.id),
        before=_past(found, taken[-1], cast) if taken else None,
        lead=UUID(found["lead_membership_id"]),
        opened_at=_at(found["opened_at"]),
        born_on=date.fromisoformat(found["born_on"]) if found["born_on"] else None,
        involvements=tuple(
            Involvement(_agency(cast, i["agency_id"]), i["status"], _maybe(i["answered_at"]), _maybe(i["ended_at"]),
                        UUID(i["assignee_membership_id"]) if i["assignee_membership_id"] else None)
            for i in found["involvement"]
        ),
        answers=tuple(
            Answer(UUID(e["id"]), UUID(e["corrects_event_id"]) if e["corrects_event_id"] else None, UUID(e["person_id"]), _agency(cast, e["agency_id"]), e["category"], e["purpose"], e["kind"],
                   _at(e["at"]), e["number"], _maybe(e["until_at"]))
            for e in found["consent_event"] if e["kind"] != "requested"
        ),
        admissions=tuple(
            Admission(UUID(a["person_id"]), tuple(a["categories"]), _at(a["admitted_at"]), _maybe(a["ended_at"]))
            for a in found["carer_admission"]
        ),
        bars=tuple(Bar(UUID(b["person_id"]), _at(b["from_at"]), _maybe(b["until_at"])) for b in found["contact_bar"]),
        rows=tuple(Row(i.category, i.authors, i.at) for i in items_of(found, cast) if i.authors),
    )  # fmt: skip


def _roll(found: dict[str, Any], pupil: str, school: UUID) -> tuple[Term, ...]:
    return tuple(
        Term(date.fromisoformat(e["from_on"]), date.fromisoformat(e["to_on"]) if e["to_on"] else None)
        for e in found["enrolment"]
        if (e["pupil_id"], UUID(e["school_id"])) == (pupil, school)
    )


def _past(found: dict[str, Any], handover: dict[str, Any], cast: Cast) -> Past:
    school = _agency(cast, handover["from_school_id"])
    return Past(school, _roll(found, handover["pupil_before_id"], school.id))


def items_of(found: dict[str, Any], cast: Cast) -> list[Item]:
    """The case itself, and every row of text."""
    tables = (
        "case_brief", "identified_barrier", "note", "action", "review", "review_contribution", "case_turn", "involvement",
        "involvement_message", "kept_brief", "outcome", "measurement", "provision", "case_view",
    )  # fmt: skip
    return [_item("support_case", found, cast), *(_item(table, row, cast) for table in tables for row in found[table])]


def _item(table: str, row: dict[str, Any], cast: Cast) -> Item:
    category = row.get("category", "core")
    author, agency = row.get("author_membership_id"), row.get("agency_id")
    written = row.get("written_at") or row.get("added_at") or row.get("updated_at")
    return Item(
        key=f"{table} {row.get('id') or row.get('involvement_id') or row['case_id']}",
        table=table,
        category=category,
        status=row.get("status"),
        agency=UUID(agency) if agency else None,
        workers=frozenset(
            UUID(who) for who in (row.get("owner_desk_id"), agency, row.get("assignee_membership_id")) if who
        ),
        authors=(UUID(author), _agency(cast, row["author_agency_id"]).desk(category)) if author else (),
        at=_maybe(written) or DAWN,
        in_error=row.get("in_error", False),
        person=UUID(row["author_person_id"]) if row.get("author_person_id") else None,
    )


def relation_of(rows: Iterable[Mapping[str, str]]) -> set[Reason]:
    """Rows of the relation, the spans of one (principal, category, basis) joined as the model joins them."""
    spans: dict[tuple[UUID, str, str], list[model.Span]] = defaultdict(list)
    for a in rows:
        spans[UUID(a["principal"]), a["category"], a["basis"]].append((_at(a["valid_from"]), _at(a["valid_until"])))
    return {(*key, *span) for key, each in spans.items() for span in model.union(each)}


def _agency(cast: Cast, key: str) -> Agency:
    return next(a for a in cast.agencies.values() if a.id == UUID(key))


def _at(text: str) -> datetime:
    return {"infinity": FOREVER, "-infinity": ALWAYS}.get(text) or datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return _at(text) if text else None
