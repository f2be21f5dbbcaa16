"""Pages of sharing agreements: every worker reads them, the partnership's data protection officer makes them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.schemas import Nothing
from ecm.agencies.words import CATEGORY_LABELS, REASON_LABELS
from ecm.agreements.commands import (
    MANAGES,
    add_clause,
    add_party,
    approve_agreement,
    draft_agreement,
    drop_clause,
    end_agreement,
    remove_party,
)
from ecm.agreements.queries import list_agreements, show_agreement
from ecm.agreements.schemas import NewAgreement, NewClause, NewParty
from ecm.database import Actor
from ecm.errors import NotAllowed
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": {name: label for name, label in CATEGORY_LABELS.items() if name != "core"},
    "purposes": REASON_LABELS,
    "states": {
        "draft": ("Draft", "yellow"), "coming": ("Not yet in force", "blue"), "in_force": ("In force", "green"),
        "over": ("Over", "grey"), "ended": ("Ended", "grey"),
    },
}  # fmt: skip


@get("/agreements")
async def get_agreements(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What organisations have agreed."""
    return page(
        "agreements/list.html", actor, agreements=await list_agreements(actor), words=WORDS, manages=_manages(actor)
    )


@get("/agreements/new")
async def show_new(actor: NamedDependency[Actor]) -> Response[bytes]:
    """A new draft."""
    return await _new_page(actor, Form())


async def _new_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    await list_agreements(actor)
    if not _manages(actor):
        raise NotAllowed
    return page("agreements/new.html", actor, status=form.status, form=form)


@post("/agreements/new", status_code=303)
async def send_new(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Begin it."""
    form = await submit(request, NewAgreement, lambda new: draft_agreement(actor, new))
    if not form.ok:
        return await _new_page(actor, form)
    return redirect(f"/agreements/{form.result}", "The draft is begun. Next: its clauses, and who has signed.")


@get("/agreements/{agreement_id:uuid}")
async def get_agreement(actor: NamedDependency[Actor], agreement_id: FromPath[UUID]) -> Response[bytes]:
    """One agreement."""
    return await _page(actor, agreement_id, Form())


async def _page(actor: Actor, agreement_id: UUID, form: Form[Any]) -> Response[bytes]:
    it = await show_agreement(actor, agreement_id)
    return page(
        "agreements/show.html", actor, status=form.status, form=form, it=it, words=WORDS, manages=_manages(actor)
    )


def _manages(actor: Actor) -> bool:
    return actor.standing is not None and actor.standing.may(MANAGES)


async def _send(
    request: Request[Any, Any, Any], actor: Actor, agreement_id: UUID, model: Any,
    command: Callable[[Any], Awaitable[None]], notice: str,
) -> Response[Any]:  # fmt: skip
    await show_agreement(actor, agreement_id)
    if not _manages(actor):  # before the form is read: its problems are not everybody's
        raise NotAllowed
    form = await submit(request, model, command)
    return redirect(f"/agreements/{agreement_id}", notice) if form.ok else await _page(actor, agreement_id, form)


@post("/agreements/{agreement_id:uuid}/clauses", status_code=303)
async def send_clause(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Add a clause to a draft."""
    return await _send(
        request,
        actor,
        agreement_id,
        NewClause,
        lambda new: add_clause(actor, agreement_id, new),
        "The clause is added.",
    )


@post("/agreements/{agreement_id:uuid}/clauses/{clause_id:uuid}/dropping", status_code=303)
async def send_dropping(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    agreement_id: FromPath[UUID],
    clause_id: FromPath[UUID],
) -> Response[Any]:
    """Take a clause out of a draft."""
    return await _send(
        request,
        actor,
        agreement_id,
        Nothing,
        lambda _: drop_clause(actor, agreement_id, clause_id),
        "The clause is out.",
    )


@post("/agreements/{agreement_id:uuid}/parties", status_code=303)
async def send_party(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """An organisation has signed."""
    return await _send(
        request,
        actor,
        agreement_id,
        NewParty,
        lambda new: add_party(actor, agreement_id, new),
        "The signature is kept.",
    )


@post("/agreements/{agreement_id:uuid}/parties/{party_id:uuid}/leaving", status_code=303)
async def send_leaving(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    agreement_id: FromPath[UUID],
    party_id: FromPath[UUID],
) -> Response[Any]:
    """An organisation leaves."""
    return await _send(
        request, actor, agreement_id, Nothing, lambda _: remove_party(actor, agreement_id, party_id),
        "They have left. No new invitation rests on their signature; work that goes on is not touched.",
    )  # fmt: skip


@post("/agreements/{agreement_id:uuid}/approval", status_code=303)
async def send_approval(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """Approve it."""
    return await _send(
        request, actor, agreement_id, Nothing, lambda _: approve_agreement(actor, agreement_id),
        "The agreement is approved. Its clauses stand; organisations can still sign and leave.",
    )  # fmt: skip


@post("/agreements/{agreement_id:uuid}/ending", status_code=303)
async def send_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], agreement_id: FromPath[UUID]
) -> Response[Any]:
    """End it."""
    return await _send(
        request, actor, agreement_id, Nothing, lambda _: end_agreement(actor, agreement_id),
        "The agreement has ended. No new invitation rests on it; work that goes on is not touched.",
    )  # fmt: skip


routes = [
    get_agreements, show_new, send_new, get_agreement, send_clause, send_dropping, send_party, send_leaving, send_approval,
    send_ending,
]  # fmt: skip
