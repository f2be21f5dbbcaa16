"""Pages on which a school brings in its pupils: choose a file, look at what it would do, approve it or not."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from ecm.accounts.current import page
from ecm.accounts.schemas import Nothing
from ecm.clock import today
from ecm.database import Actor, acting_as
from ecm.imports.commands import approve_import, cancel_import, start_import
from ecm.imports.queries import list_imports, problems_sheet, show_import
from ecm.imports.schemas import Approval
from ecm.imports.words import FORMAT_LABELS, PARTS, STATUS_LABELS
from ecm.paging import Page
from ecm.web.forms import Form, submit
from ecm.web.render import redirect
from ecm.web.sheet import sheet_answer
from ecm.web.uploads import LARGEST_FILE, send_upload

WORDS = {"parts": PARTS, "statuses": STATUS_LABELS, "formats": FORMAT_LABELS}
FIRST = Page()
COMPARED = (
    "Your roll has changed since the file was read, so it has been compared again. Look at what it would do now, then "
    "approve it."
)


async def _choose_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    return page("imports/choose.html", actor, status=form.status, form=form, words=WORDS, **await list_imports(actor))


@get("/pupils/import")
async def show_choose(actor: NamedDependency[Actor]) -> Response[bytes]:
    """Which file, what it may hold, and what became of the files before."""
    return await _choose_page(actor, Form())


@post("/pupils/import", status_code=303, request_max_body_size=LARGEST_FILE, opt={"upload": True})
async def send_file(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Take the file."""
    await list_imports(actor)  # may this actor at all, before anything is taken
    form = await send_upload(request, lambda upload: start_import(actor, upload))
    return redirect(f"/pupils/import/{form.result}") if form.ok else await _choose_page(actor, form)


@get("/pupils/import/{import_id:uuid}")
async def show_preview(
    actor: NamedDependency[Actor],
    import_id: FromPath[UUID],
    page_wanted: NamedDependency[Page],
    part: FromQuery[str] = "",
) -> Response[bytes]:
    """What the file would do, or has done."""
    shown = await show_import(actor, import_id, part, page_wanted)
    answer = page("imports/file.html", actor, words=WORDS, **shown)
    if shown["file"]["status"] == "reading":
        answer.headers["Refresh"] = "3"
    return answer


@get("/pupils/import/{import_id:uuid}/problems")
async def get_problems(actor: NamedDependency[Actor], import_id: FromPath[UUID]) -> Response[bytes]:
    """The rows that are not taken, as a file."""
    return sheet_answer(await problems_sheet(actor, import_id), "import-problems", today())


async def _approve_page(actor: Actor, import_id: UUID, form: Form[Any]) -> Response[bytes]:
    shown = await show_import(actor, import_id, "", FIRST)
    return page("imports/approve.html", actor, status=form.status, form=form, words=WORDS, **shown)


@get("/pupils/import/{import_id:uuid}/approve")
async def show_approve(actor: NamedDependency[Actor], import_id: FromPath[UUID]) -> Response[bytes]:
    """What happens when it is approved."""
    return await _approve_page(actor, import_id, Form())


@post("/pupils/import/{import_id:uuid}/approve", status_code=303)
async def send_approve(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], import_id: FromPath[UUID]
) -> Response[Any]:
    """Approve it."""
    door = partial(acting_as, actor)
    form = await submit(request, Approval, lambda said: approve_import(door, import_id, said.version))
    if not form.ok:
        form.problems |= {"": COMPARED} if form.stale is not None else {}
        return await _approve_page(actor, import_id, form)
    return redirect(
        f"/pupils/import/{import_id}", "The pupils are on your roll. You can open a case for any of them now."
    )


@post("/pupils/import/{import_id:uuid}/cancel", status_code=303)
async def send_cancel(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], import_id: FromPath[UUID]
) -> Response[Any]:
    """Cancel it."""
    form = await submit(request, Nothing, lambda _: cancel_import(partial(acting_as, actor), import_id))
    if not form.ok:
        return await _approve_page(actor, import_id, form)
    return redirect(
        "/pupils/import", "The file is cancelled. What was read of it is deleted, and no pupil was changed."
    )


routes = [show_choose, send_file, show_preview, get_problems, show_approve, send_approve, send_cancel]
