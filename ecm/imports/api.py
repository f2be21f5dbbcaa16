"""Files of pupils, for programs."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor, acting_as
from ecm.idempotency import once
from ecm.imports.commands import approve_import, cancel_import, import_now
from ecm.imports.queries import list_imports, preview
from ecm.imports.schemas import Approval
from ecm.web.uploads import LARGEST_FILE, receive


@post("/pupil-imports", request_max_body_size=LARGEST_FILE, opt={"upload": True})
async def post_pupil_import(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> dict[str, Any]:
    """A CSV or a Common Transfer File, as the part `file` of `multipart/form-data`: read, compared, and not yet written."""
    await list_imports(actor)  # may this actor at all, before anything is taken
    upload = await receive(request)
    door = partial(acting_as, actor)
    file_hash = bytes.fromhex(upload.sha256)
    try:
        made = await once(
            request, actor, lambda: import_now(actor, upload), lambda known: preview(door, known), file_hash
        )
    finally:
        upload.close()
    return await preview(door, made["id"])


@get("/pupil-imports/{import_id:uuid}")
async def get_pupil_import(actor: NamedDependency[Actor], import_id: FromPath[UUID]) -> dict[str, Any]:
    """What the file would do, or has done, and the first hundred problems."""
    return await preview(partial(acting_as, actor), import_id)


@post("/pupil-imports/{import_id:uuid}/approval")
async def post_pupil_import_approval(
    data: JSONBody[Approval], actor: NamedDependency[Actor], import_id: FromPath[UUID]
) -> dict[str, Any]:
    """Write it, all of it or none; 409 when the roll has changed so that it would do something else."""
    door = partial(acting_as, actor)
    await approve_import(door, import_id, data.version)
    return await preview(door, import_id)


@delete("/pupil-imports/{import_id:uuid}")
async def delete_pupil_import(actor: NamedDependency[Actor], import_id: FromPath[UUID]) -> None:
    """Cancel it: what was read is deleted at once."""
    await cancel_import(partial(acting_as, actor), import_id)


routes = [post_pupil_import, get_pupil_import, post_pupil_import_approval, delete_pupil_import]
