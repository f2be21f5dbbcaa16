"""Cases, for programs."""

from typing import Any, Literal
from uuid import UUID

from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.cases.commands import add_barrier, admit_carer, change_case, open_case, write_note
from ecm.cases.queries import show_admission, show_case, show_part, worklist
from ecm.cases.schemas import Admission, CaseChange, NewBarrier, NewCase, NewNote
from ecm.database import Actor
from ecm.idempotency import once
from ecm.paging import Page


@get("/cases")
async def list_cases(
    actor: NamedDependency[Actor],
    page_wanted: NamedDependency[Page],
    status: FromQuery[Literal["open", "closed", "voided"] | None] = None,
) -> dict[str, Any]:
    """The worklist of whoever asks."""
    return await worklist(actor, page_wanted, status)


@post("/cases")
async def post_case(
    request: Request[Any, Any, Any], data: JSONBody[NewCase], actor: NamedDependency[Actor]
) -> dict[str, Any]:
    """Open a case."""
    return await once(request, actor, lambda: open_case(actor, data), lambda made: show_case(actor, made))


@get("/cases/{case_id:uuid}")
async def get_case(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """A case, as far as the reader may see it. `warnings`: sentences to show above everything else, as pages do."""
    return await show_case(actor, case_id)


@patch("/cases/{case_id:uuid}")
async def patch_case(
    data: JSONBody[CaseChange], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Change level, lead, reason or strengths."""
    return await change_case(actor, case_id, data)


@post("/cases/{case_id:uuid}/barriers")
async def post_barrier(
    request: Request[Any, Any, Any], data: JSONBody[NewBarrier], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Add a barrier."""
    return await once(
        request,
        actor,
        lambda: add_barrier(actor, case_id, data),
        lambda made: show_part(actor, case_id, "barriers", made),
    )


@post("/cases/{case_id:uuid}/notes")
async def post_note(
    request: Request[Any, Any, Any], data: JSONBody[NewNote], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Write a note."""
    return await once(
        request, actor, lambda: write_note(actor, case_id, data), lambda made: show_part(actor, case_id, "notes", made)
    )


@post("/cases/{case_id:uuid}/carers")
async def post_carer(
    request: Request[Any, Any, Any], data: JSONBody[Admission], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Admit a carer to the case."""
    return await once(
        request, actor, lambda: admit_carer(actor, case_id, data), lambda made: show_admission(actor, case_id, made)
    )


routes = [list_cases, post_case, get_case, patch_case, post_barrier, post_note, post_carer]
