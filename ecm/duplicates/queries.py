"""Two records side by side, the pairs that a school may have twice, what was merged, and matches across schools."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.database import Act, Actor, acting_as
from ecm.duplicates.rules import WHYS, CarerLine, Known, better_kept, choices, joinable, why_alike
from ecm.errors import NotAllowed, NotFound
from ecm.pupils.rules import display_name, year_group_label
from ecm.web.sheet import parts_of

MOST_CANDIDATES = 5000
MOST_PAIRS = 100
MOST_MERGES = 100
MOST_MATCHES = 500
MOST_OPENINGS = 50

RECORDS = """
SELECT u.id, u.version, u.first_name, u.last_name, u.preferred_name, u.pronouns, u.date_of_birth, u.date_of_birth_known,
       e.upn, e.year_group, e.class_name, e.from_on AS since, e.to_on, s.sen_provision, s.needs,
       ARRAY(SELECT i.kind || ' ' || i.value FROM pupil_identifier i WHERE i.pupil_id = u.id AND i.school_id = $2 ORDER BY 1) AS numbers
FROM pupil u
JOIN LATERAL (SELECT * FROM enrolment x WHERE x.pupil_id = u.id AND x.school_id = $2
              AND (x.to_on IS NULL OR app_now() < london_midnight(x.to_on + 1))
              ORDER BY x.to_on NULLS FIRST, x.from_on DESC LIMIT 1) e ON true
LEFT JOIN sen_status s ON s.pupil_id = u.id
WHERE u.id = ANY ($1::uuid[])
"""
CASES = """
SELECT c.id, c.pupil_id, c.reference, c.status, c.opened_at FROM support_case c WHERE c.pupil_id = ANY ($1::uuid[])
AND c.school_id = $2 ORDER BY c.opened_at
"""
CARERS = """
SELECT k.id, k.pupil_id, k.person_id, n.name, k.relationship, x.free, x.reached_by,
       EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
               AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) AS barred
FROM carers_side_by_side($1, $2) x JOIN carer k ON k.id = x.id JOIN person n ON n.id = k.person_id ORDER BY n.name, k.id
"""
NAMES = "u.first_name, u.last_name, u.preferred_name"
DISMISSED = f"""
SELECT d.pupil_id, d.other_pupil_id, d.at, w.name AS by, {NAMES},
       o.first_name AS other_first, o.last_name AS other_last, o.preferred_name AS other_preferred
FROM dismissed_pair d JOIN pupil u ON u.id = d.pupil_id JOIN pupil o ON o.id = d.other_pupil_id
JOIN membership m ON m.id = d.by_membership_id JOIN person w ON w.id = m.person_id
WHERE d.undone_at IS NULL ORDER BY d.at DESC, d.id DESC LIMIT {MOST_PAIRS}
"""
MERGES = """
SELECT g.id, g.pupil_id, g.gone_id, g.at, g.reason, g.moved, g.before, w.name AS by, m.role,
       u.first_name, u.last_name, u.preferred_name
FROM pupil_merge g JOIN membership m ON m.id = g.by_membership_id JOIN person w ON w.id = m.person_id
LEFT JOIN pupil u ON u.id = g.pupil_id
"""
MATCHES = f"""
SELECT x.id, x.pupil_id, x.kind, x.found_at, x.outcome, x.settled_at, w.name AS settled_by, a.name AS school, a.telephone,
       {NAMES}, u.date_of_birth
FROM school_match x JOIN pupil u ON u.id = x.pupil_id JOIN agency a ON a.id = x.other_school_id
LEFT JOIN membership m ON m.id = x.settled_by_membership_id LEFT JOIN person w ON w.id = m.person_id
WHERE x.school_id = $1
"""
NOT_SETTLED_FIRST = f"ORDER BY x.settled_at DESC NULLS FIRST, x.found_at DESC, x.id LIMIT {MOST_MATCHES}"


async def list_duplicates(actor: Actor) -> dict[str, Any]:
    """Pairs on the roll of the acting school that may be one pupil, the surest first; pairs said to be two pupils.

    Records duplicates:listed with the pupils shown. Raises: NotAllowed.
    """
    async with acting_as(actor, "list_duplicates") as act:
        _must_merge(act)
        found = await act.rows("SELECT * FROM duplicate_candidates($1)", MOST_CANDIDATES)
        records = await _records(act, {each for row in found for each in row})
        pairs = _pairs(records, found)
        dismissed = [_dismissed(row) for row in await act.rows(DISMISSED)]
        shown = {each["id"] for pair in pairs[:MOST_PAIRS] for each in pair["both"]}
        shown |= {row[key] for row in dismissed for key in ("pupil_id", "other_pupil_id")}
        for part in parts_of(sorted(shown)) or [[]]:
            act.record(Event.DUPLICATES_LISTED, pupils=part, outcome="shown", count=len(pairs))
    return {"pairs": pairs[:MOST_PAIRS], "more": max(0, len(pairs) - MOST_PAIRS), "dismissed": dismissed}


def _must_merge(act: Act) -> None:
    if not act.who.may("pupil:merge"):
        raise NotAllowed


async def _records(act: Act, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    return {row["id"]: _record(row) for row in await act.rows(RECORDS, list(ids), act.who.agency_id)}


def _record(row: Record) -> dict[str, Any]:
    numbers: dict[str, list[str]] = {"uln": [], "nhs_number": [], "former_upn": []}
    for each in row["numbers"]:
        kind, _, value = each.partition(" ")
        numbers[kind].append(value)
    return dict(row) | {
        "name": display_name(row["first_name"], row["last_name"], row["preferred_name"] or ""),
        "year_label": year_group_label(row["year_group"]),
        "sen_provision": row["sen_provision"] or "N",
        "needs": json.loads(row["needs"]) if row["needs"] else [],
        "uln": next(iter(numbers["uln"]), None),
        "nhs_number": next(iter(numbers["nhs_number"]), None),
        "former_upns": numbers["former_upn"],
        "cases": [],
    }


def _known(record: Mapping[str, Any]) -> Known:
    numbers = {kind: record[kind] for kind in ("upn", "uln", "nhs_number") if record[kind]}
    return Known(
        record["first_name"], record["last_name"], record["preferred_name"] or "", record["date_of_birth"], numbers,
        frozenset(record["former_upns"]),
    )  # fmt: skip


def _pairs(records: Mapping[UUID, dict[str, Any]], found: Iterable[Record]) -> list[dict[str, Any]]:
    pairs = []
    for row in found:
        if row["pupil_id"] in records and row["other_pupil_id"] in records:
            both = [records[row["pupil_id"]], records[row["other_pupil_id"]]]
            if whys := why_alike(_known(both[0]), _known(both[1])):
                pairs.append({"both": both if better_kept(*both) else both[::-1], "whys": whys})
    return sorted(pairs, key=lambda each: (WHYS.index(each["whys"][0]), each["both"][0]["name"].casefold()))


def _dismissed(row: Record) -> dict[str, Any]:
    names = [display_name(row[first], row[last], row[preferred] or "") for first, last, preferred in (
        ("first_name", "last_name", "preferred_name"), ("other_first", "other_last", "other_preferred"))]  # fmt: skip
    return {key: row[key] for key in ("pupil_id", "other_pupil_id", "at", "by")} | {"names": names}


async def show_pair(actor: Actor, kept_id: UUID, gone_id: UUID) -> dict[str, Any]:
    """Both records, why they may be one, the usual choices, and what would move. Records duplicate:shown.

    Raises: NotAllowed; NotFound for a pupil who is not on the roll of the acting school alone.
    """
    async with acting_as(actor, "show_duplicate") as act:
        pair = await read_pair(act, kept_id, gone_id)
        act.record(Event.DUPLICATE_SHOWN, subject=kept_id, pupils=[kept_id, gone_id], outcome="shown")
        return pair


async def read_pair(act: Act, kept_id: UUID, gone_id: UUID) -> dict[str, Any]:
    """The same within a transaction. Raises: NotAllowed; NotFound."""
    _must_merge(act)
    records = await _records(act, (kept_id, gone_id)) if kept_id != gone_id else {}
    if len(records) != 2 or not await act.value("SELECT keeps_alone($1) AND keeps_alone($2)", kept_id, gone_id):
        raise NotFound
    kept, gone = records[kept_id], records[gone_id]
    for case in await act.rows(CASES, [kept_id, gone_id], act.who.agency_id):
        records[case["pupil_id"]]["cases"].append(dict(case))
    carers = [dict(row) for row in await act.rows(CARERS, kept_id, gone_id)]
    for record in (kept, gone):
        record["carers"] = [each for each in carers if each["pupil_id"] == record["id"]]
    return {
        "kept": kept,
        "gone": gone,
        "whys": why_alike(_known(kept), _known(gone)),
        "choices": choices(kept, gone),
        "joinable": joinable(_lines(kept), _lines(gone)),
        "version": kept["version"] + gone["version"],
    }


def _lines(record: Mapping[str, Any]) -> list[CarerLine]:
    return [CarerLine(**{key: each[key] for key in CarerLine.__slots__}) for each in record["carers"]]


async def list_merges(actor: Actor) -> list[dict[str, Any]]:
    """What the acting school has merged, newest first, at most 100. Records merges:listed. Raises: NotAllowed."""
    async with acting_as(actor, "list_merges") as act:
        _must_merge(act)
        rows = await act.rows(f"{MERGES} ORDER BY g.at DESC, g.id DESC LIMIT {MOST_MERGES}")
        found = [_merge(row) for row in rows]
        act.record(Event.MERGES_LISTED, pupils={row["pupil_id"] for row in found}, outcome="shown", count=len(found))
        return found


async def show_merge(actor: Actor, merge_id: UUID) -> dict[str, Any]:
    """One merge: both records as they were, what moved, and who opened either before and since. Records merge:shown.

    Raises: NotAllowed; NotFound.
    """
    async with acting_as(actor, "show_merge") as act:
        _must_merge(act)
        row = await act.row(f"{MERGES} WHERE g.id = $1", merge_id)
        if row is None:
            raise NotFound
        openings = await act.rows("SELECT * FROM openings_of_merged($1, $2)", merge_id, MOST_OPENINGS)
        act.record(
            Event.MERGE_SHOWN, subject=merge_id, pupils=[row["pupil_id"], row["gone_id"]], outcome="shown"
        )  # fmt: skip
        return _merge(row) | {"openings": [dict(each) for each in openings]}


def _merge(row: Record) -> dict[str, Any]:
    before, moved = json.loads(row["before"]), json.loads(row["moved"])
    names = {side: _name_of(before[side]["pupil"]) for side in ("kept", "gone")}
    names["now"] = _name_of(row) if row["first_name"] else names["kept"]  # who has left is known as they were then
    return dict(row) | {"before": before, "moved": moved, "names": names}


def _name_of(pupil: Mapping[str, Any]) -> str:
    return display_name(pupil["first_name"], pupil["last_name"], pupil["preferred_name"] or "")


async def list_matches(actor: Actor) -> list[dict[str, Any]]:
    """Pupils of the acting school whose number another school has on its roll, as far as the reader is told; what is
    not settled first. Of the other record nothing.

    Records matches:listed. Raises: NotAllowed for who is no lead of a school and was told of none.
    """
    async with acting_as(actor, "list_matches") as act:
        rows = await act.rows(MATCHES + NOT_SETTLED_FIRST, act.who.agency_id)
        if not rows:
            _must_merge(act)
        act.record(Event.MATCHES_LISTED, pupils={row["pupil_id"] for row in rows}, outcome="shown", count=len(rows))
        return [dict(row) | {"name": _name_of(row)} for row in rows]


async def show_match(actor: Actor, match_id: UUID) -> dict[str, Any]:
    """One of them. Records matches:listed. Raises: NotFound, absent and not told alike."""
    async with acting_as(actor, "list_matches") as act:
        row = await act.row(MATCHES + "AND x.id = $2", act.who.agency_id, match_id)
        if row is None:
            raise NotFound
        act.record(Event.MATCHES_LISTED, subject=match_id, pupils=[row["pupil_id"]], outcome="shown", count=1)
        return dict(row) | {"name": _name_of(row)}
