"""Opening a case in six steps. Every step is kept as it is left, for its writer, on whatever device."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, CATEGORY_READERS, HOW_LABELS, KIND_LABELS, LEVEL_LABELS, REASON_LABELS
from ecm.cases.schemas import CaseSearch
from ecm.consent.rules import LINK_LIFETIME
from ecm.database import Actor
from ecm.errors import NotAllowed, NotFound
from ecm.involvements.rules import OFFERED
from ecm.opening.commands import open_drafted
from ecm.opening.drafts import Draft, save_step, show_draft, throw_away
from ecm.opening.queries import check_carer, check_helpers, family_problems, first_page, show_opened, show_step
from ecm.opening.rules import DRAFT_DAYS, STEP_LABELS, STEPS
from ecm.opening.schemas import SENT_AS, CheckPage, Confirmed, said_on
from ecm.pupils.queries import MOST_FOUND
from ecm.pupils.records import add_pupil
from ecm.pupils.schemas import NewPupil
from ecm.pupils.words import PROVISION_LABELS, YEAR_LABELS
from ecm.web.forms import Form, filled, read_form, submit
from ecm.web.render import redirect

WORDS = {
    "categories": CATEGORY_LABELS,
    "readers": CATEGORY_READERS,
    "levels": LEVEL_LABELS,
    "how": HOW_LABELS,
    "kinds": KIND_LABELS,
    "reasons": REASON_LABELS,
    "steps": STEP_LABELS,
    "provisions": PROVISION_LABELS,
    "years": YEAR_LABELS,
}
OPEN_ALREADY = "Your school has an open case for this pupil already. Here it is."


@get("/cases/new")
async def start(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Step 1: carry on with a draft, or find the pupil."""
    return await _start_page(actor, Form())


@post("/cases/new", status_code=200)
async def send_start(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Whom the words may mean; the case that exists already is offered."""
    return await _start_page(actor, await read_form(request, CaseSearch))


async def _start_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    q = form.text("q").strip()
    drafts, pupils = await first_page(actor, q if form.ok else "")
    return page(
        "opening/start.html", actor, status=form.status, form=form, q=q, drafts=drafts, pupils=pupils, most=MOST_FOUND, days=DRAFT_DAYS,
        words=WORDS,
    )  # fmt: skip


@get("/cases/new/pupil")
async def new_pupil(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Add a pupil who is not on the list."""
    await first_page(actor, "")
    _need(actor, "pupil:keep")
    return _pupil_page(actor, filled(sen_provision="N"))


def _pupil_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    return page("opening/pupil.html", actor, status=form.status, form=form, words=WORDS)


@post("/cases/new/pupil", status_code=303)
async def send_new_pupil(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Put the pupil on the roll, and go on."""
    form = await submit(request, NewPupil, lambda new: add_pupil(actor, new))
    if not form.ok:
        await first_page(actor, "")
        return _pupil_page(actor, form)
    return redirect(
        f"/cases/new/{form.result['id']}", "The pupil is on your school’s roll now. Next: why a case, and why now."
    )


@get("/cases/new/{pupil_id:uuid}", status_code=303)
async def carry_on(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[Any]:
    """Go to the first step that is not finished."""
    draft = await show_draft(actor, pupil_id)
    return _to_open_case(draft) or redirect(f"/cases/new/{pupil_id}/{draft.next_step}")


def _to_open_case(draft: Draft) -> Response[Any] | None:
    return redirect(f"/cases/{draft.reference}", OPEN_ALREADY) if draft.reference else None


@get("/cases/new/{pupil_id:uuid}/{step:str}")
async def get_step(
    actor: NamedDependency[Actor], pupil_id: FromPath[UUID], step: FromPath[str], q: FromQuery[str] = ""
) -> Response[Any]:
    """Steps 2 to 5."""
    await _known_step(actor, pupil_id, step)
    return await _step_page(actor, pupil_id, step, None, q[:100])


async def _known_step(actor: Actor, pupil_id: UUID, step: str) -> None:
    """Raises: NotFound for an address that is no step, once it is known who asks; NotAllowed."""
    if step not in STEPS:
        await show_draft(actor, pupil_id)
        raise NotFound


async def _step_page(actor: Actor, pupil_id: UUID, step: str, form: Form[Any] | None, q: str = "") -> Response[Any]:
    draft, facts = await show_step(actor, pupil_id, step, q)
    if already := _to_open_case(draft):
        return already
    shown = form if form is not None else _kept(draft, step)
    if form is None:
        shown.typed["version"] = [str(draft.version_of(step))]
    return page(
        f"opening/{step}.html", actor, status=shown.status, form=shown, draft=draft, step=step, **facts,
        offered=OFFERED, words=WORDS,
    )  # fmt: skip


def _kept(draft: Draft, step: str) -> Form[Any]:
    """What the step holds, in its boxes."""
    return Form(dict(_boxes(draft.said(step))))


def _boxes(said: Mapping[str, Any], prefix: str = "") -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for name, value in said.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for place, each in enumerate(value):
                found += _boxes(each, f"{prefix}{name}.{place}.")
        elif name.endswith("_on") and value:
            parts = dict(zip(("year", "month", "day"), value.split("-"), strict=True))
            found += [(f"{prefix}{name}-{part}", [number.lstrip("0")]) for part, number in parts.items()]
        elif isinstance(value, list):
            found.append((f"{prefix}{name}", value))
        elif value not in (None, "", False):
            found.append((f"{prefix}{name}", ["true" if value is True else str(value)]))
    return found


@post("/cases/new/{pupil_id:uuid}/{step:str}", status_code=303)
async def send_step(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID], step: FromPath[str]
) -> Response[Any]:
    """Keep the step; then go on, stay, or come back later."""
    await _known_step(actor, pupil_id, step)
    form = await submit(request, SENT_AS[step], lambda sent: _save(actor, pupil_id, step, sent))
    if form.text("then") == "keep":
        return _told(form, step)
    if form.stale is not None and "reference" in form.stale:
        return redirect(f"/cases/{form.stale['reference']}", OPEN_ALREADY)
    if not form.ok:
        return await _step_page(actor, pupil_id, step, form)
    return await _after(actor, pupil_id, step, form)


async def _save(actor: Actor, pupil_id: UUID, step: str, sent: Any) -> Draft:
    """Keep what was said, with what a button on the page added or took away."""
    said = said_on(step, sent)
    if step in ("barriers", "helpers"):
        said = {step: _changed(step, said[step], sent)}
    if step == "helpers":
        await check_helpers(actor, said["helpers"])
    if step == "family":
        await check_carer(actor, pupil_id, said["carer_id"])
    return await save_step(actor, pupil_id, step, sent.version, said)


def _changed(step: str, rows: list[dict[str, Any]], sent: Any) -> list[dict[str, Any]]:
    if sent.drop is not None:
        return [each for place, each in enumerate(rows) if place != sent.drop]
    if sent.add is None:
        return rows
    name, value = ("code", sent.add) if step == "barriers" else ("agency_id", str(sent.add))
    if any(each[name] == value for each in rows):
        return rows
    empty = {"how_identified": None, "detail": "", "strategies": []} if step == "barriers" else NO_HELP
    return [*rows, {name: value, **empty}]


NO_HELP: dict[str, Any] = {"reason_code": None, "categories": [], "message": ""}


def _told(form: Form[Any], step: str) -> Response[Any]:
    """What a page's script hears when it keeps what was typed."""
    if form.ok:
        version = form.result.version if step == "check" else form.result.version_of(step)
        return Response({"version": version}, status_code=200)
    return Response({"problem": next(iter(form.problems.values()))}, status_code=form.status)


async def _after(actor: Actor, pupil_id: UUID, step: str, form: Form[Draft]) -> Response[Any]:
    here, draft = f"/cases/new/{pupil_id}/{step}", form.result
    if form.text("add") or form.text("drop"):
        last = len(draft.said(step)[step]) - 1
        return redirect(f"{here}#{step}-{last}" if form.text("add") else here)
    if form.text("find"):
        return redirect(f"{here}?{urlencode({'q': form.text('q')})}#find")
    if form.text("then") == "later":
        return redirect("/cases/new", f"Your draft is kept for {DRAFT_DAYS} days. Only you can see it.")
    if problems := draft.gaps(step) or (await family_problems(actor, pupil_id) if step == "family" else {}):
        form.problems = problems
        form.typed["version"] = [str(draft.version_of(step))]
        return await _step_page(actor, pupil_id, step, form)
    following = [*STEPS, "check"]
    return redirect(f"/cases/new/{pupil_id}/{following[following.index(step) + 1]}")


@get("/cases/new/{pupil_id:uuid}/check")
async def get_check(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[Any]:
    """Step 6: everything on one page, with a way back to each step."""
    return await _check_page(actor, pupil_id, None)


async def _check_page(actor: Actor, pupil_id: UUID, form: Form[Any] | None) -> Response[Any]:
    draft, facts = await show_step(actor, pupil_id, "check")
    if already := _to_open_case(draft):
        return already
    shown = form if form is not None and not _only_steps(form) else Form(dict(_boxes({"tries": facts["tries"]})))
    if form is not None and shown is not form:
        shown.problems, shown.stale = form.problems, form.stale
    shown.typed["version"] = [str(draft.version)]
    return page(
        "opening/check.html", actor, status=shown.status, form=shown, draft=draft, step="check", **facts, words=WORDS
    )


def _only_steps(form: Form[Any]) -> bool:
    """What is wrong is wrong at another step, so the boxes here were kept."""
    return form.stale is None and form.problems.keys() <= {*STEPS}


@post("/cases/new/{pupil_id:uuid}/check", status_code=303)
async def send_check(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Open the case."""
    draft = await show_draft(actor, pupil_id)
    if draft.reference:
        return redirect(f"/cases/{draft.reference}", OPEN_ALREADY)
    form = await submit(request, CheckPage, lambda sent: _open(actor, pupil_id, sent))
    if form.text("then") == "keep":
        return _told(form, "check")
    if not form.ok:
        return await _check_page(actor, pupil_id, form)
    if form.text("then") == "later":
        return redirect("/cases/new", f"Your draft is kept for {DRAFT_DAYS} days. Only you can see it.")
    return redirect(f"/cases/{form.result['reference']}/opened")


async def _open(actor: Actor, pupil_id: UUID, sent: CheckPage) -> Any:
    draft = await show_draft(actor, pupil_id)
    if draft.version == sent.version and draft.version:
        draft = await save_step(actor, pupil_id, "tries", draft.version_of("tries"), said_on("tries", sent))
        sent = sent.model_copy(update={"version": draft.version})
    return await open_drafted(actor, pupil_id, sent.version) if sent.then == "open" else draft


@get("/cases/{reference:str}/opened")
async def get_opened(actor: NamedDependency[Actor], reference: FromPath[str]) -> Response[bytes]:
    """The case is open: its reference, who has been told what, what happens next and by when."""
    case, asked = await show_opened(actor, reference)
    until = case["opened_at"] + LINK_LIFETIME
    return page("opening/opened.html", actor, case=case, asked=asked, until=until)


@get("/cases/new/{pupil_id:uuid}/throw-away")
async def ask_away(actor: NamedDependency[Actor], pupil_id: FromPath[UUID]) -> Response[bytes]:
    """Check before a draft is thrown away."""
    return page("opening/throw_away.html", actor, draft=await _kept_draft(actor, pupil_id))


async def _kept_draft(actor: Actor, pupil_id: UUID) -> Draft:
    """A draft that has something in it. Raises: NotFound."""
    draft = await show_draft(actor, pupil_id)
    if not draft.version:
        raise NotFound
    return draft


@post("/cases/new/{pupil_id:uuid}/throw-away", status_code=303)
async def send_away(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], pupil_id: FromPath[UUID]
) -> Response[Any]:
    """Throw the draft away."""
    draft = await _kept_draft(actor, pupil_id)
    form = await submit(request, Confirmed, lambda _: throw_away(actor, pupil_id))
    if not form.ok:
        return page("opening/throw_away.html", actor, status=form.status, form=form, draft=draft)
    return redirect("/cases/new", "The draft is thrown away. Nobody else has seen it.")


def _need(actor: Actor, verb: str) -> None:
    if actor.standing is None or not actor.standing.may(verb):
        raise NotAllowed


routes = [
    start, send_start, new_pupil, send_new_pupil, carry_on, get_step, send_step, get_check, send_check, get_opened, ask_away,
    send_away,
]  # fmt: skip
