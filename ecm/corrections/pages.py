"""Pages on which something is said to be entered in error, and the list of what was."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, ROLE_LABELS
from ecm.corrections.commands import correct, correct_answer
from ecm.corrections.queries import KINDS, Kind, corrections, show_answer, show_subject
from ecm.corrections.schemas import Correcting
from ecm.database import Actor
from ecm.paging import Page
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "roles": ROLE_LABELS,
    "kinds": {
        "note": "Note",
        "action": "Action",
        "outcome": "Outcome",
        "measurement": "Number that was measured",
        "provision": "Provision",
        "view": "In their own words",
        "contribution": "Part of a review",
        "consent": "Answer of a parent or carer",
    },
    "things": {
        "note": "note",
        "action": "action",
        "outcome": "outcome",
        "measurement": "number",
        "provision": "provision",
        "view": "text in their own words",
        "contribution": "part of the review",
    },
    "instead": {
        "note": "write another note instead",
        "action": "cancel such an action instead",
        "outcome": "change such an outcome instead, or say where it stands",
        "measurement": "write down a new number instead, and for a slip of the keyboard the right one for the same day",
        "provision": "change such a provision instead, or say when it ended",
        "view": "write down what they say now instead",
        "contribution": "add another part to the review instead",
    },
    "answers": {"given": "Yes", "refused": "No", "withdrawn": "They took their yes back"},
    "states": {
        "not_asked": "They have not been asked.",
        "requested": "They have been asked and have not answered.",
        "given": "Their yes from before counts again.",
        "paused": "Their yes from before counts again, but another parent or carer has said no, so nothing is shared.",
        "refused": "Their no from before counts again.",
        "withdrawn": "That they took an earlier yes back counts again.",
        "expired": "Their yes from before has run out.",
    },
}


def _pages_of(kind: Kind) -> list[HTTPRouteHandler]:
    """What it means that something of this kind was entered in error, and saying so."""
    path, key = f"/{kind}s/{{{kind}_id:uuid}}/correct", f"{kind}_id"

    @get(path)
    async def show(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
        """What it means, before it is said."""
        return await _subject_page(actor, kind, request.path_params[key], Form())

    @post(path, status_code=303)
    async def send(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
        """Say so."""
        return await _send(request, actor, kind, request.path_params[key])

    return [show, send]


async def _subject_page(actor: Actor, kind: Kind, subject_id: UUID, form: Form[Any]) -> Response[bytes]:
    it = await show_subject(actor, kind, subject_id)
    template = "corrections/take_back.html" if it["carer"] else "corrections/correct.html"
    return page(template, actor, status=form.status, form=form, kind=kind, it=it, words=WORDS)


async def _send(request: Request[Any, Any, Any], actor: Actor, kind: Kind, subject_id: UUID) -> Response[Any]:
    it = await show_subject(actor, kind, subject_id)
    form = await submit(request, Correcting, lambda said: correct(actor, kind, subject_id, said))
    if not form.ok:
        return await _subject_page(actor, kind, subject_id, form)
    if it["carer"]:
        return redirect(f"/family/views/{it['reference']}", "You have taken it back. Nobody who helps can read it now.")
    notice = f"The {WORDS['things'][kind]} is marked as entered in error. Nobody on the case sees it any more."
    return redirect(f"/cases/{it['reference']}" if it["reference"] else "/corrections", notice)


@get("/consents/{proposal_id:uuid}/correct")
async def show_consent(actor: NamedDependency[Actor], proposal_id: FromPath[UUID]) -> Response[bytes]:
    """What it means that an answer was written down in error."""
    return await _answer_page(actor, proposal_id, Form())


async def _answer_page(actor: Actor, proposal_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await show_answer(actor, proposal_id)
    return page("corrections/answer.html", actor, status=form.status, form=form, words=WORDS, **found)


@post("/consents/{proposal_id:uuid}/correct", status_code=303)
async def send_consent(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], proposal_id: FromPath[UUID]
) -> Response[Any]:
    """Say so."""
    form = await submit(request, Correcting, lambda said: correct_answer(actor, proposal_id, said))
    if not form.ok:
        return await _answer_page(actor, proposal_id, form)
    state = WORDS["states"][form.result["it"]["state"]]
    notice = f"The answer counts as if it had never been written down. {state}"
    return redirect(f"/cases/{form.result['reference']}/sharing", notice)


@get("/corrections")
async def list_corrections(actor: NamedDependency[Actor], page_wanted: NamedDependency[Page]) -> Response[bytes]:
    """What was entered in error, and why."""
    found = await corrections(actor, page_wanted)
    more = f"/corrections?cursor={found['next']}" if found["next"] else ""
    officer = actor.standing is not None and actor.standing.may("correction:read")
    return page("corrections/list.html", actor, items=found["items"], more=more, officer=officer, words=WORDS)


routes = [*(each for kind in KINDS for each in _pages_of(kind)), show_consent, send_consent, list_corrections]
