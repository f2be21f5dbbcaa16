"""Cases, for programs."""

from typing import Any, Literal
from uuid import UUID

from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from ecm.cases.commands import add_barrier, admit_carer, change_case, open_case, write_note
from ecm.cases.queries import show_case, worklist
from ecm.cases.schemas import Admission, CaseChange, NewBarrier, NewCase, NewNote
from ecm.database import Actor
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
async def post_case(data: JSONBody[NewCase], actor: NamedDependency[Actor]) -> dict[str, Any]:
    """Open a case."""
    return await open_case(actor, data)


@get("/cases/{case_id:uuid}")
async def get_case(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """A case, as far as the reader may see it."""
    return await show_case(actor, case_id)


@patch("/cases/{case_id:uuid}")
async def patch_case(
    data: JSONBody[CaseChange], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Change level, lead, reason or strengths."""
    return await change_case(actor, case_id, data)


@post("/cases/{case_id:uuid}/barriers")
async def post_barrier(
    data: JSONBody[NewBarrier], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Add a barrier."""
    return await add_barrier(actor, case_id, data)


@post("/cases/{case_id:uuid}/notes")
async def post_note(data: JSONBody[NewNote], actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """Write a note."""
    return await write_note(actor, case_id, data)


@post("/cases/{case_id:uuid}/carers")
async def post_carer(
    data: JSONBody[Admission], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Admit a carer to the case."""
    return await admit_carer(actor, case_id, data)


routes = [list_cases, post_case, get_case, patch_case, post_barrier, post_note, post_carer]
