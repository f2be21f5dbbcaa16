"""What is to be asked, checked and worded before anything is written."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.accounts.rules import blocks_online_consent
from ecm.audit.events import Event
from ecm.clock import LONDON, new_id
from ecm.consent.papers import grouped
from ecm.consent.rules import decides_alone, purpose_of
from ecm.consent.schemas import Asking
from ecm.consent.wording import Facts, Wording, written
from ecm.database import Act, Actor, acting_as, proof
from ecm.errors import Refused
from ecm.involvements.queries import CaseHead, kept_case
from ecm.pupils.words import needs_in_words

# The same for a stranger's id and for somebody barred, so that it tells nothing.
CANNOT_ASK = "This person cannot be asked about this pupil."
NO_AUTHORITY = (
    "Only somebody with parental responsibility can agree, and the school must have seen the proof. "
    "Record what you have seen first, or ask somebody else."
)
NO_PHONE = (
    "This person has no mobile number that the school has checked in person, or it has changed in the last 14 days. "
    "Ask in person instead."
)
NOT_IN_WRITING = "This person asked to be told by telephone and not in writing. Ask by phone or in person instead."
NOT_INVITED = "Invite this organisation first, then ask the family."
# Colleagues who may not know of a sensitive service read the other questions of a request.
ALONE = "Ask about this organisation by itself, so that nobody else learns of it."
SIXTEEN = "This pupil is 16 or older and decides for themselves. A parent or carer cannot decide for them."


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be asked: the text, the names in it, and a proposal with an id for each scope."""

    head: CaseHead
    facts: Facts
    wording: Wording
    proposals: list[dict[str, Any]]


async def asking_choices(actor: Actor, reference: str) -> tuple[CaseHead, list[dict[str, Any]], list[dict[str, Any]]]:
    """The case, its pupil's carers and the agencies to ask about. Records consents:listed.

    Raises: NotFound, NotAllowed.
    """
    async with acting_as(actor, "ask_consent") as act:
        head = await kept_case(act, reference, "consent:ask")
        carers = await act.rows(
            """SELECT k.id, n.name, k.relationship, k.has_parental_responsibility AS responsible,
                      k.authority_verified_at IS NOT NULL AS verified, k.language, k.needs_interpreter, k.format
               FROM carer k JOIN person n ON n.id = k.person_id WHERE k.pupil_id = $1 ORDER BY n.name, k.id""",
            head.pupil_id,
        )
        agencies = await act.rows(
            """SELECT a.id, a.name, i.reason_code, i.offered_categories, i.category <> 'core' AS alone
               FROM involvement i JOIN agency a ON a.id = i.agency_id
               WHERE i.case_id = $1 AND i.status IN ('invited', 'accepted') ORDER BY a.name, a.id""",
            head.id,
        )
        act.record(Event.CONSENTS_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown")
    return (
        head,
        [dict(r) | {"needs": needs_in_words(r)} for r in carers],
        [dict(r) | {"purpose": purpose_of(r["reason_code"])} for r in agencies],
    )


async def preview_consent(actor: Actor, case_id: UUID, asking: Asking) -> tuple[str, Wording]:
    """The carer's name and exactly what they would read. Records consents:listed. Raises: as `ask_consent`."""
    async with acting_as(actor, "ask_consent") as act:
        draft = await draft_request(act, case_id, asking)
        if asking.how == "link":
            await needs_of(act, asking.carer_id)
            await addresses_of(act, asking.carer_id)
        name = await act.value(
            "SELECT n.name FROM carer k JOIN person n ON n.id = k.person_id WHERE k.id = $1", asking.carer_id
        )
        act.record(Event.CONSENTS_LISTED, case=case_id, pupils=[draft.head.pupil_id], outcome="shown")
        return name, draft.wording


async def draft_request(act: Act, case_id: UUID, asking: Asking) -> Draft:
    """What there is to ask; every rule checked that needs no writing. Raises: as `ask_consent`."""
    head = await kept_case(act, case_id, "consent:ask")
    await _check_carer(act, head, asking.carer_id)
    if decides_alone(head.record["date_of_birth"], (await act.value("SELECT app_now()")).astimezone(LONDON).date()):
        raise Refused({"carer_id": SIXTEEN})
    proposals = await _proposals(act, case_id, asking)
    asked = tuple(each for each, _ in grouped(proposals))
    facts = Facts(head.school_name, head.pupil_first_name, act.who.person_name, act.who.role or "", asked)
    wording = written(facts)
    assert wording is not None  # the newest version is always kept
    return Draft(head, facts, wording, proposals)


async def _check_carer(act: Act, head: CaseHead, carer_id: UUID) -> None:
    carer = await act.row(
        """SELECT k.has_parental_responsibility AND k.authority_verified_at IS NOT NULL AS may,
                  EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                          AND app_now() >= b.from_at AND (b.until_at IS NULL OR app_now() < b.until_at)) AS barred
           FROM carer k WHERE k.id = $1 AND k.pupil_id = $2""",
        carer_id, head.pupil_id,
    )  # fmt: skip
    if carer is None or carer["barred"]:
        raise Refused({"carer_id": CANNOT_ASK})
    if not carer["may"]:
        raise Refused({"carer_id": NO_AUTHORITY})


async def _proposals(act: Act, case_id: UUID, asking: Asking) -> list[dict[str, Any]]:
    here = {
        row["id"]: row
        for row in await act.rows(
            """SELECT a.id, a.name, i.category FROM involvement i JOIN agency a ON a.id = i.agency_id
               WHERE i.case_id = $1 AND i.status IN ('invited', 'accepted')""",
            case_id,
        )
    }
    several = len({each.agency_id for each in asking.proposals}) > 1
    for place, each in enumerate(asking.proposals):
        if each.agency_id not in here:
            raise Refused({f"proposals.{place}.agency_id": NOT_INVITED})
        if several and here[each.agency_id]["category"] != "core":
            raise Refused({f"proposals.{place}.agency_id": ALONE})
    scopes = dict.fromkeys((p.agency_id, category, p.purpose) for p in asking.proposals for category in p.categories)
    return [
        {
            "id": new_id(),
            "agency_id": agency,
            "agency_name": here[agency]["name"],
            "category": category,
            "purpose": purpose,
        }
        for agency, category, purpose in scopes
    ]


async def needs_of(act: Act, carer_id: UUID) -> Record:
    """How this carer wants to be told: language, interpreter, format. Raises: Refused if not in writing at all."""
    found = await act.row("SELECT language, needs_interpreter, format FROM carer WHERE id = $1", carer_id)
    if found is None:
        raise Refused({"carer_id": CANNOT_ASK})
    if found["format"] == "telephone":
        raise Refused({"how": NOT_IN_WRITING})
    return found


async def addresses_of(act: Act, carer_id: UUID) -> Record:
    """Where to write to. Raises: Refused when no code could reach this carer by a number checked in person."""
    found = await act.row("SELECT * FROM carer_addresses($1, $2)", carer_id, proof("addresses", carer_id))
    if found is None:
        raise Refused({"carer_id": CANNOT_ASK})
    if (
        not found["phone"]
        or found["phone_verified_at"] is None
        or blocks_online_consent(found["phone_changed_at"], found["at"])
    ):
        raise Refused({"how": NO_PHONE})
    return found
