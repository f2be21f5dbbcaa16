"""Pages about inviting an agency, and for the agency that was asked."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.accounts.current import page
from ecm.agencies.words import (
    CATEGORY_LABELS,
    INVOLVEMENT_LABELS,
    KIND_LABELS,
    REASON_LABELS,
    REFUSAL_LABELS,
    ROLE_LABELS,
)
from ecm.database import Actor
from ecm.errors import NotAllowed, NotFound
from ecm.involvements.commands import (
    accept_invitation,
    assign_involvement,
    end_involvement,
    invite_agency,
    refuse_invitation,
    withdraw_invitation,
)
from ecm.involvements.queries import agencies_to_invite, colleagues, show_involvement
from ecm.involvements.rules import OFFERED, least_categories
from ecm.involvements.schemas import Acceptance, Assignment, Ending, Invitation, Refusal, Withdrawal
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "reasons": REASON_LABELS,
    "refusals": REFUSAL_LABELS,
    "statuses": INVOLVEMENT_LABELS,
    "kinds": KIND_LABELS,
    "roles": ROLE_LABELS,
}


@get("/invitations/{involvement_id:uuid}")
async def show_invitation(actor: NamedDependency[Actor], involvement_id: FromPath[UUID]) -> Response[bytes]:
    """One invitation: who asks for what, and the answer; later, who does the work."""
    return await _invitation_page(actor, involvement_id, Form())


async def _invitation_page(actor: Actor, involvement_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_involvement(actor, involvement_id)
    who = actor.standing
    ours = who is not None and who.agency_id == found["agency"]["id"]
    chooses = who is not None and ours and who.may("desk:general")
    team = await colleagues(actor) if chooses else []
    return page(
        "involvements/show.html", actor, status=form.status, form=form, it=found, ours=ours, chooses=chooses,
        team=team, may_answer=who is not None and ours and who.may("involvement:answer"), words=WORDS,
    )  # fmt: skip


@post("/invitations/{involvement_id:uuid}/acceptance", status_code=303)
async def send_acceptance(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> Response[Any]:
    """Accept."""
    form = await submit(request, Acceptance, lambda said: accept_invitation(actor, involvement_id, said))
    if not form.ok:
        return await _invitation_page(actor, involvement_id, form)
    if form.result["status"] == "active":
        return redirect(
            f"/cases/{form.result['reference']}", "You have accepted. The family has agreed already: here is the case."
        )
    return redirect("/invitations", "You have accepted. The case appears in your cases as soon as the family agrees.")


@get("/invitations/{involvement_id:uuid}/refusal")
async def show_refusal(actor: NamedDependency[Actor], involvement_id: FromPath[UUID]) -> Response[bytes]:
    """Why not."""
    return await _step_page("involvements/refuse.html", actor, involvement_id, Form())


@post("/invitations/{involvement_id:uuid}/refusal", status_code=303)
async def send_refusal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> Response[Any]:
    """Decline."""
    form = await submit(request, Refusal, lambda said: refuse_invitation(actor, involvement_id, said))
    if not form.ok:
        return await _step_page("involvements/refuse.html", actor, involvement_id, form)
    return redirect("/invitations", "You have declined. The school sees your reason now.")


@post("/invitations/{involvement_id:uuid}/assignee", status_code=303)
async def send_assignee(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> Response[Any]:
    """Give the work to somebody."""
    form = await submit(request, Assignment, lambda said: assign_involvement(actor, involvement_id, said))
    if not form.ok:
        return await _invitation_page(actor, involvement_id, form)
    who = form.result["assignee"]
    return redirect(f"/invitations/{involvement_id}", f"{who['name'] if who else 'Nobody by name'} does this work now.")


@get("/invitations/{involvement_id:uuid}/withdrawal")
async def show_withdrawal(actor: NamedDependency[Actor], involvement_id: FromPath[UUID]) -> Response[bytes]:
    """Check before an invitation is taken back: the school's to do."""
    return await _step_page("involvements/withdraw.html", actor, involvement_id, Form())


@post("/invitations/{involvement_id:uuid}/withdrawal", status_code=303)
async def send_withdrawal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> Response[Any]:
    """Take the invitation back."""
    form = await submit(request, Withdrawal, lambda _: withdraw_invitation(actor, involvement_id))
    if not form.ok:
        return await _step_page("involvements/withdraw.html", actor, involvement_id, form)
    return redirect(
        f"/cases/{form.result['reference']}/sharing",
        "The invitation is taken back. They had read it and have been told. They never saw a name."
        if form.result["read_at"]
        else "The invitation is taken back. They had not read it, and never saw a name.",
    )


@get("/invitations/{involvement_id:uuid}/ending")
async def show_ending(actor: NamedDependency[Actor], involvement_id: FromPath[UUID]) -> Response[bytes]:
    """Check before the work ends."""
    return await _step_page("involvements/end.html", actor, involvement_id, Form())


@post("/invitations/{involvement_id:uuid}/ending", status_code=303)
async def send_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], involvement_id: FromPath[UUID]
) -> Response[Any]:
    """End the work."""
    form = await submit(request, Ending, lambda said: end_involvement(actor, involvement_id, said))
    if not form.ok:
        return await _step_page("involvements/end.html", actor, involvement_id, form)
    here = form.result.get("reference")
    return redirect(
        f"/cases/{here}/sharing" if here else "/invitations",
        "The work has ended. Open actions went back to the school.",
    )


async def _step_page(template: str, actor: Actor, involvement_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_involvement(actor, involvement_id)
    ours = actor.standing is not None and actor.standing.agency_id == found["agency"]["id"]
    if (template == "involvements/withdraw.html" and "reference" not in found) or (
        template == "involvements/refuse.html" and not ours
    ):
        raise NotAllowed
    return page(template, actor, status=form.status, form=form, it=found, words=WORDS)


@get("/cases/{reference:str}/invite")
async def show_invite(
    actor: NamedDependency[Actor], reference: FromPath[str], agency_id: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """Who could help; then, for the one chosen, what to ask and the least to offer."""
    return await _invite_page(actor, reference, agency_id, None)


async def _invite_page(actor: Actor, reference: str, agency_id: UUID | None, form: Form[Any] | None) -> Response[bytes]:
    head, agencies = await agencies_to_invite(actor, reference)
    if agency_id is None:
        return page("involvements/choose.html", actor, head=head, agencies=agencies, words=WORDS)
    chosen = next((each for each in agencies if each["id"] == agency_id), None)
    if chosen is None:
        raise NotFound
    shown = form or filled(categories=least_categories(chosen["kind"]))
    return page(
        "involvements/invite.html", actor, status=shown.status, form=shown, head=head, agency=chosen, offered=OFFERED,
        words=WORDS,
    )  # fmt: skip


@post("/cases/{reference:str}/invite", status_code=303)
async def send_invite(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], agency_id: FromQuery[UUID]
) -> Response[Any]:
    """Send the invitation."""
    head, _ = await agencies_to_invite(actor, reference)
    form = await submit(request, Invitation, lambda new: invite_agency(actor, head.id, new))
    if not form.ok:
        return await _invite_page(actor, reference, agency_id, form)
    name = form.result["agency"]["name"]
    return redirect(
        f"/cases/{head.reference}/sharing", f"{name} is invited and sees no name yet. Next: ask the family."
    )


routes = [
    show_invitation, send_acceptance, show_refusal, send_refusal, send_assignee, show_withdrawal,
    send_withdrawal, show_ending, send_ending, show_invite, send_invite,
]  # fmt: skip
