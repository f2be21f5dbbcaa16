"""What an auditor takes away: a list, the figures, the log itself; and what a check of it showed."""

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Stream

from ecm.accounts.current import page
from ecm.agencies.words import ROLE_LABELS
from ecm.clock import today
from ecm.database import Actor
from ecm.oversight.bundle import begin_bundle, bundle_chunks, note_check, public_key, show_bundle
from ecm.oversight.charts import WIDE, bar_chart
from ecm.oversight.figures import Figures, sheet_of, show_figures
from ecm.oversight.pages import events_page
from ecm.oversight.queries import take_events, wanted_of
from ecm.oversight.rules import months_until
from ecm.oversight.schemas import BundleAsked, Checked, FiguresAsked, Nothing, Search
from ecm.oversight.words import KINDS, SORTS, VERDICTS, WHAT_COUNTS, why
from ecm.web.addresses import address, asked_for
from ecm.web.dates import MONTHS
from ecm.web.forms import Form, submit
from ecm.web.render import redirect
from ecm.web.sheet import MOST_ROWS, Cell, sheet, sheet_answer

HEADS = ("When", "Event", "Outcome", "Person", "Role", "Organisation", "Part of the program", "What for", "Why they could",
         "Case", "About", "Pupils", "Their ids", "More", "Place in the log", "Event id", "Person id")  # fmt: skip
MOST_IDS = 100
CHARTED = ("views", "changes", "exports", "denied")
YEARS = 5


@post("/oversight/export", status_code=200)
async def send_events(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The list of events as a file, with the filters of the address."""
    filters, asked = asked_for(request, Search)
    form = await submit(request, Nothing, lambda _: take_events(actor, wanted_of(asked, today())))
    if not form.ok:
        return await events_page(actor, filters, asked, form)
    rows = form.result
    return sheet_answer(sheet(HEADS, map(_row, rows[:MOST_ROWS]), cut=len(rows) > MOST_ROWS), "events", today())


def _row(each: dict[str, Any]) -> list[Cell]:
    ids, who, agency = each["pupil_ids"], each["actor"], each["agency"] or {}
    more = "; ".join(f"{name} {value}" for name, value in each["detail"].items())
    return [
        each["at"], each["event"], each["outcome"], who["name"], ROLE_LABELS.get(who["role"], who["role"]), agency.get("name"),
        each["service"], each["purpose"], why(each["basis"]), each["case_id"], each["subject_id"], len(ids) or None,
        " ".join(ids[:MOST_IDS]) + (" and more" if len(ids) > MOST_IDS else ""), more, each["position"], str(each["id"]),
        who["id"] if agency else None,
    ]  # fmt: skip


@get("/oversight/figures")
async def show_figures_page(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Twelve months in charts, with the tables beside them."""
    filters, asked = asked_for(request, FiguresAsked)
    return await _figures_page(actor, filters, asked, filters)


async def _figures_page(actor: Actor, filters: Form[Any], asked: FiguresAsked, form: Form[Any]) -> Response[bytes]:
    found = await show_figures(actor, _last(asked))
    newest = [date(today().year - year, month, 1) for year in range(YEARS) for month in range(12, 0, -1)]
    choices = [(f"{each:%Y-%m}", _month(each)) for each in newest if each <= today()]
    return page(
        "oversight/figures.html", actor, status=form.status, form=form, filters=filters, found=found, charts=_charts(found),
        sorts=SORTS, kinds=KINDS, month=_month, choices=choices, counts=WHAT_COUNTS, query=address("", filters.typed),
    )  # fmt: skip


def _last(asked: FiguresAsked) -> date | None:
    return date.fromisoformat(f"{asked.month}-01") if asked.month else None


def _month(month: date) -> str:
    return f"{MONTHS[month.month - 1]} {month.year}"


def _charts(found: Figures) -> dict[str, list[tuple[str, Any]]]:
    """Each sort month by month, and each by kind of organisation."""
    span = f"{_month(found.months[0])} to {_month(found.months[-1])}"
    months: list[tuple[str, Any]] = []
    kinds: list[tuple[str, Any]] = []
    for sort in CHARTED:
        name = SORTS[sort]
        by_month = [(f"{MONTHS[each.month - 1][:3]} {each:%y}", found.month(each, sort)) for each in found.months]
        by_kind = [(KINDS[each], found.kind(each, sort)) for each in found.kinds]
        months.append((name, bar_chart(f"months-{sort}", f"{name}, month by month, {span}", by_month)))
        kinds.append((name, bar_chart(f"kinds-{sort}", f"{name}, by kind of organisation, {span}", by_kind, WIDE)))
    return {"months": months, "kinds": kinds}


@post("/oversight/figures/export", status_code=200)
async def send_figures(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The figures as a file."""
    filters, asked = asked_for(request, FiguresAsked)
    form = await submit(request, Nothing, lambda _: show_figures(actor, _last(asked), taken=True))
    if not form.ok:
        return await _figures_page(actor, filters, asked, form)
    heads, rows = sheet_of(form.result)
    return sheet_answer(sheet(heads, rows), "figures", months_until(_last(asked) or today())[-1])


@get("/oversight/bundle")
async def show_bundle_page(actor: NamedDependency[Actor]) -> Response[bytes]:
    """The key and the checkpoint to keep, how to check the log, and the log itself to take."""
    return await _bundle_page(actor, Form())


async def _bundle_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    return page(
        "oversight/bundle.html", actor, status=form.status, form=form, state=await show_bundle(actor), key=public_key(),
        verdicts=VERDICTS,
    )  # fmt: skip


@post("/oversight/bundle", status_code=200)
async def send_bundle(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """The log as a file, sent while it is read."""
    form = await submit(request, BundleAsked, lambda said: begin_bundle(actor, said))
    if not form.ok:
        return await _bundle_page(actor, form)
    kept = {"Content-Disposition": f'attachment; filename="ecm-log-{form.result.size}.zip"'}
    return Stream(bundle_chunks(form.result), media_type="application/zip", headers=kept)


@post("/oversight/checks", status_code=303)
async def send_check(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """How a check from outside ended."""
    form = await submit(request, Checked, lambda said: note_check(actor, said))
    if not form.ok:
        return await _bundle_page(actor, form)
    return redirect(
        "/oversight", "Your check is in the log, and the first line of this page tells every auditor of it."
    )


routes = [send_events, show_figures_page, send_figures, show_bundle_page, send_bundle, send_check]
