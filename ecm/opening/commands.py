"""Opening the case that a draft describes: everything in one transaction, or nothing."""

from collections.abc import Awaitable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from ecm.actions.commands import add_action
from ecm.actions.schemas import NewAction
from ecm.cases.commands import admit_carer, open_case, write_note
from ecm.cases.schemas import Admission, NewBarrier, NewCase, NewNote
from ecm.consent.commands import ask_consent
from ecm.consent.schemas import Asking, NewProposal
from ecm.database import Act, Actor, acting_together
from ecm.errors import Refused, Stale
from ecm.involvements.commands import invite_agency
from ecm.involvements.schemas import Invitation
from ecm.opening.drafts import Draft, read_draft
from ecm.opening.queries import requests, tries
from ecm.opening.rules import NO_PROOF, STEP_LABELS, STEPS, reason_text

Result = TypeVar("Result")


async def open_drafted(actor: Actor, pupil_id: UUID, version: int) -> dict[str, Any]:
    """Open the case, add what will be tried, invite, let the carer in, ask them: all as the draft says; end the draft.

    `version` is the whole draft's, as it was checked. Records case:opened and what each of these records.
    Raises: NotFound; NotAllowed; Stale; Refused, by the step to go back to.
    """
    async with acting_together(actor, "open_case") as act:
        draft = await read_draft(act, pupil_id, lock=True)
        if draft.version != version:
            raise Stale({"version": draft.version})
        _refuse_gaps(draft)
        case = await _at("why", open_case(actor, _new_case(draft)))
        for each in tries(draft):
            action = NewAction(
                title=each["title"], due_on=date.fromisoformat(each["due_on"]), category=each["category"],
                owner_agency_id=case["pupil"]["school"]["id"],
            )  # fmt: skip
            await _at("barriers", add_action(actor, case["id"], action))
        for helper in draft.said("helpers").get("helpers", ()):
            await _at("helpers", invite_agency(actor, case["id"], Invitation(**helper)))
        if draft.said("helpers").get("helpers"):
            await _at("family", _ask(actor, act, case["id"], draft))
        await act.value("SELECT throw_draft_away($1)", pupil_id)
        return case


async def _at(step: str, doing: Awaitable[Result]) -> Result:
    """Do it; what is refused names the step it was said at."""
    try:
        return await doing
    except Refused as refused:
        raise Refused({step: next(iter(refused.problems.values()))}) from None


def _refuse_gaps(draft: Draft) -> None:
    problems = {step: f"{STEP_LABELS[step]}: {next(iter(g.values()))}" for step in STEPS if (g := draft.gaps(step))}
    if problems:
        raise Refused(problems)


def _new_case(draft: Draft) -> NewCase:
    why = draft.said("why")
    barriers = [
        NewBarrier(code=each["code"], how_identified=each["how_identified"], detail=each["detail"])
        for each in draft.said("barriers").get("barriers", ())
    ]
    return NewCase(
        pupil_id=draft.pupil["id"], reason=reason_text(why), level=why["level"], strengths=why["strengths"],
        barriers=barriers,
    )  # fmt: skip


async def _ask(actor: Actor, act: Act, case_id: UUID, draft: Draft) -> None:
    said = draft.said("family")
    if said["how"] == "later":
        text = f"The family has not been asked yet: {said['later_reason']}"
        await write_note(actor, case_id, NewNote(category="family", text=text))
        return
    carer = next((each for each in draft.pupil["carers"] if str(each["id"]) == said["carer_id"]), None)
    if carer is None:
        raise Refused({"carer_id": "Choose a parent or carer of this pupil."})
    if not (carer["authority_verified"] or said["authority_seen"]):
        raise Refused({"authority_seen": NO_PROOF})
    if said["safe_to_share"]:
        seen = {"carer_id": carer["id"], "authority_seen": said["authority_seen"] or True, "safe_to_share": True}
        await admit_carer(actor, case_id, Admission.model_validate(seen))
    elif not carer["authority_verified"]:
        await act.run(
            "UPDATE carer SET authority_seen = $2, authority_verified_at = app_now() WHERE id = $1",
            carer["id"], said["authority_seen"],
        )  # fmt: skip
    for group in await requests(act, draft):
        await ask_consent(actor, case_id, _asking(carer["id"], said["how"], group))


def _asking(carer_id: UUID, how: Any, group: list[dict[str, Any]]) -> Asking:
    kinds: dict[tuple[UUID, str], list[str]] = {}
    for each in group:
        kinds.setdefault((each["agency_id"], each["purpose"]), []).append(each["category"])
    return Asking.model_validate({
        "carer_id": carer_id, "how": how,
        "proposals": [NewProposal.model_validate({"agency_id": a, "categories": c, "purpose": p}) for (a, p), c in kinds.items()],
    })  # fmt: skip
