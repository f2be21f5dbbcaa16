"""The rows of a case that go into a plan, as its maker may see them, in the words `plan_document` takes."""

import json
from typing import Any
from uuid import UUID

from ecm.cases.rules import DEFAULT_FOR_CARERS
from ecm.clock import LONDON, today
from ecm.consent.queries import agreed_kinds
from ecm.database import Act
from ecm.errors import Refused
from ecm.plans.document import PlanDocument, plan_document
from ecm.plans.words import Audience, PlanType

Row = dict[str, Any]
NO_REVIEW = "No review is written down in this case that you can see. Write down the review first: then there is something to report."
TELEPHONES = "SELECT id, telephone FROM agency WHERE id = ANY ($1) AND telephone IS NOT NULL"


async def content_of(act: Act, case: Row, plan_type: PlanType, audience: Audience) -> PlanDocument:
    """A plan without a number yet, from the rows of categories its maker has a reason to read (not merely wrote in).

    For the family only of what a carer sees by default. Whoever cares for the pupil gets what they wrote themselves too:
    they make no plan for others. Raises: Refused for the report of a review that nobody has written down.
    """
    seen = _seen(act, case, audience)
    # What one parent agreed to is not the other's to read. A family's plan is for both; a parent's own copy is not.
    for_both = audience == "family" and act.who.membership_id is not None
    agreed = {} if for_both else await agreed_kinds(act, case["id"])
    helping = [each for each in _within(seen, case["involvements"]) if each["status"] == "active"]
    telephones = await _telephones(act, case, helping)
    if plan_type == "review_report" and not case["reviews"]:
        raise Refused({"plan_type": NO_REVIEW})
    return plan_document(
        await _head(act, case, telephones, "education" in seen),
        barriers=_within(seen, case["barriers"]),
        outcomes=[_outcome(each) for each in _within(seen, case["outcomes"])],
        provisions=_within(seen, case["provisions"]),
        actions=[_action(each) for each in _within(seen, case["actions"])],
        involvements=[_involvement(each, telephones) for each in helping],
        notes=[_note(each) for each in _within(seen, case["notes"])],
        views=[each for each in _within(seen, case["views"]) if _for_all(act, each, audience)],
        review=_review(seen, case["reviews"]),
        sharing=[_sharing(each, agreed) for each in helping if each["agency"]["id"] in agreed],
        number=0,
        made_on=today(),
        audience=audience,
        plan_type=plan_type,
    )


def _seen(act: Act, case: Row, audience: Audience) -> set[str]:
    if act.who.membership_id is None:
        return {each["category"] for each in case["sharing"]}
    seen = {each["category"] for each in case["sharing"] if each["basis"] != "own_record"}
    return seen & set(DEFAULT_FOR_CARERS) if audience == "family" else seen


def _for_all(act: Act, view: Row, audience: Audience) -> bool:
    """What one parent wrote themselves is not the other's to read, so it is not in a plan for both."""
    return audience == "professionals" or act.who.membership_id is None or view.get("role") is not None


def _within(seen: set[str], rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["category"] in seen]


async def _head(act: Act, case: Row, telephones: dict[UUID, str], with_words: bool) -> Row:
    pupil, lead = case["pupil"], case["lead_practitioner"]
    status = (
        await act.row("SELECT sen_provision, needs FROM sen_status WHERE pupil_id = $1", pupil["id"])
        if with_words
        else None
    )
    ranked = sorted(json.loads(status["needs"]) if status else [], key=lambda each: each.get("rank") or 99)
    return {
        "reference": case["reference"],
        "pupil": pupil["name"],
        "year": pupil["year_label"],
        "school": pupil["school"]["name"],
        "lead_name": lead["name"],
        "lead_role": lead["role"],
        "telephone": telephones.get(pupil["school"]["id"]),
        "level": case["level"] if with_words else None,
        "reason": case["reason"] if with_words else None,
        "strengths": case["strengths"] if with_words else None,
        "sen_provision": status["sen_provision"] if status else None,
        "needs": [each["type"] for each in ranked],
        "next_review_on": case["next_review_on"],
    }


async def _telephones(act: Act, case: Row, helping: list[Row]) -> dict[UUID, str]:
    """The telephones of organisations the plan names anyway."""
    wanted = [case["pupil"]["school"]["id"], *(each["agency"]["id"] for each in helping)]
    return {row["id"]: row["telephone"] for row in await act.rows(TELEPHONES, wanted)}


def _outcome(row: Row) -> Row:
    points = [each | {"author": _name(each["author"])} for each in row["measurements"]]
    return row | {"agency": row["agency"]["name"], "measurements": points}


def _name(author: Any) -> str | None:
    return author["name"] if isinstance(author, dict) else author


def _action(row: Row) -> Row:
    return row | {"owner_agency": row["owner_agency"]["name"], "assignee": _worker(row)}


def _involvement(row: Row, telephones: dict[UUID, str]) -> Row:
    words = {"agency": row["agency"]["name"], "worker": _worker(row), "telephone": telephones.get(row["agency"]["id"])}
    return words | {key: row[key] for key in ("category", "reason_code")}


def _note(row: Row) -> Row:
    words = {"author": row["author"]["name"], "written_on": row["written_at"].astimezone(LONDON).date()}
    return words | {key: row[key] for key in ("category", "text")}


def _review(seen: set[str], reviews: list[Row]) -> Row | None:
    """The last review, with what the reader may see of what was said."""
    if not reviews:
        return None
    last = reviews[0]
    said = [
        {key: each[key] for key in ("category", "text")}
        | {"author": f"{each['author']['name']}, {each['author']['agency']['name']}"}
        for each in _within(seen, last["contributions"])
    ]
    return {
        "held_on": last["held_on"],
        "held_by": last["held_by"]["name"],
        "next_review_on": last["next_review_on"],
        "contributions": said,
    }


def _sharing(row: Row, agreed: dict[UUID, list[str]]) -> Row:
    return {"category": row["category"], "agency": row["agency"]["name"], "kinds": agreed[row["agency"]["id"]]}


def _worker(row: Row) -> str | None:
    return row["assignee"]["name"] if row["assignee"] else None
