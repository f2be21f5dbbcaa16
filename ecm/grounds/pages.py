"""Pages on which sharing without consent is recorded, told to the family, and ended."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, ROLE_LABELS
from ecm.database import Actor
from ecm.errors import NotFound
from ecm.grounds.commands import answer_objection, end_ground, preview_ground, record_ground, tell_family
from ecm.grounds.queries import choices, ground_page
from ecm.grounds.rules import NOT_TOLD, OVERRIDE_DAYS, REVISIT_DAYS, SHAREABLE
from ecm.grounds.schemas import Answering, Ending, GroundPage, NewGround, Telling
from ecm.grounds.words import GROUND_BASES, GROUND_STATES
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "roles": ROLE_LABELS,
    "bases": GROUND_BASES,
    "channels": {
        "in_person": "In person",
        "phone": "By phone",
        "paper": "On paper",
        "interpreter_call": "On a call with an interpreter",
    },
    "states": GROUND_STATES,
    "not_told": {each.code: each.label for each in NOT_TOLD},
}
ADDRESSES = {"service": "service_agreement", "law": "statutory", "override": "override"}
RECORDED = {
    "service_agreement": "The family’s yes to the service is recorded.",
    "statutory": "It is recorded and in force now.",
    "override": "The override is recorded and in force now. Your data protection officer is written to.",
}


def _basis(kind: str) -> str:
    """Raises: NotFound for an address that is none."""
    if kind not in ADDRESSES:
        raise NotFound
    return ADDRESSES[kind]


@get("/cases/{reference:str}/grounds/{kind:str}")
async def show_new(actor: NamedDependency[Actor], reference: FromPath[str], kind: FromPath[str]) -> Response[bytes]:
    """With whom, what, and why without consent."""
    return await _new_page(actor, reference, kind, Form())


async def _new_page(actor: Actor, reference: str, kind: str, form: Form[Any]) -> Response[bytes]:
    found = await choices(actor, reference, _basis(kind))
    return page(
        "grounds/new.html", actor, status=form.status, form=form, kind=kind, basis=_basis(kind), words=WORDS,
        kinds=SHAREABLE, days=OVERRIDE_DAYS, revisit=REVISIT_DAYS[_basis(kind)], **found,
    )  # fmt: skip


@post("/cases/{reference:str}/grounds/{kind:str}/check", status_code=200)
async def check_new(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], kind: FromPath[str]
) -> Response[bytes]:
    """What it will do and who will see it, before it does."""
    basis = _basis(kind)
    head = (await choices(actor, reference, basis))["head"]
    form = await submit(request, GroundPage, lambda typed: preview_ground(actor, head.id, _new(typed, basis)))
    if not form.ok or form.text("change"):
        return await _new_page(actor, reference, kind, form)
    return page(
        "grounds/check.html", actor, form=form, head=head, kind=kind, it=form.result, words=WORDS,
        sees=_sees(form.result),
    )  # fmt: skip


def _sees(it: dict[str, Any]) -> list[str]:
    """What a page calls the kinds of information."""
    return [CATEGORY_LABELS[each] for each in it["categories"]]


def _new(typed: GroundPage, basis: str) -> NewGround:
    return NewGround(**typed.model_dump(), basis=basis)  # type: ignore[arg-type]


@post("/cases/{reference:str}/grounds/{kind:str}", status_code=303)
async def send_new(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], kind: FromPath[str]
) -> Response[Any]:
    """Record it."""
    basis = _basis(kind)
    head = (await choices(actor, reference, basis))["head"]
    form = await submit(request, GroundPage, lambda typed: record_ground(actor, head.id, _new(typed, basis)))
    if not form.ok:
        return await _new_page(actor, reference, kind, form)
    return redirect(f"/cases/{head.reference}/sharing", RECORDED[basis])


@get("/grounds/{ground_id:uuid}")
async def show_one(actor: NamedDependency[Actor], ground_id: FromPath[UUID]) -> Response[bytes]:
    """Why this is shared without consent, who decided it, whether the family knows, and what they say against it."""
    return await _one_page(actor, ground_id, Form())


async def _one_page(actor: Actor, ground_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await ground_page(actor, ground_id)
    return page("grounds/one.html", actor, status=form.status, form=form, words=WORDS, sees=_sees(found["it"]), **found)


@post("/grounds/{ground_id:uuid}/objections/{objection_id:uuid}", status_code=303)
async def send_answer(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    ground_id: FromPath[UUID],
    objection_id: FromPath[UUID],
) -> Response[Any]:
    """Answer an objection."""
    await ground_page(actor, ground_id)
    form = await submit(request, Answering, lambda said: answer_objection(actor, objection_id, said))
    if not form.ok:
        return await _one_page(actor, ground_id, form)
    return redirect(f"/grounds/{ground_id}", "Whoever objected reads your answer on their own page now.")


@get("/grounds/{ground_id:uuid}/ending")
async def show_ending(actor: NamedDependency[Actor], ground_id: FromPath[UUID]) -> Response[bytes]:
    """What it means to end it."""
    return await _ending_page(actor, ground_id, Form())


async def _ending_page(actor: Actor, ground_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await ground_page(actor, ground_id)
    return page("grounds/ending.html", actor, status=form.status, form=form, words=WORDS, **found)


@post("/grounds/{ground_id:uuid}/ending", status_code=303)
async def send_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> Response[Any]:
    """End it."""
    head = (await ground_page(actor, ground_id))["head"]
    form = await submit(request, Ending, lambda said: end_ground(actor, ground_id, said))
    if not form.ok:
        return await _ending_page(actor, ground_id, form)
    return redirect(f"/cases/{head.reference}/sharing", "It has ended. Nothing is shared for this reason any more.")


@get("/grounds/{ground_id:uuid}/telling")
async def show_telling(actor: NamedDependency[Actor], ground_id: FromPath[UUID]) -> Response[bytes]:
    """Whether the family knows."""
    return await _telling_page(actor, ground_id, Form())


async def _telling_page(actor: Actor, ground_id: UUID, form: Form[Any]) -> Response[bytes]:
    found = await ground_page(actor, ground_id)
    revisit = REVISIT_DAYS[found["it"]["basis"]]
    return page("grounds/telling.html", actor, status=form.status, form=form, words=WORDS, revisit=revisit, **found)


@post("/grounds/{ground_id:uuid}/telling", status_code=303)
async def send_telling(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], ground_id: FromPath[UUID]
) -> Response[Any]:
    """Write it down."""
    form = await submit(request, Telling, lambda said: tell_family(actor, ground_id, said))
    if not form.ok:
        return await _telling_page(actor, ground_id, form)
    told = "Whoever was told sees it on their own page now." if form.result["told_on"] else "You are reminded again."
    return redirect(f"/grounds/{ground_id}", told)


routes = [
    show_new, check_new, send_new, show_one, send_answer, show_ending, send_ending, show_telling, send_telling,
]  # fmt: skip
