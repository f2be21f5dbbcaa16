"""The facts of a case, its rows and its relation, as stored, in the model's words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.access import model
from tests.access.cast import DAWN, Cast
from tests.access.model import (
    ALWAYS,
    FOREVER,
    Admission,
    Agency,
    Answer,
    Bar,
    Conflict,
    Facts,
    Ground,
    Involvement,
    Named,
    Reason,
    Restriction,
    Row,
    Shield,
    Spell,
    Term,
)


@dataclass(frozen=True)
class Item:
    """One row that somebody may or may not be shown."""

    key: str
    id: UUID
    table: str
    category: str
    status: str | None
    agency: UUID | None  # of an involvement: who was asked
    workers: frozenset[UUID]  # of an action or involvement: whose it is to do
    authors: tuple[UUID, ...]  # of a text: the membership that wrote it, and its agency's desk for the category
    at: datetime  # of a text: when it was written
    over: bool  # entered in error, or an alert that has ended
    person: UUID | None  # of a view: the carer who wrote it


def facts_of(found: dict[str, Any], cast: Cast) -> Facts:
    """The facts of a case as stored, in the model's words."""
    school = _agency(cast, found["school_id"])
    taken = sorted((h for h in found["case_handover"] if h["status"] == "accepted"), key=lambda h: h["answered_at"])
    return Facts(
        school=school,
        kept_since=_maybe(found["kept_since"]),
        roll=_roll(found, found["pupil_id"], school.id, cast),
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
        bars=tuple(
            Bar(UUID(b["person_id"]), _at(b["from_at"]), _maybe(b["until_at"]),
                any(o["contact_bar_id"] == b["id"] for o in found["court_order"]))
            for b in found["contact_bar"] if b["pupil_id"] == found["pupil_id"]
        ),
        rows=tuple(Row(i.category, i.authors, i.at) for i in items_of(found, cast) if i.authors),
        **_sharing_of(found, cast),
        covers=_covers(found),
        acts_for={seat.principal: seat.acts_for for seat in cast.seats.values()},
    )  # fmt: skip


def _sharing_of(found: dict[str, Any], cast: Cast) -> dict[str, Any]:
    """What opens without consent, and what closes."""
    return {
        "grounds": tuple(
            Ground(_agency(cast, g["agency_id"]), g["basis"], tuple(g["categories"]), _at(g["from_at"]),
                   _maybe(g["until_at"]), _maybe(g["ended_at"]))
            for g in found["sharing_ground"]
        ),
        "emergencies": tuple(
            Spell(UUID(e["membership_id"]), _at(e["from_at"]), _at(e["until_at"]), _maybe(e["ended_at"]))
            for e in found["emergency_access"]
        ),
        "restrictions": tuple(
            Restriction(_at(r["from_at"]), _maybe(r["ended_at"]), _named(found["named_reader"], "restriction_id", r["id"]))
            for r in found["case_restriction"]
        ),
        "conflicts": tuple(
            Conflict(UUID(c["person_id"]), _at(c["from_at"]), _maybe(c["ended_at"])) for c in found["conflict_of_interest"]
        ),
        "shields": tuple(
            Shield(UUID(f["id"]), _at(f["from_at"]), _maybe(f["ended_at"]), _named(found["shielded_reader"], "fact_id", f["id"]))
            for f in found["shielded_fact"] if f["pupil_id"] == found["pupil_id"]
        ),
    }  # fmt: skip


def _named(rows: list[dict[str, Any]], column: str, key: str) -> tuple[Named, ...]:
    return tuple(
        Named(UUID(r["membership_id"]), _at(r["from_at"]), _maybe(r["ended_at"])) for r in rows if r[column] == key
    )


def _roll(found: dict[str, Any], pupil: str, school: UUID, cast: Cast) -> tuple[Term, ...]:
    return tuple(
        Term(date.fromisoformat(e["from_on"]), date.fromisoformat(e["to_on"]) if e["to_on"] else None,
             cast.class_desks.get((school, e["class_name"])))
        for e in found["enrolment"] if (e["pupil_id"], UUID(e["school_id"])) == (pupil, school)
    )  # fmt: skip


def _past(found: dict[str, Any], handover: dict[str, Any], cast: Cast) -> tuple[Agency, tuple[Term, ...]]:
    school = _agency(cast, handover["from_school_id"])
    return (school, _roll(found, handover["pupil_before_id"], school.id, cast))


def _covers(found: dict[str, Any]) -> dict[UUID, tuple[Spell, ...]]:
    covers: dict[UUID, tuple[Spell, ...]] = defaultdict(tuple)
    for c in found["cover"]:
        days = date.fromisoformat(c["from_on"]), date.fromisoformat(c["until_on"]) + model.A_DAY
        away = Spell(UUID(c["absent_membership_id"]), *map(model.midnight, days), _maybe(c["ended_at"]))
        covers[UUID(c["covering_membership_id"])] += (away,)
    return covers


def items_of(found: dict[str, Any], cast: Cast) -> list[Item]:
    """The case itself, and every row of text."""
    tables = (
        "case_brief", "identified_barrier", "note", "action", "review", "review_contribution", "case_turn", "involvement",
        "involvement_message", "kept_brief", "outcome", "measurement", "provision", "case_view", "health_alert", "shielded_fact",
    )  # fmt: skip
    return [_item("support_case", found, cast), *(_item(table, row, cast) for table in tables for row in found[table])]


def _item(table: str, row: dict[str, Any], cast: Cast) -> Item:
    category = row.get("category", "shielded" if table == "shielded_fact" else "core")
    author, agency = row.get("author_membership_id"), row.get("agency_id")
    written = row.get("written_at") or row.get("added_at") or row.get("updated_at")
    key = row.get("id") or row.get("involvement_id") or row["case_id"]
    return Item(
        key=f"{table} {key}",
        id=UUID(key),
        table=table,
        category=category,
        status=row.get("status"),
        agency=UUID(agency) if agency else None,
        workers=frozenset(
            UUID(who) for who in (row.get("owner_desk_id"), agency, row.get("assignee_membership_id")) if who
        ),
        authors=(UUID(author), _agency(cast, row["author_agency_id"]).desk(category)) if author else (),
        at=_maybe(written) or DAWN,
        over=row.get("in_error", False) or (table == "health_alert" and row["ended_at"] is not None),
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
