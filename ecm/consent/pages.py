"""Pages on which the school asks, writes down what was said, and sees how sharing stands."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, INVOLVEMENT_LABELS, REFUSAL_LABELS
from ecm.consent.answering import decisions, read_answers
from ecm.consent.commands import answer_consent, ask_consent, withdraw_consent
from ecm.consent.drafts import asking_choices, preview_consent
from ecm.consent.papers import Paper, show_paper
from ecm.consent.queries import show_consent
from ecm.consent.schemas import (
    Answers,
    Asking,
    AskingPage,
    NewProposal,
    PageAnswers,
    RecordPage,
    Withdrawing,
    WithdrawPage,
)
from ecm.consent.wording import Wording
from ecm.database import Actor
from ecm.errors import NotAllowed, Refused
from ecm.web.forms import Form, checked, filled, submit
from ecm.web.render import redirect

Result = TypeVar("Result")

WORDS = {
    "categories": CATEGORY_LABELS,
    "statuses": INVOLVEMENT_LABELS,
    "refusals": REFUSAL_LABELS,
    "purposes": {
        "support": "to help the pupil",
        "assessment": "to find out what help is needed",
        "planning": "to plan the help together",
        "review": "to look at how the help is going",
    },
    "channels": {
        "in_person": "In person",
        "phone": "By phone",
        "paper": "On paper",
        "interpreter_call": "On a call with an interpreter",
    },
}
NOTHING_ASKED = "Tick what to ask about."


@get("/cases/{reference:str}/ask")
async def show_ask(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Which carer, about which services, by link or in person."""
    return await _ask_page(actor, reference, None)


async def _ask_page(actor: Actor, reference: str, form: Form[Any] | None) -> Response[bytes]:
    head, carers, agencies = await asking_choices(actor, reference)
    ready = {}
    for place, each in enumerate(agencies):
        ready[f"proposals.{place}.purpose"] = each["purpose"]
        if not each["alone"] or len(agencies) == 1:
            ready[f"proposals.{place}.categories"] = each["offered_categories"]
    shown = form if form is not None else filled(**ready)
    return page(
        "consent/ask.html",
        actor,
        status=shown.status,
        form=shown,
        head=head,
        carers=carers,
        agencies=agencies,
        words=WORDS,
    )


@post("/cases/{reference:str}/ask/check", status_code=200)
async def check_ask(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[bytes]:
    """Exactly what the carer will read, before it is sent."""
    head, _, _ = await asking_choices(actor, reference)

    async def preview(asked: AskingPage) -> tuple[str, Wording]:
        return await _with_asking(asked, lambda asking: preview_consent(actor, head.id, asking))

    form = await submit(request, AskingPage, preview)
    if not form.ok or form.text("change"):
        return await _ask_page(actor, reference, form)
    name, wording = form.result
    return page("consent/ask_check.html", actor, form=form, head=head, name=name, wording=wording)


@post("/cases/{reference:str}/ask", status_code=303)
async def send_ask(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Ask."""
    head, _, _ = await asking_choices(actor, reference)

    async def ask(asked: AskingPage) -> dict[str, Any]:
        return await _with_asking(asked, lambda asking: ask_consent(actor, head.id, asking))

    form = await submit(request, AskingPage, ask)
    if not form.ok:
        return await _ask_page(actor, reference, form)
    if form.text("how") == "in_person":
        return redirect(f"/consent-requests/{form.result['id']}/record")
    name = form.result["carer"]["name"]
    return redirect(f"/cases/{head.reference}/sharing", f"{name} has been written to. The answer appears here.")


async def _with_asking(asked: AskingPage, do: Callable[[Asking], Awaitable[Result]]) -> Result:
    """Do it with what was ticked; what is refused is named by its place on the page."""
    places = [place for place, each in enumerate(asked.proposals) if each.categories]
    if not places:
        raise Refused({"proposals.0.categories": NOTHING_ASKED})
    chosen = [NewProposal(**asked.proposals[place].model_dump()) for place in places]
    try:
        return await do(Asking(carer_id=asked.carer_id, how=asked.how, proposals=chosen))
    except Refused as refused:
        raise Refused({_on_page(field, places): text for field, text in refused.problems.items()}) from None


def _on_page(field: str, places: list[int]) -> str:
    head, _, rest = field.partition(".")
    number, _, name = rest.partition(".")
    return f"{head}.{places[int(number)]}.{name}" if head == "proposals" else field


@get("/consent-requests/{request_id:uuid}/record")
async def show_record(actor: NamedDependency[Actor], request_id: FromPath[UUID]) -> Response[bytes]:
    """What to read out, and where to write down the answers."""
    paper = await _paper_for_worker(actor, request_id)
    return _record_page(actor, paper, filled(given_by=paper.carer_name))


async def _paper_for_worker(actor: Actor, request_id: UUID) -> Paper:
    """Raises: NotFound, NotAllowed."""
    paper = await show_paper(actor, request_id)
    if actor.standing is None or not actor.standing.may("consent:record"):
        raise NotAllowed
    return paper


def _record_page(actor: Actor, paper: Paper, form: Form[Any]) -> Response[bytes]:
    return page("consent/record.html", actor, status=form.status, form=form, paper=paper, words=WORDS)


@post("/consent-requests/{request_id:uuid}/record", status_code=303)
async def send_record(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], request_id: FromPath[UUID]
) -> Response[Any]:
    """Write the answers down."""
    paper = await _paper_for_worker(actor, request_id)

    async def record(said: RecordPage) -> None:
        made = decisions(read_answers(paper.open, said.answers))
        if not made:
            raise Refused({"": "There is nothing to write down yet. Come back when they have decided."})
        answers = Answers(channel=said.channel, decisions=made, witness=said.witness, given_by=said.given_by)
        await answer_consent(actor, request_id, answers)

    form = await submit(request, RecordPage, record)
    if not form.ok:
        form.problems = _unanswered(paper, form) | form.problems
        return _record_page(actor, paper, form)
    return redirect(f"/cases/{paper.reference}/sharing", "The answer is written down and in force now.")


def _unanswered(paper: Paper, form: Form[Any]) -> dict[str, str]:
    """What is wrong with the answers, told together with what is wrong elsewhere on the page."""
    typed = {name: values for name, values in form.typed.items() if name.startswith("answers.")}
    given = checked(typed, PageAnswers)
    try:
        read_answers(paper.open, given.result.answers if given.ok else [])
    except Refused as refused:
        return refused.problems
    return {}


@get("/consents/{proposal_id:uuid}/withdrawal")
async def show_withdrawal(actor: NamedDependency[Actor], proposal_id: FromPath[UUID]) -> Response[bytes]:
    """Check before a yes is taken back on a carer's word."""
    return await _withdrawal_page(actor, proposal_id, Form())


async def _withdrawal_page(actor: Actor, proposal_id: UUID, form: Form[Any]) -> Response[bytes]:
    found, consent = await show_consent(actor, proposal_id)
    if actor.standing is None or not actor.standing.may("consent:record"):
        raise NotAllowed
    return page(
        "consent/withdraw_record.html", actor, status=form.status, form=form, found=found, it=consent, words=WORDS
    )


@post("/consents/{proposal_id:uuid}/withdrawal", status_code=303)
async def send_withdrawal(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], proposal_id: FromPath[UUID]
) -> Response[Any]:
    """Take a yes back on a carer's word."""
    found, _ = await show_consent(actor, proposal_id)
    form = await submit(
        request, WithdrawPage,
        lambda said: withdraw_consent(actor, proposal_id, Withdrawing(channel=said.channel, witness=said.witness)),
    )  # fmt: skip
    if not form.ok:
        return await _withdrawal_page(actor, proposal_id, form)
    return redirect(f"/cases/{found['reference']}/sharing", "The yes is taken back. That is in force now.")


routes = [
    show_ask, check_ask, send_ask, show_record, send_record, show_withdrawal, send_withdrawal,
]  # fmt: skip
