"""What each step of opening a case shows beside what was typed."""

from typing import Any
from uuid import UUID

from ecm.accounts.rules import blocks_online_consent
from ecm.agencies.words import CATEGORY_LABELS
from ecm.audit.events import Event
from ecm.barriers.catalogue import Barrier, barrier, catalogue, search
from ecm.cases.rules import tidy_reference
from ecm.clock import LONDON, today
from ecm.consent.drafts import CANNOT_ASK, NO_AUTHORITY, NO_PHONE, SIXTEEN
from ecm.consent.papers import grouped
from ecm.consent.rules import decides_alone, purpose_of
from ecm.consent.wording import Facts, Wording, written
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.involvements.rules import least_categories
from ecm.opening.drafts import Draft, my_drafts, read_draft
from ecm.opening.rules import NO_PROOF, try_category, try_due, try_title
from ecm.pupils.queries import find_nobody, find_pupils, read_card

HELPERS = """
SELECT a.id, a.name, a.kind, a.offers, o.alone FROM agencies_open_to_me() o JOIN agency a ON a.id = o.id
ORDER BY a.kind, a.name, a.id
"""
ASKED = """
SELECT n.name, r.id, NOT asked_by_link(r.id) AS in_person
FROM consent_request r JOIN person n ON n.id = r.person_id WHERE r.case_id = $1 ORDER BY r.id
"""


async def first_page(actor: Actor, q: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The writer's drafts, and the pupils that `q` finds. Records drafts:listed. Raises: NotAllowed."""
    pupils = await find_pupils(actor, q) if q.strip() else await find_nobody(actor)
    async with acting_as(actor, "open_case") as act:
        if not act.who.may("case:open"):
            raise NotAllowed
        drafts = await my_drafts(act)
        act.record(Event.DRAFTS_LISTED, pupils=[d["pupil_id"] for d in drafts], outcome="shown", count=len(drafts))
    return drafts, pupils


async def show_step(actor: Actor, pupil_id: UUID, step: str, q: str = "") -> tuple[Draft, dict[str, Any]]:
    """The draft, and what this step shows beside it. Records draft:shown. Raises: NotFound, NotAllowed."""
    async with acting_as(actor, "open_case") as act:
        draft = await read_draft(act, pupil_id)
        facts = await _facts(act, draft, step, q)
        act.record(Event.DRAFT_SHOWN, pupils=[pupil_id], outcome="shown", step=step)
        return draft, facts


async def _facts(act: Act, draft: Draft, step: str, q: str) -> dict[str, Any]:
    if step == "barriers":
        return {"q": q, "found": offered(act, q), "known": {each.code: each for each in catalogue()}}
    if step == "helpers":
        return await _helper_facts(act)
    if step == "family":
        return await family_facts(act, draft)
    if step == "check":
        return {
            "known": {each.code: each for each in catalogue()},
            "agencies": {str(each["id"]): each for each in await helpers(act)},
            "tries": tries(draft),
        } | await family_facts(act, draft)
    return {}


def offered(act: Act, q: str) -> list[Barrier]:
    """The barriers this role may name, by area, that `q` finds; all of them without words."""
    return [each for each in search(q) if act.who.may(f"write:{each.default_category}")]


async def helpers(act: Act) -> list[dict[str, Any]]:
    """The agencies this role may invite, by kind and name; `alone`: the family is asked about it by itself."""
    return [dict(row) for row in await act.rows(HELPERS)]


async def check_helpers(actor: Actor, rows: list[dict[str, Any]]) -> None:
    """Every service named can be invited by this role; one just added begins with the least it usually needs.

    Records directory:listed. Raises: Refused.
    """
    async with acting_as(actor, "directory") as act:
        kinds = {str(each["id"]): each["kind"] for each in await helpers(act)}
        act.record(Event.DIRECTORY_LISTED, outcome="shown")
    for place, each in enumerate(rows):
        if each["agency_id"] not in kinds:
            raise Refused({f"helpers.{place}.agency_id": "Choose an organisation from the list."})
        if each == {"agency_id": each["agency_id"], "reason_code": None, "categories": [], "message": ""}:
            each["categories"] = list(least_categories(kinds[each["agency_id"]]))


async def check_carer(actor: Actor, pupil_id: UUID, carer_id: str | None) -> None:
    """Whoever is chosen cares for this pupil, and is not barred. Records draft:shown. Raises: Refused."""
    _, facts = await show_step(actor, pupil_id, "family")
    if carer_id and not any(str(c["id"]) == carer_id and not c["barred"] for c in facts["carers"]):
        raise Refused({"carer_id": CANNOT_ASK})


async def family_problems(actor: Actor, pupil_id: UUID) -> dict[str, str]:
    """Why the family cannot be asked as the draft says: what would be refused on opening, told at its own step."""
    draft, facts = await show_step(actor, pupil_id, "family")
    said = draft.said("family")
    carer = next((c for c in facts["carers"] if str(c["id"]) == said.get("carer_id")), None)
    if not facts["wordings"] or said["how"] == "later" or carer is None:
        return {}
    if facts["decides_alone"]:
        return {"carer_id": SIXTEEN}
    if not carer["has_parental_responsibility"]:
        return {"carer_id": NO_AUTHORITY}
    if not carer["authority_verified"] and not said["authority_seen"]:
        return {"authority_seen": NO_PROOF}
    return {"how": NO_PHONE} if said["how"] == "link" and not carer["by_link"] else {}


async def _helper_facts(act: Act) -> dict[str, Any]:
    agencies = await helpers(act)
    every = await act.value("SELECT count(*) FROM agency WHERE kind <> 'partnership' AND id <> $1", act.who.agency_id)
    by_id = {str(each["id"]): each for each in agencies}
    return {"agencies": agencies, "by_id": by_id, "hidden_services": every > len(agencies)}


async def family_facts(act: Act, draft: Draft) -> dict[str, Any]:
    """Who can be asked and how, and exactly what they would read: one text for each request."""
    found = []
    for each in draft.pupil["carers"]:
        card = await read_card(act, each["id"])
        reachable = card["phone_verified_at"] and not blocks_online_consent(card["phone_changed_at"], card["at"])
        found.append(each | {"by_link": bool(card["phone"] and reachable), "barred": card["barred"]})
    on = (await act.value("SELECT app_now()")).astimezone(LONDON).date()
    return {
        "carers": found,
        "decides_alone": decides_alone(draft.pupil["date_of_birth"], on),
        "wordings": await _wordings(act, draft),
        "school": act.who.agency_name,
    }


async def requests(act: Act, draft: Draft) -> list[list[dict[str, Any]]]:
    """What is asked, request by request: services known to all together, each of the others by itself."""
    known = {str(each["id"]): each for each in await helpers(act)}
    asked = [(known[h["agency_id"]], h) for h in draft.said("helpers").get("helpers", ()) if h["agency_id"] in known]
    lines = [
        {"agency_id": agency["id"], "agency_name": agency["name"], "alone": agency["alone"], "category": category,
         "purpose": purpose_of(helper["reason_code"] or ""), "id": agency["id"]}
        for agency, helper in asked for category in helper["categories"]
    ]  # fmt: skip
    together = [each for each in lines if not each["alone"]]
    alone = [[each for each in lines if each["agency_id"] == agency["id"]] for agency, _ in asked if agency["alone"]]
    return [group for group in [together, *alone] if group]


async def _wordings(act: Act, draft: Draft) -> list[Wording]:
    pupil = draft.pupil
    child = pupil["preferred_name"] or pupil["first_name"]
    who = act.who
    made = []
    for group in await requests(act, draft):
        asked = tuple(each for each, _ in grouped(group))  # type: ignore[arg-type]
        made.append(written(Facts(who.agency_name or "", child, who.person_name, who.role or "", asked)))
    return [each for each in made if each is not None]


def tries(draft: Draft) -> list[dict[str, Any]]:
    """The strategies to be tried, as actions: what was put right on the check page, else what the catalogue says."""
    kept = {each["key"]: each for each in draft.said("tries").get("tries", ())}
    made = []
    for each in draft.said("barriers").get("barriers", ()):
        known = barrier(each["code"])
        for place in each["strategies"]:
            key = f"{known.code}-{place}"
            ready = {"title": try_title(known.strategies[int(place)]), "due_on": try_due(today()).isoformat()}
            category = try_category(known.default_category)
            made.append(
                {"key": key, "category": category, "read_by": CATEGORY_LABELS[category]} | ready | kept.get(key, {})
            )
    return made


async def show_opened(actor: Actor, reference: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A case just opened: who was invited, who was asked. Records case:shown. Raises: NotFound, NotAllowed."""
    async with acting_as(actor, "show_case") as act:
        row = await act.row(
            """SELECT c.id, c.reference, c.pupil_id, c.opened_at, holds_case(c.id) AS held FROM support_case c
               WHERE c.reference = $1""",
            tidy_reference(reference),
        )
        if row is None:
            raise NotFound
        if not row["held"] or not act.who.may("case:open"):
            raise NotAllowed
        invited = await act.rows(
            "SELECT a.name FROM involvement i JOIN agency a ON a.id = i.agency_id WHERE i.case_id = $1 ORDER BY a.name",
            row["id"],
        )
        asked = await act.rows(ASKED, row["id"])
        actions = await act.rows("SELECT title, due_on FROM action WHERE case_id = $1 ORDER BY due_on, id", row["id"])
        act.record(Event.CASE_SHOWN, case=row["id"], pupils=[row["pupil_id"]], outcome="shown")
    case = dict(row) | {"invited": [r["name"] for r in invited], "actions": [dict(r) for r in actions]}
    return case, [dict(r) for r in asked]
