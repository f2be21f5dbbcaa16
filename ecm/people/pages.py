"""Pages of who works in an agency, for everybody there and for who looks after people."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.schemas import Nothing
from ecm.agencies.words import ROLE_LABELS
from ecm.database import Actor
from ecm.errors import Refused
from ecm.people.commands import (
    cancel_invitation,
    change_role,
    change_telephone,
    end_membership,
    invite_colleague,
    send_invitation_again,
)
from ecm.people.handover import end_cover, hand_over, set_cover
from ecm.people.queries import list_people, show_colleague, show_own_agency, show_work
from ecm.people.rules import roles_of
from ecm.people.schemas import ColleagueInvitation, Ending, HandOver, NewCover, RoleChange, Telephone
from ecm.web.dates import plural
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

INVITED = "The invitation is sent. It is on this page until it is accepted."
ENDED = {
    "now": "Their work here has ended. Where they were signed in, the next thing they do is refused.",
    "later": "The last day is set. They have been told by e-mail.",
}


@get("/people")
async def get_people(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Colleagues, what is waiting, what needs somebody new."""
    return page("people/list.html", actor, roles=ROLE_LABELS, **await list_people(actor))


@get("/people/invite")
async def show_invite(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Somebody new."""
    return await _invite_page(actor, filled(lasting="permanent"))


async def _invite_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    kind = (await show_own_agency(actor))["kind"]
    return page("people/invite.html", actor, status=form.status, form=form, roles=_roles(kind))


@post("/people/invite", status_code=303)
async def send_invite(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Send the letter."""
    form = await submit(request, ColleagueInvitation, lambda new: invite_colleague(actor, new))
    return redirect("/people", INVITED) if form.ok else await _invite_page(actor, form)


@post("/people/invitations/{invitation_id:uuid}/again", status_code=303)
async def send_again(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], invitation_id: FromPath[UUID]
) -> Response[Any]:
    """Another letter."""
    await _press(request, lambda: send_invitation_again(actor, invitation_id))
    return redirect("/people", "The invitation is sent again, with a new link. The old link works no longer.")


@post("/people/invitations/{invitation_id:uuid}/cancelling", status_code=303)
async def send_cancelling(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], invitation_id: FromPath[UUID]
) -> Response[Any]:
    """Take it back."""
    await _press(request, lambda: cancel_invitation(actor, invitation_id))
    return redirect("/people", "The invitation is cancelled. Its link works no longer.")


@get("/people/agency")
async def show_agency(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Where this agency is rung."""
    return page("people/agency.html", actor, form=filled(telephone=(await show_own_agency(actor))["telephone"]))


@post("/people/agency", status_code=303)
async def send_agency(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Change it."""
    form = await submit(request, Telephone, lambda typed: change_telephone(actor, typed.telephone))
    if not form.ok:
        await show_own_agency(actor)
        return page("people/agency.html", actor, status=form.status, form=form)
    return redirect("/people", "The telephone number is saved. It stands at the foot of every page.")


@get("/people/{membership_id:uuid}")
async def get_colleague(actor: NamedDependency[Actor], membership_id: FromPath[UUID]) -> Response[bytes]:
    """One colleague, and what can be done."""
    return page("people/show.html", actor, roles=ROLE_LABELS, **await show_colleague(actor, membership_id))


@get("/people/{membership_id:uuid}/role")
async def show_role(actor: NamedDependency[Actor], membership_id: FromPath[UUID]) -> Response[bytes]:
    """Another role, and what the old one did."""
    return await _role_page(actor, membership_id, filled(lasting="permanent"))


async def _role_page(actor: Actor, membership_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown, kind = await show_work(actor, membership_id), (await show_own_agency(actor))["kind"]
    return page(
        "people/role.html", actor, status=form.status, form=form, roles=_roles(kind), labels=ROLE_LABELS, **shown
    )


@post("/people/{membership_id:uuid}/role", status_code=303)
async def send_role(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], membership_id: FromPath[UUID]
) -> Response[Any]:
    """Change it."""
    form = await submit(request, RoleChange, lambda change: change_role(actor, membership_id, change))
    if not form.ok:
        return await _role_page(actor, membership_id, form)
    return redirect("/people", "The role is changed. They sign in again, and see what the new role sees.")


@get("/people/{membership_id:uuid}/handover")
async def show_handover(actor: NamedDependency[Actor], membership_id: FromPath[UUID]) -> Response[bytes]:
    """What there is to hand over, and to whom."""
    return await _handover_page(actor, membership_id, Form())


async def _handover_page(actor: Actor, membership_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_work(actor, membership_id)
    return page("people/handover.html", actor, status=form.status, form=form, roles=ROLE_LABELS, **shown)


@post("/people/{membership_id:uuid}/handover", status_code=303)
async def send_handover(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], membership_id: FromPath[UUID]
) -> Response[Any]:
    """Hand it over."""
    form = await submit(request, HandOver, lambda wanted: hand_over(actor, membership_id, wanted))
    if not form.ok:
        return await _handover_page(actor, membership_id, form)
    left = f" {plural(form.result, 'thing')} still to hand over." if form.result else " Nothing is left to hand over."
    return redirect(f"/people/{membership_id}/handover", f"Handed over.{left}")


@get("/people/{membership_id:uuid}/ending")
async def show_ending(actor: NamedDependency[Actor], membership_id: FromPath[UUID]) -> Response[bytes]:
    """When does it end?"""
    return await _ending_page(actor, membership_id, Form())


async def _ending_page(actor: Actor, membership_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_work(actor, membership_id)
    return page("people/ending.html", actor, status=form.status, form=form, roles=ROLE_LABELS, **shown)


@post("/people/{membership_id:uuid}/ending", status_code=303)
async def send_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], membership_id: FromPath[UUID]
) -> Response[Any]:
    """End it."""
    form = await submit(request, Ending, lambda ending: end_membership(actor, membership_id, ending))
    if not form.ok:
        return await _ending_page(actor, membership_id, form)
    return redirect("/people", ENDED[form.text("when")])


@get("/people/{membership_id:uuid}/cover")
async def show_cover(actor: NamedDependency[Actor], membership_id: FromPath[UUID]) -> Response[bytes]:
    """Who stands in, and when."""
    return await _cover_page(actor, membership_id, Form())


async def _cover_page(actor: Actor, membership_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_colleague(actor, membership_id, own=True)
    return page("people/cover.html", actor, status=form.status, form=form, roles=ROLE_LABELS, **shown)


@post("/people/{membership_id:uuid}/cover", status_code=303)
async def send_cover(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], membership_id: FromPath[UUID]
) -> Response[Any]:
    """Set it."""
    form = await submit(request, NewCover, lambda new: set_cover(actor, membership_id, new))
    if not form.ok:
        return await _cover_page(actor, membership_id, form)
    return redirect(
        "/people", "The cover is set. It begins and ends by itself, and your colleague has been told by e-mail."
    )


@post("/people/covers/{cover_id:uuid}/ending", status_code=303)
async def send_cover_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], cover_id: FromPath[UUID]
) -> Response[Any]:
    """End it early."""
    await _press(request, lambda: end_cover(actor, cover_id))
    return redirect("/people", "The cover has ended.")


async def _press(request: Request[Any, Any, Any], command: Any) -> None:
    form = await submit(request, Nothing, lambda _: command())
    if not form.ok:
        raise Refused(form.problems)


def _roles(kind: str) -> list[tuple[str, str]]:
    return [(role, ROLE_LABELS[role]) for role in roles_of(kind)]


routes = [
    get_people, show_invite, send_invite, send_again, send_cancelling, show_agency, send_agency, get_colleague, show_role,
    send_role, show_handover, send_handover, show_ending, send_ending, show_cover, send_cover, send_cover_ending,
]  # fmt: skip
