"""Pages on which a school corrects what is written of a pupil and of the people who care for them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.rules import blocks_online_consent
from ecm.database import Actor
from ecm.errors import NotAllowed
from ecm.pupils.queries import show_card, show_pupil
from ecm.pupils.records import add_carer, change_carer, change_pupil, verify_phone
from ecm.pupils.schemas import CarerPage, NewCarer, PhoneChecked, PupilChange, PupilPage, RollFilter
from ecm.pupils.words import FORMAT_LABELS, LANGUAGE_LABELS, PROVISION_LABELS, YEAR_LABELS
from ecm.web.addresses import address, came_from, passed_on
from ecm.web.forms import Form, filled, submit
from ecm.web.render import redirect

WORDS = {
    "languages": LANGUAGE_LABELS,
    "formats": FORMAT_LABELS,
    "provisions": PROVISION_LABELS,
    "years": YEAR_LABELS,
}


@get("/pupils/{pupil_id:uuid}/edit")
async def edit_pupil(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[bytes]:
    """The pupil's details, to be corrected."""
    return await _pupil_page(request, actor, pupil_id, None)


async def _pupil_page(
    request: Request[Any, Any, Any], actor: Actor, pupil_id: UUID, form: Form[Any] | None
) -> Response[bytes]:
    pupil = await _kept(actor, pupil_id)
    asked = ("version", "first_name", "last_name", "preferred_name", "pronouns", "date_of_birth", "upn", "year_group",
             "class_name", "sen_provision")  # fmt: skip
    shown = form or filled(**{name: pupil[name] for name in asked})
    back = _roll(request) or _back(pupil, "check")
    query = passed_on(came_from(request, RollFilter)) or ("?list=all" if _roll(request) else "")
    return page(
        "pupils/edit.html", actor, status=shown.status, form=shown, pupil=pupil, back=back, query=query, words=WORDS,
        may=actor.standing.verbs if actor.standing else frozenset(),
    )  # fmt: skip


def _roll(request: Request[Any, Any, Any]) -> str | None:
    """The list of the school's pupils as it was when somebody came from there; None when they did not."""
    return address("/pupils", came_from(request, RollFilter)) if "list" in request.query_params else None


async def _kept(actor: Actor, pupil_id: UUID) -> dict[str, Any]:
    """Raises: NotFound, NotAllowed."""
    pupil = await show_pupil(actor, pupil_id)
    who = actor.standing
    here = who is not None and pupil["school"] is not None and pupil["school"]["id"] == who.agency_id
    if who is None or not here or not who.may("pupil:keep"):
        raise NotAllowed
    return pupil


def _back(pupil: dict[str, Any], step: str) -> str:
    """To the case that is open, or to the step of opening one from which this page is reached."""
    return f"/cases/{pupil['open_case']}/carers" if pupil["open_case"] else f"/cases/new/{pupil['id']}/{step}"


@post("/pupils/{pupil_id:uuid}/edit", status_code=303)
async def send_pupil(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Correct the details."""
    form = await submit(
        request, PupilPage, lambda said: change_pupil(actor, pupil_id, PupilChange(**said.model_dump()))
    )
    if not form.ok:
        return await _pupil_page(request, actor, pupil_id, form)
    return redirect(
        _roll(request) or _back(form.result, "check"),
        "The details are corrected. Everybody who may see them sees the new ones now.",
    )


@get("/pupils/{pupil_id:uuid}/carers/add")
async def new_carer(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """Who cares for this pupil."""
    return await _new_carer_page(actor, pupil_id, filled(language="en", format="standard"))


async def _new_carer_page(actor: Actor, pupil_id: UUID, form: Form[Any]) -> Response[bytes]:
    pupil = await _kept(actor, pupil_id)
    return page(
        "pupils/carer_add.html",
        actor,
        status=form.status,
        form=form,
        pupil=pupil,
        back=_back(pupil, "family"),
        words=WORDS,
    )


@post("/pupils/{pupil_id:uuid}/carers/add", status_code=303)
async def send_new_carer(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Write the carer down."""
    form = await submit(request, NewCarer, lambda said: add_carer(actor, pupil_id, said))
    if not form.ok:
        return await _new_carer_page(actor, pupil_id, form)
    return redirect(
        f"/carers/{form.result['id']}/edit",
        "The parent or carer is recorded. They see nothing yet: first you record what authority you have seen.",
    )


@get("/carers/{carer_id:uuid}/edit")
async def edit_carer(actor: NamedDependency[Actor], carer_id: FromPath[UUID]) -> Response[bytes]:
    """A carer's details, to be corrected, and whether the number was checked."""
    return await _carer_page(actor, carer_id, None)


async def _carer_page(
    actor: Actor, carer_id: UUID, form: Form[Any] | None, problems: dict[str, str] | None = None
) -> Response[bytes]:
    card, pupil = await show_card(actor, carer_id)
    asked = ("version", "name", "email", "relationship", "language", "format")
    ticks = {name: "true" if card[name] else None for name in ("has_parental_responsibility", "needs_interpreter")}
    shown = form or filled(**{name: card[name] for name in asked}, **ticks, mobile=card["phone"])
    shown.problems |= problems or {}
    return page(
        "pupils/carer.html", actor, status=shown.status, form=shown, card=card, pupil=pupil, back=_back(pupil, "family"),
        blocked=blocks_online_consent(card["phone_changed_at"], card["at"]), words=WORDS,
    )  # fmt: skip


@post("/carers/{carer_id:uuid}/edit", status_code=303)
async def send_carer(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], carer_id: FromPath[UUID]
) -> Response[Any]:
    """Correct the carer."""
    form = await submit(request, CarerPage, lambda said: change_carer(actor, carer_id, said))
    if not form.ok:
        return await _carer_page(actor, carer_id, form)
    return redirect(f"/carers/{carer_id}/edit", "The details are corrected and used from now on.")


@post("/carers/{carer_id:uuid}/phone", status_code=303)
async def send_phone(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], carer_id: FromPath[UUID]
) -> Response[Any]:
    """The number was checked in person."""
    form = await submit(request, PhoneChecked, lambda said: verify_phone(actor, carer_id, said))
    if not form.ok:
        return await _carer_page(actor, carer_id, None, form.problems)
    return redirect(f"/carers/{carer_id}/edit", "It is recorded that the number was checked in person.")


routes = [
    edit_pupil, send_pupil, new_carer, send_new_carer, edit_carer, send_carer, send_phone,
]  # fmt: skip
