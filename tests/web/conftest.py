"""The web kit is tried with an application of the tests' own: a gallery of every part, and routes that go wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
from jinja2 import ChoiceLoader, FileSystemLoader
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import BaseModel, Field

from ecm import clock, database, errors
from ecm.web import assets, render
from ecm.web.forms import Form, filled, submit
from ecm.web.guards import wire
from ecm.web.text import Line, Text
from ecm.web.viewer import NavigationItem, Viewer
from tests.browser import browser, served

__all__ = ["browser"]

VIEWER = Viewer(
    name="Priya Shah",
    agency_name="Oakfield Primary School",
    role="senco",
    role_label="SENCO",
    navigation=(
        NavigationItem("/", "Home"),
        NavigationItem("/gallery", "Cases"),
        NavigationItem("/invitations", "Invitations", 3),
        NavigationItem("/help", "Help"),
    ),
    several_memberships=True,
)
SESSION = "__Host-ecm-session=one-session"


class Parts(BaseModel, extra="forbid"):
    """What the gallery's form asks for."""

    title: Line = Field(title="what will be done", max_length=40)
    password: str | None = None
    reason: Text = Field(title="the reason")
    area: Literal["comm", "seb"] = Field(title="an area")
    decision: Literal["given", "refused", "talk"] = Field(title="whether you agree")
    categories: list[Literal["core", "health"]] = Field(title="what they may see", min_length=1)
    due_on: date = Field(title="the date")
    safe: Literal[True] = Field(title="that it is safe")
    later: str | None = None


async def settle(parts: Parts) -> str:
    """The gallery's command: refuses one title, finds another changed by somebody else."""
    if parts.title == "Refuse":
        raise errors.Refused({"title": "Choose another title."})
    if parts.title == "Bug":
        raise RuntimeError(parts.title)
    if parts.title == "Signed out":
        raise errors.NotSignedIn
    if parts.title == "Stale":
        raise errors.Stale({"version": 8})
    return parts.title


def show(form: Form[Any]) -> Response[bytes]:
    rows = [("Leila Reid", clock.today()), ("Ó Séaghdha-Nic Dhomhnaill", date(2026, 1, 9))]
    page = {"rows": rows, "today": clock.today(), "now": clock.now()}
    return render.render("gallery.html", VIEWER, status=form.status, form=form, **page)


@get("/gallery")
async def gallery() -> Response[bytes]:
    return show(filled(title="Reading, twice a week", due_on=date(2026, 12, 18), categories=["core"]))


@post("/gallery")
async def send_gallery(request: Request[Any, Any, Any]) -> Response[Any]:
    form = await submit(request, Parts, settle)
    if not form.ok:
        return show(form)
    return render.redirect("/gallery", notice=f"“{form.result}” is saved. Family Hub is told today.")


@get("/account")
async def account() -> Response[bytes]:
    return show(filled())


@post("/api/v1/parts")
async def make_parts(data: JSONBody[Parts]) -> dict[str, str]:
    return {"title": data.title}


@get("/api/v1/cookies")
async def read_cookies(request: Request[Any, Any, Any]) -> dict[str, str]:
    return dict(request.cookies)


@get(["/wrong/{kind:str}", "/api/v1/wrong/{kind:str}"])
async def wrong(request: Request[Any, Any, Any], kind: FromPath[str], limit: FromQuery[int] = 1) -> None:
    if kind == "allowed":
        request.state.viewer = VIEWER
    raise {
        "signed-out": errors.NotSignedIn(),
        "allowed": errors.NotAllowed(),
        "hidden": errors.NotFound("Leila Reid is at another school"),
        "absent": errors.NotFound(),
        "refused": errors.Refused({"": "Not now.", "title": "Enter the title."}),
        "stale": errors.Stale({"version": 8, "title": "Theirs"}),
        "many": errors.TooMany(90),
        "down": ConnectionRefusedError(),
        "bug": RuntimeError("Leila Reid"),
    }[kind]


@get("/token")
async def own_token(request: Request[Any, Any, Any], wait: FromQuery[float] = 0) -> dict[str, str]:
    """What a page would put into its form, after others have had their turn."""
    await asyncio.sleep(wait)
    field = str(render.environment().globals["csrf_field"]())  # type: ignore[operator]
    return {"cookie": request.headers["cookie"], "field": field}


@get("/file", media_type=MediaType.TEXT)
async def loose() -> Response[str]:
    """A handler that asks for less safety than it gets."""
    return Response("x", headers={"Cache-Control": "public", "Content-Security-Policy": "default-src *"})


HANDLERS = [gallery, send_gallery, account, make_parts, read_cookies, wrong, own_token, loose]


@pytest.fixture(scope="session", autouse=True)
def kit() -> Iterator[None]:
    """Assets, the secret that seals tokens, and the gallery's template beside the real ones."""
    assets.collect()
    database.use_secret("a secret of the tests, long enough for anybody")
    made = render.environment()
    before = made.loader
    assert before is not None
    made.loader = ChoiceLoader([before, FileSystemLoader("tests/web/templates")])
    yield
    made.loader = before


@pytest.fixture(scope="session")
def app() -> Litestar:
    return Litestar(list(HANDLERS), on_app_init=[wire], openapi_config=None, logging_config=None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with served(app) as found:
        yield found


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as made:
        yield made
