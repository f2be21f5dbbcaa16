"""Templates into pages: one Jinja environment, its filters, and the responses that carry a page or send one on."""

from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER
from markupsafe import Markup

from ecm import clock
from ecm.config import settings
from ecm.web import assets, dates, visit
from ecm.web.viewer import Viewer

TEMPLATES = Path(__file__).parents[2] / "templates"
NOTICE_SECONDS = 60
ELSEWHERE = "https://www.bbc.co.uk/weather"  # where somebody is who must leave a family page at once


def render(template: str, viewer: Viewer | None, /, *, status: int = HTTP_200_OK, **context: Any) -> Response[bytes]:
    """A page for this viewer (None: nobody is signed in). Every name a template uses must be given."""
    body = environment().get_template(template).render(viewer=viewer, **context)
    page = Response(body.encode(), media_type=MediaType.HTML, status_code=status)
    if visit.current().notice_shown:
        page.set_cookie(_notice_cookie("", lasting=0))
    return page


def redirect(location: str, notice: str = "") -> Redirect:
    """Send the browser on after a change.

    The next page shows `notice` once: what happened and what happens next, without naming a pupil.
    """
    response = Redirect(location, status_code=HTTP_303_SEE_OTHER)
    if notice:
        response.set_cookie(_notice_cookie(visit.sealed_notice(notice), lasting=NOTICE_SECONDS))
    return response


def keep_list(page: Response[bytes], address: str) -> Response[bytes]:
    """The page of a list of cases, to which the way back from a case will lead while the browser is open."""
    if address != visit.current().cases:
        kept = visit.kept_list(address)
        page.set_cookie(Cookie(visit.LIST_COOKIE, value=kept, secure=True, httponly=True, samesite="lax"))
    return page


def local_path(text: str | None) -> str:
    """`text` when it is a path within this site, else '/': where to go after signing in."""
    safe = text and text.isascii() and text.isprintable() and text.startswith("/") and text[1:2] not in ("/", "\\")
    return text if text and safe else "/"


@cache
def environment() -> Environment:
    """The Jinja environment of this process: escaping always on, an unknown name is an error, None prints as ''."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_blank_for_none,
        bytecode_cache=_bytecode_cache(),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "date": dates.long_date,
        "short_date": dates.short_date,
        "last_day": dates.last_day,
        "time": dates.clock_time,
        "moment": dates.moment,
        "due": lambda day: dates.due(day, clock.today()),
        "overdue": lambda day: day < clock.today(),
        "due_date": lambda day: _due_date(day, clock.today()),
        "ago": lambda then: dates.ago(then, clock.today()),
    }
    made.globals |= {
        "asset": assets.address,
        "csrf_field": _csrf_field,
        "here": lambda: visit.current().path,
        "list_of_cases": lambda: visit.current().cases,
        "notice": _notice,
        "plural": dates.plural,
        "demo": lambda: settings().demo,
        "elsewhere": ELSEWHERE,
        "this_day": clock.today,
    }
    return made


@lru_cache(4096)
def _due_date(day: date, today: date) -> Markup:
    """A promised day, and beside it how far off it is."""
    kind = "ecm-late" if day < today else "ecm-soft"
    words = Markup('{} <span class="ecm-nowrap {}">({})</span>')
    return words.format(dates.long_date(day), kind, dates.due(day, today))


def _blank_for_none(value: Any) -> Any:
    return "" if value is None else value


def _bytecode_cache() -> BytecodeCache | None:
    """Compiled templates are code: kept where only this installation writes, or not at all."""
    folder = settings().data / "templates"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder))


def _csrf_field(once: bool = True) -> Markup:
    """The form's token; `once`: and a mark by which this very form is known if it is sent twice."""
    here = visit.current()
    box = Markup('<input type="hidden" name="{}" value="{}">')
    token = box.format(visit.CSRF_FIELD, visit.csrf_token(here.session))
    return token + box.format(visit.SENT_FIELD, token_urlsafe(16) + here.page) if once else token


def _notice() -> str:
    here = visit.current()
    here.notice_shown = bool(here.notice)
    return here.notice


def _notice_cookie(value: str, lasting: int) -> Cookie:
    return Cookie(visit.NOTICE_COOKIE, value=value, max_age=lasting, secure=True, httponly=True, samesite="lax")
