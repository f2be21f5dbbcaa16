"""Where a parent or carer starts: what is happening, who does what by when, and what they have agreed to."""

from typing import Any
from uuid import UUID

from asyncpg import Record
from litestar import Response, get
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.agencies.words import OUTCOME_STATUS_LABELS, ROLE_LABELS, TRAJECTORY_LABELS
from ecm.audit.events import Event
from ecm.cases.outcomes import outcomes_of, provisions_of
from ecm.consent.queries import requests
from ecm.consent.wording import KINDS
from ecm.database import Actor, acting_as
from ecm.errors import NotAllowed
from ecm.grounds.queries import family_grounds
from ecm.paging import LARGEST_LIMIT, Page
from ecm.web.charts import outcome_chart

CASES = """
SELECT c.id, c.reference, c.status, c.opened_at, c.next_review_on, c.pupil_id, s.name AS school, s.telephone AS school_telephone, w.name AS lead_name, m.role AS lead_role,
       coalesce(nullif(u.preferred_name, ''), u.first_name) AS child, b.reason, b.strengths
FROM support_case c JOIN pupil u ON u.id = c.pupil_id JOIN agency s ON s.id = c.school_id
JOIN membership m ON m.id = c.lead_membership_id JOIN person w ON w.id = m.person_id
LEFT JOIN case_brief b ON b.case_id = c.id
WHERE c.id IN (SELECT case_id FROM case_seat WHERE principal = $1) ORDER BY child, c.opened_at DESC
"""
ACTIONS = """
SELECT t.case_id, t.id, t.title, t.due_on, t.status, t.progress, a.name AS agency, w.name AS worker
FROM action t JOIN agency a ON a.id = t.owner_agency_id
LEFT JOIN membership m ON m.id = t.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
WHERE t.case_id = ANY ($1::uuid[]) AND t.status <> 'cancelled' ORDER BY t.status = 'done', t.due_on, t.id
"""
HELPERS = """
SELECT i.case_id, i.id, a.name AS agency, w.name AS worker, m.role, agency_on_case(i.case_id, i.agency_id) AS active
FROM involvement i JOIN agency a ON a.id = i.agency_id
LEFT JOIN membership m ON m.id = i.assignee_membership_id LEFT JOIN person w ON w.id = m.person_id
WHERE i.case_id = ANY ($1::uuid[]) AND i.status IN ('invited', 'accepted') ORDER BY a.name, i.id
"""
ASKED = "SELECT request_id, pupil_id, pupil_first_name AS child, school_name AS school, asked_by_name AS asked_by, elsewhere FROM linked_request()"


async def family(actor: Actor) -> dict[str, Any]:
    """A carer's cases in plain form, what they have been asked, and what they have said. Records family:shown.

    Only cases they were let in to; their own questions and answers always. Raises: NotAllowed for a worker at work.
    """
    async with acting_as(actor, "family") as act:
        if act.who.membership_id is not None:
            raise NotAllowed
        cases = await act.rows(CASES, act.who.person_id)
        ids = [c["id"] for c in cases]
        actions, helpers = await act.rows(ACTIONS, ids), await act.rows(HELPERS, ids)
        changes, given = await outcomes_of(act, *ids), await provisions_of(act, *ids)
        letters = {r["request_id"]: r for r in await act.rows(ASKED)}
        shared = await family_grounds(act, ids)
        pupils = {each["pupil_id"] for each in (*cases, *letters.values())}
        act.record(Event.FAMILY_SHOWN, pupils=pupils, outcome="shown", count=len(cases))
    asked = [_asked(each, letters[each["id"]]) for each in await _all_requests(actor) if each["id"] in letters]
    return {
        "items": [_case(case, actions, helpers) | _support(case, changes, given) for case in cases],
        "next": None,
        "requests": [each for each in asked if each["status"] == "requested" and not letters[each["id"]]["elsewhere"]],
        "consents": _consents(asked),
        "services": [each for each in shared if each["basis"] == "service_agreement"],
        "by_law": [each for each in shared if each["basis"] != "service_agreement"],
    }


async def _all_requests(actor: Actor) -> list[dict[str, Any]]:
    found = await requests(actor, Page(LARGEST_LIMIT))
    return list(found["items"])


def _case(case: Record, actions: list[Record], helpers: list[Record]) -> dict[str, Any]:
    return {
        "id": case["id"],
        "reference": case["reference"],
        "status": case["status"],
        "child": {"id": case["pupil_id"], "first_name": case["child"]},
        "school": case["school"],
        "school_telephone": case["school_telephone"],
        "reason": case["reason"],
        "strengths": case["strengths"],
        "lead_practitioner": {"name": case["lead_name"], "role": case["lead_role"]},
        "next_review_on": case["next_review_on"],
        "actions": [
            {"id": t["id"], "title": t["title"], "who": t["worker"] or t["agency"], "agency": t["agency"], "due_on": t["due_on"],
             "status": t["status"], "progress": t["progress"]}
            for t in actions if t["case_id"] == case["id"]
        ],
        "people": [
            {"agency": h["agency"], "name": h["worker"], "role": h["role"], "active": h["active"]}
            for h in helpers if h["case_id"] == case["id"]
        ],
    }  # fmt: skip


def _support(case: Record, outcomes: list[dict[str, Any]], provisions: list[dict[str, Any]]) -> dict[str, Any]:
    """What is to change for the child, and what the child gets now."""
    return {
        "outcomes": [each for each in outcomes if each["case_id"] == case["id"]],
        "provisions": [each for each in provisions if each["case_id"] == case["id"] and not each["ended_on"]],
    }


def _asked(request: dict[str, Any], letter: Record) -> dict[str, Any]:
    return request | {"child": letter["child"], "school": letter["school"], "asked_by": letter["asked_by"]}


def _consents(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What this carer has said, the newest answer to each scope; what they have not answered is no consent."""
    newest: dict[tuple[UUID, UUID, str, str], dict[str, Any]] = {}
    for request in asked:
        for each in request["proposals"]:
            scope = (request["case_id"], each["agency"]["id"], each["category"], each["purpose"])
            if each["state"] != "requested":
                newest.setdefault(
                    scope, each | {"request_id": request["id"], "child": request["child"], "school": request["school"]}
                )
    return sorted(newest.values(), key=lambda c: (c["child"], c["agency"]["name"], c["category"]))


@get("/family")
async def show_family(actor: NamedDependency[Actor]) -> Response[bytes]:
    """The family's own page."""
    found = await family(actor)
    charts = {each["id"]: outcome_chart(each) for case in found["items"] for each in case["outcomes"]}
    words = {"outcomes": OUTCOME_STATUS_LABELS, "trajectories": TRAJECTORY_LABELS}
    return page("family/home.html", actor, family=found, kinds=KINDS, roles=ROLE_LABELS, charts=charts, words=words)


routes = [show_family]
