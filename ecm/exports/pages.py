"""Taking a school's own record away: what is about to leave is said first, and what it is for is asked."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from ecm.accounts.current import page
from ecm.clock import today
from ecm.database import Actor
from ecm.exports.files import file_answer
from ecm.exports.pupils import PARTS, count_pupils, take_pupils
from ecm.exports.schemas import PupilExport, SchoolExport
from ecm.exports.school import take_school
from ecm.exports.sheets import SHEETS
from ecm.exports.words import PURPOSE_LABELS
from ecm.pupils.schemas import RollFilter
from ecm.web.addresses import address, asked_for
from ecm.web.forms import Form, filled, submit

FIRST_TICKED = ["names", "numbers", "born", "class", "sen"]


@get("/pupils/export")
async def choose_pupils(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Which pupils are about to be taken away, and what of them."""
    return await _pupils_page(request, actor, filled(parts=FIRST_TICKED))


async def _pupils_page(request: Request[Any, Any, Any], actor: Actor, form: Form[Any]) -> Response[bytes]:
    asked, wanted = asked_for(request, RollFilter)
    many = await count_pupils(actor, wanted)
    return page(
        "exports/pupils.html", actor, status=form.status, form=form, many=many, narrowed=wanted.narrows,
        parts=[(name, label) for name, (label, _) in PARTS.items() if name != "names"], purposes=PURPOSE_LABELS,
        back=address("/pupils", asked.typed), send_to=address("/pupils/export", asked.typed),
    )  # fmt: skip


@post("/pupils/export", status_code=200)
async def send_pupils(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The list as a file."""
    _, wanted = asked_for(request, RollFilter)
    form = await submit(request, PupilExport, lambda said: take_pupils(actor, wanted, said))
    if not form.ok:
        return await _pupils_page(request, actor, form)
    return file_answer(form.result, "pupils", "csv", today())


@get("/exports/school")
async def choose_school(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What everything is."""
    return await _school_page(actor, filled())


async def _school_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    many = await count_pupils(actor, RollFilter())
    return page(
        "exports/school.html", actor, status=form.status, form=form, many=many, sheets=SHEETS, purposes=PURPOSE_LABELS
    )


@post("/exports/school", status_code=200)
async def send_school(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Everything as a file."""
    form = await submit(request, SchoolExport, lambda said: take_school(actor, said))
    if not form.ok:
        return await _school_page(actor, form)
    return file_answer(form.result, "ecm-school", "zip", today())


routes = [choose_pupils, send_pupils, choose_school, send_school]
