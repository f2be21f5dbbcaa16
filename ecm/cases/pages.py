"""Pages of a case."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.accounts.current import page
from ecm.agencies.words import (
    BASIS_LABELS,
    CATEGORY_LABELS,
    CATEGORY_READERS,
    HOW_LABELS,
    LEVEL_LABELS,
    REASON_LABELS,
    ROLE_LABELS,
)
from ecm.barriers.catalogue import catalogue
from ecm.cases.commands import add_barrier, admit_carer, open_case, write_note
from ecm.cases.queries import carers_of, show_case, worklist
from ecm.cases.rules import writable
from ecm.cases.schemas import Admission, NewBarrier, NewCase, NewNote
from ecm.database import Actor
from ecm.errors import NotAllowed, NotFound
from ecm.paging import Page
from ecm.pupils.commands import bar_contact, lift_contact_bar
from ecm.pupils.queries import find_nobody, find_pupils, show_pupil
from ecm.pupils.schemas import NewContactBar
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "roles": ROLE_LABELS,
    "reasons": REASON_LABELS,
    "levels": LEVEL_LABELS,
    "how": HOW_LABELS,
    "bases": BASIS_LABELS,
}
BARRIER_ROWS = 4


@get("/cases")
async def list_cases(
    actor: NamedDependency[Actor], page_wanted: NamedDependency[Page], status: FromQuery[str | None] = None
) -> Response[bytes]:
    """The reader's cases, newest activity first."""
    wanted = status if status in ("open", "closed", "voided") else None
    cases = await worklist(actor, page_wanted, wanted)
    query = {"cursor": cases["next"]} | ({"status": wanted} if wanted else {})
    more = f"/cases?{urlencode(query)}" if cases["next"] else ""
    return page(
        "cases/list.html", actor, cases=cases["items"], more=more, may_open=_may(actor, "case:open"), words=WORDS
    )


@get("/cases/new")
async def find_for_case(actor: NamedDependency[Actor], q: FromQuery[str] = "") -> Response[bytes]:
    """Find the pupil first; the case that exists already is offered."""
    pupils = await find_pupils(actor, q[:100]) if q.strip() else await find_nobody(actor)
    _need(actor, "case:open")
    return page("cases/find.html", actor, q=q, pupils=pupils)


@get("/cases/new/{pupil_id:uuid}")
async def new_case(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """What is happening, what goes well, the barriers."""
    return await _new_case_page(actor, pupil_id, Form())


async def _new_case_page(actor: Actor, pupil_id: UUID, form: Form[Any]) -> Response[bytes]:
    pupil = await show_pupil(actor, pupil_id)
    _need(actor, "case:open")
    return page(
        "cases/new.html",
        actor,
        status=form.status,
        form=form,
        pupil=pupil,
        catalogue=[each for each in catalogue() if _may(actor, f"write:{each.default_category}")],
        rows=range(BARRIER_ROWS),
        words=WORDS,
    )


@post("/cases/new/{pupil_id:uuid}", status_code=303)
async def send_new_case(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Open the case."""
    form = await submit(request, NewCase, lambda new: open_case(actor, new.model_copy(update={"pupil_id": pupil_id})))
    if not form.ok:
        return await _new_case_page(actor, pupil_id, form)
    reference = form.result["reference"]
    return redirect(
        f"/cases/{reference}", f"Case {reference} is open. Next: invite who could help, then ask the family."
    )


@get("/cases/{reference:str}")
async def get_case(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The case on one page, as far as the reader may see it."""
    return await _case_page(actor, reference, Form())


async def _case_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    case = await show_case(actor, reference)
    keeps = any(each["basis"] == "opened_by" for each in case["sharing"]) and _may(actor, "case:change")
    return page(
        "cases/case.html",
        actor,
        status=form.status,
        form=form,
        case=case,
        seen=_seen(case),
        keeps=keeps,
        may=actor.standing.verbs if actor.standing else (),
        words=WORDS,
        **_kinds(actor, case),
    )


def _seen(case: dict[str, Any]) -> set[str]:
    return {each["category"] for each in case["sharing"] if each["basis"] != "own_record"}


def _kinds(actor: Actor, case: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The kinds of information to choose from when writing, and who reads each."""
    found = writable(lambda verb: _may(actor, verb), _seen(case))
    return {
        "kinds": [(each, CATEGORY_LABELS[each]) for each in found],
        "read_by": [(CATEGORY_LABELS[each], CATEGORY_READERS[each]) for each in found],
    }


@post("/cases/{reference:str}/notes", status_code=303)
async def send_note(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Write a note."""
    case = await show_case(actor, reference)
    form = await submit(request, NewNote, lambda new: write_note(actor, case["id"], new))
    if not form.ok:
        return await _case_page(actor, reference, form)
    return redirect(f"/cases/{case['reference']}#notes", "Your note is saved.")


@get("/cases/{reference:str}/barriers/add")
async def new_barrier(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Choose a barrier from the catalogue."""
    return await _barrier_page(actor, reference, Form())


async def _barrier_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    case = await show_case(actor, reference)
    _need(actor, "barrier:add")
    return page(
        "cases/barrier.html",
        actor,
        status=form.status,
        form=form,
        case=case,
        catalogue=catalogue(),
        words=WORDS,
        **_kinds(actor, case),
    )


@post("/cases/{reference:str}/barriers/add", status_code=303)
async def send_barrier(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Add the barrier."""
    case = await show_case(actor, reference)
    form = await submit(request, NewBarrier, lambda new: add_barrier(actor, case["id"], new))
    if not form.ok:
        return await _barrier_page(actor, reference, form)
    return redirect(f"/cases/{case['reference']}#barriers", "The barrier is added.")


@get("/cases/{reference:str}/carers")
async def list_carers(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """Parents and carers, and who of them can see the case."""
    return await _carers_page(actor, reference, Form())


async def _carers_page(actor: Actor, reference: str, form: Form[Any]) -> Response[bytes]:
    case = await show_case(actor, reference)
    _need(actor, "carer:admit")
    carers = await carers_of(actor, case["id"])
    return page("cases/carers.html", actor, status=form.status, form=form, case=case, carers=carers)


@post("/cases/{reference:str}/carers", status_code=303)
async def send_carer(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Let a carer see the case."""
    case = await show_case(actor, reference)
    form = await submit(request, Admission, lambda admission: admit_carer(actor, case["id"], admission))
    if not form.ok:
        return await _carers_page(actor, reference, form)
    return redirect(f"/cases/{case['reference']}/carers", "The parent or carer can see the case now.")


@get("/cases/{reference:str}/carers/{carer_id:uuid}/bar")
async def new_bar(actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]) -> Response[bytes]:
    """What a contact bar does, before it is set."""
    return await _bar_page(actor, reference, carer_id, Form())


async def _bar_page(actor: Actor, reference: str, carer_id: UUID, form: Form[Any]) -> Response[bytes]:
    case = await show_case(actor, reference)
    carer = await _carer(actor, case["id"], carer_id)
    return page("cases/bar.html", actor, status=form.status, form=form, case=case, carer=carer)


async def _carer(actor: Actor, case_id: UUID, carer_id: UUID) -> dict[str, Any]:
    """Raises: NotFound, NotAllowed."""
    _need(actor, "contact:bar")
    for each in await carers_of(actor, case_id):
        if each["id"] == carer_id:
            return each
    raise NotFound


@post("/cases/{reference:str}/carers/{carer_id:uuid}/bar", status_code=303)
async def send_bar(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str], carer_id: FromPath[UUID]
) -> Response[Any]:
    """Set a contact bar."""
    case = await show_case(actor, reference)
    await _carer(actor, case["id"], carer_id)
    form = await submit(
        request,
        NewContactBar,
        lambda new: bar_contact(actor, case["pupil"]["id"], new.model_copy(update={"carer_id": carer_id})),
    )
    if not form.ok:
        return await _bar_page(actor, reference, carer_id, form)
    return redirect(f"/cases/{case['reference']}/carers", "The contact bar is in force.")


@post("/cases/{reference:str}/carers/bars/{bar_id:uuid}/lifting", status_code=303)
async def send_lifting(
    actor: NamedDependency[Actor], reference: FromPath[str], bar_id: FromPath[UUID]
) -> Response[Any]:
    """End a contact bar."""
    case = await show_case(actor, reference)
    await lift_contact_bar(actor, case["pupil"]["id"], bar_id)
    return redirect(f"/cases/{case['reference']}/carers", "The contact bar has ended.")


def _need(actor: Actor, verb: str) -> None:
    """No form for what somebody may not do. Raises: NotAllowed."""
    if not _may(actor, verb):
        raise NotAllowed


def _may(actor: Actor, verb: str) -> bool:
    return actor.standing is not None and actor.standing.may(verb)


routes = [
    list_cases, find_for_case, new_case, send_new_case, get_case, send_note, new_barrier, send_barrier, list_carers, send_carer,
    new_bar, send_bar, send_lifting,
]  # fmt: skip
