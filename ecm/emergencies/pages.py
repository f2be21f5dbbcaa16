"""Pages of emergency access: opening a record, what is open, the review, who is on duty; and health alerts of a case."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ecm.accounts.current import page
from ecm.accounts.own_pages import place_of, slowed
from ecm.accounts.schemas import Nothing
from ecm.agencies.words import ROLE_LABELS
from ecm.cases.head import Head, show_head
from ecm.database import Actor
from ecm.emergencies.alerts import end_alert, list_alerts, write_alert
from ecm.emergencies.commands import end_emergency, even_time, open_emergency, prove, review_emergency
from ecm.emergencies.duty import begin_duty, duty_list, end_duty
from ecm.emergencies.queries import emergencies, may_open, show_emergency
from ecm.emergencies.rules import review_day
from ecm.emergencies.schemas import Judging, NewAlert, OnDuty, PageOpening
from ecm.emergencies.words import DONE, REASONS, VERDICTS
from ecm.errors import NotAllowed, Refused
from ecm.web.forms import Form, submit
from ecm.web.render import redirect

WORDS = {"roles": ROLE_LABELS, "reasons": REASONS, "verdicts": VERDICTS, "done": DONE}
OPENED = (
    "It is written down, and who must know has been told. If one pupil fits, their case is on your list until it ends."
)


@get("/emergencies")
async def list_all(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What is open, and what waits for a review."""
    found = await emergencies(actor)
    who = actor.standing
    if not found["may_open"] and not any(who and who.may(f"emergency:{each}") for each in ("review", "open_on_duty")):
        raise NotAllowed
    may = who.verbs if who else ()
    return page("emergencies/list.html", actor, words=WORDS, may=may, review_day=review_day, **found)


@get("/emergencies/open")
async def show_opening(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Whose record, and why."""
    return await _opening_page(actor, Form())


async def _opening_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    if not await may_open(actor):
        raise NotAllowed
    form.typed.pop("password", None)
    return page("emergencies/open.html", actor, status=form.status, form=form, words=WORDS)


@post("/emergencies/open", status_code=303)
async def send_opening(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Open it. The same page follows whether somebody was found or not."""

    async def open_it(asked: PageOpening) -> dict[str, Any]:
        with slowed("password"):
            await prove(actor, asked, place_of(request))
        return await open_emergency(actor, asked)

    async with even_time():
        form = await submit(request, PageOpening, open_it)
    return redirect("/emergencies", OPENED) if form.ok else await _opening_page(actor, form)


@get("/emergencies/{emergency_id:uuid}")
async def show_one(actor: NamedDependency[Actor], emergency_id: FromPath[UUID]) -> Response[bytes]:
    """One of them: why it was opened, what was done, and the review."""
    return await _one_page(actor, emergency_id, Form())


async def _one_page(actor: Actor, emergency_id: UUID, form: Form[Any]) -> Response[bytes]:
    it = await show_emergency(actor, emergency_id)
    by = review_day(it["review_by_at"])
    return page("emergencies/one.html", actor, status=form.status, form=form, it=it, review_by=by, words=WORDS)


@post("/emergencies/{emergency_id:uuid}/ending", status_code=303)
async def send_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], emergency_id: FromPath[UUID]
) -> Response[Any]:
    """End it now."""
    form = await submit(request, Nothing, lambda _: end_emergency(actor, emergency_id))
    if not form.ok:
        return await _one_page(actor, emergency_id, form)
    return redirect("/emergencies", "Your emergency access has ended. The case is closed to you from now on.")


@post("/emergencies/{emergency_id:uuid}/review", status_code=303)
async def send_review(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], emergency_id: FromPath[UUID]
) -> Response[Any]:
    """Say whether it was right."""
    form = await submit(request, Judging, lambda said: review_emergency(actor, emergency_id, said))
    if not form.ok:
        return await _one_page(actor, emergency_id, form)
    return redirect("/emergencies", "Your review is saved. Whoever opened the record can read it.")


@get("/emergencies/duty")
async def show_duty(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Who of the organisation is on safeguarding duty."""
    return await _duty_page(actor, Form())


async def _duty_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    people = await duty_list(actor)
    return page("emergencies/duty.html", actor, status=form.status, form=form, people=people, words=WORDS)


@post("/emergencies/duty", status_code=303)
async def send_duty(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Put somebody on the list."""
    form = await submit(request, OnDuty, lambda said: begin_duty(actor, said.membership_id))
    return redirect("/emergencies/duty", "They are on duty from now on.") if form.ok else await _duty_page(actor, form)


@post("/emergencies/duty/{duty_id:uuid}/ending", status_code=303)
async def send_duty_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], duty_id: FromPath[UUID]
) -> Response[Any]:
    """Take somebody off the list."""
    form = await submit(request, Nothing, lambda _: end_duty(actor, duty_id))
    return redirect("/emergencies/duty", "They are off duty.") if form.ok else await _duty_page(actor, form)


@get("/cases/{reference:str}/alerts")
async def show_alerts(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The health alerts of a case."""
    return await _alerts_page(actor, await show_head(actor, reference), Form())


async def _alerts_page(actor: Actor, head: Head, form: Form[Any]) -> Response[bytes]:
    alerts = await list_alerts(actor, head.id)
    may = actor.standing.verbs if actor.standing else ()
    return page(
        "emergencies/alerts.html", actor, status=form.status, form=form, head=head, alerts=alerts, may=may, words=WORDS
    )


@post("/cases/{reference:str}/alerts", status_code=303)
async def send_alert(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[Any]:
    """Write one."""
    head = await show_head(actor, reference)
    form = await submit(request, NewAlert, lambda new: write_alert(actor, head.id, new))
    if not form.ok:
        return await _alerts_page(actor, head, form)
    return redirect(f"/cases/{head.reference}/alerts", "The health alert is saved.")


@post("/health-alerts/{alert_id:uuid}/ending", status_code=303)
async def send_alert_ending(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], alert_id: FromPath[UUID]
) -> Response[Any]:
    """Say that one is over."""
    form = await submit(request, Nothing, lambda _: end_alert(actor, alert_id))
    if not form.ok:
        raise Refused(form.problems)
    return redirect(f"/cases/{form.result}/alerts", "The health alert is taken away.")


routes = [
    list_all, show_opening, send_opening, show_one, send_ending, send_review, show_duty, send_duty, send_duty_ending,
    show_alerts, send_alert, send_alert_ending,
]  # fmt: skip
