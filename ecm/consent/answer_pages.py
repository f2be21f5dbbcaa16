"""The pages on which a carer decides: the same behind a link (/answer) and after signing in (/family/requests)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.consent.answering import Said, decisions, read_answers
from ecm.consent.commands import answer_consent, withdraw_consent
from ecm.consent.papers import Paper, Part, Question, show_paper
from ecm.consent.rules import LINK_LIFETIME
from ecm.consent.schemas import Answers, Confirmed, PageAnswers, Withdrawing
from ecm.database import Actor
from ecm.errors import NotFound
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

LINK_PREFIX = "/answer"
FAMILY_PREFIX = "/family/requests"


@get("/{request_id:uuid}/who")
async def show_who(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[bytes]:
    """Who is asking, why, and a picture of what would go where."""
    return _paper_page("consent/who.html", actor, request, await show_paper(actor, request_id))


@get("/{request_id:uuid}/questions")
async def show_questions(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[Any]:
    """The questions that are still open."""
    paper = await show_paper(actor, request_id)
    if not paper.open:
        return redirect(f"{_prefix(request)}/{request_id}/receipt")
    return _paper_page("consent/questions.html", actor, request, paper, Form())


@post("/{request_id:uuid}/check", status_code=200)
async def check_answers(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[Any]:
    """What was ticked, in words, before anything is written down; the questions again when something is missing."""
    paper = await show_paper(actor, request_id)

    async def read(given: PageAnswers) -> list[Said]:
        return read_answers(paper.open, given.answers)

    form = await submit(request, PageAnswers, read)
    if not form.ok or form.text("change"):
        return _paper_page("consent/questions.html", actor, request, paper, form)
    return _paper_page("consent/check.html", actor, request, paper, form, said=form.result)


@post("/{request_id:uuid}/answers", status_code=303)
async def send_answers(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[Any]:
    """Write all answers down at once; sent twice, they are there already."""
    paper = await show_paper(actor, request_id)
    receipt = f"{_prefix(request)}/{request_id}/receipt"
    if not paper.open:
        return redirect(receipt)

    async def send(given: PageAnswers) -> None:
        said = read_answers(paper.open, given.answers)
        made = decisions(said)
        answers = Answers(channel="online", decisions=made) if made else None
        await answer_consent(actor, request_id, answers, talk=any(each.say == "talk" for each in said))

    form = await submit(request, PageAnswers, send)
    if not form.ok:
        return _paper_page("consent/questions.html", actor, request, paper, form)
    return redirect(receipt, "Your answer is with the school.")


@get("/{request_id:uuid}/receipt")
async def show_receipt(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[bytes]:
    """What you said, and how to change your mind."""
    paper = await show_paper(actor, request_id)
    return _paper_page("consent/receipt.html", actor, request, paper, link_until=paper.asked_at + LINK_LIFETIME)


@get("/{request_id:uuid}/withdrawal/{proposal_id:uuid}")
async def show_withdrawal(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    request_id: FromPath[UUID],
    proposal_id: FromPath[UUID],
) -> Response[bytes]:
    """Check before a yes is taken back."""
    return await _withdrawal_page(request, actor, request_id, proposal_id, Form())


async def _withdrawal_page(
    request: Request[Any, Any, Any], actor: Actor, request_id: UUID, proposal_id: UUID, form: Form[Any]
) -> Response[bytes]:
    paper = await show_paper(actor, request_id)
    question, part = _part(paper, proposal_id)
    return _paper_page("consent/withdraw.html", actor, request, paper, form, question=question, part=part)


def _part(paper: Paper, proposal_id: UUID) -> tuple[Question, Part]:
    """Raises: NotFound for a part of another request."""
    for question in paper.questions:
        for part in question.parts:
            if part.proposal == proposal_id:
                return question, part
    raise NotFound


@post("/{request_id:uuid}/withdrawal/{proposal_id:uuid}", status_code=303)
async def send_withdrawal(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    request_id: FromPath[UUID],
    proposal_id: FromPath[UUID],
) -> Response[Any]:
    """Take the yes back."""
    _part(await show_paper(actor, request_id), proposal_id)
    online = Withdrawing(channel="online")
    form = await submit(request, Confirmed, lambda _: withdraw_consent(actor, proposal_id, online))
    if not form.ok:
        return await _withdrawal_page(request, actor, request_id, proposal_id, form)
    return redirect(f"{_prefix(request)}/{request_id}/receipt", "Your yes is taken back. That is in force now.")


def _prefix(request: Request[Any, Any, Any]) -> str:
    return LINK_PREFIX if request.scope["path"].startswith(f"{LINK_PREFIX}/") else FAMILY_PREFIX


def _paper_page(
    template: str,
    actor: Actor,
    request: Request[Any, Any, Any],
    paper: Paper,
    form: Form[Any] | None = None,
    **more: Any,
) -> Response[bytes]:
    prefix = _prefix(request)
    shown = form if form is not None else Form()
    return page(
        template, actor, status=shown.status, form=shown, paper=paper, base=f"{prefix}/{paper.id}",
        by_link=prefix == LINK_PREFIX, **more,
    )  # fmt: skip


handlers = [
    show_who, show_questions, check_answers, send_answers, show_receipt, show_withdrawal, send_withdrawal,
]  # fmt: skip
