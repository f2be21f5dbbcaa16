"""Pages on which something is said to be entered in error, and the list of what was."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, ROLE_LABELS
from ecm.corrections.commands import correct, correct_answer
from ecm.corrections.queries import Kind, corrections, show_answer, show_subject
from ecm.corrections.schemas import Correcting
from ecm.database import Actor
from ecm.paging import Page
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "roles": ROLE_LABELS,
    "kinds": {"note": "Note", "action": "Action", "consent": "Answer of a parent or carer"},
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


@get("/notes/{note_id:uuid}/correct")
async def show_note(actor: NamedDependency[Actor], note_id: FromPath[UUID]) -> Response[bytes]:
    """What it means that a note was entered in error."""
    return await _subject_page(actor, "note", note_id, Form())


@post("/notes/{note_id:uuid}/correct", status_code=303)
async def send_note(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], note_id: FromPath[UUID]
) -> Response[Any]:
    """Say so."""
    return await _send(request, actor, "note", note_id)


@get("/actions/{action_id:uuid}/correct")
async def show_action(actor: NamedDependency[Actor], action_id: FromPath[UUID]) -> Response[bytes]:
    """What it means that an action was entered in error."""
    return await _subject_page(actor, "action", action_id, Form())


@post("/actions/{action_id:uuid}/correct", status_code=303)
async def send_action(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], action_id: FromPath[UUID]
) -> Response[Any]:
    """Say so."""
    return await _send(request, actor, "action", action_id)


async def _subject_page(actor: Actor, kind: Kind, subject_id: UUID, form: Form[Any]) -> Response[bytes]:
    it = await show_subject(actor, kind, subject_id)
    return page("corrections/correct.html", actor, status=form.status, form=form, kind=kind, it=it, words=WORDS)


async def _send(request: Request[Any, Any, Any], actor: Actor, kind: Kind, subject_id: UUID) -> Response[Any]:
    it = await show_subject(actor, kind, subject_id)
    form = await submit(request, Correcting, lambda said: correct(actor, kind, subject_id, said))
    if not form.ok:
        return await _subject_page(actor, kind, subject_id, form)
    notice = f"The {kind} is marked as entered in error. Nobody on the case sees it any more."
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


routes = [
    show_note, send_note, show_action, send_action, show_consent, send_consent, list_corrections,
]  # fmt: skip
