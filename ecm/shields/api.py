"""Shielded facts, for programs."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.database import Actor
from ecm.shields.commands import drop_shield_reader, end_shield, name_shield_reader, set_shield, show_shields
from ecm.shields.schemas import NewShield, Nothing, OneReader


@get("/cases/{case_id:uuid}/shielded-facts")
async def list_shields(actor: NamedDependency[Actor], case_id: FromPath[UUID]) -> dict[str, Any]:
    """What of the pupil is shielded, as far as the reader is named for it; each look is an event."""
    found = await show_shields(actor, case_id)
    return {"items": [_fact(each) for each in found["facts"]]}


def _fact(fact: dict[str, Any]) -> dict[str, Any]:
    readers = [{key: each[key] for key in ("id", "name", "role", "agency")} for each in fact["readers"]]
    return {key: fact[key] for key in ("id", "kind", "text", "set_by")} | {"since": fact["from_at"], "readers": readers}


@post("/cases/{case_id:uuid}/shielded-facts")
async def post_shield(
    data: JSONBody[NewShield], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Shield a fact."""
    return {"id": await set_shield(actor, case_id, data), "kind": data.kind}


@post("/cases/{case_id:uuid}/shielded-facts/{fact_id:uuid}/readers")
async def post_shield_reader(
    data: JSONBody[OneReader], actor: NamedDependency[Actor], case_id: FromPath[UUID], fact_id: FromPath[UUID]
) -> dict[str, Any]:
    """Name somebody who reads it."""
    await name_shield_reader(actor, case_id, fact_id, data.worker_id)
    return {"id": fact_id, "worker_id": data.worker_id}


@delete("/cases/{case_id:uuid}/shielded-facts/{fact_id:uuid}/readers/{worker_id:uuid}")
async def delete_shield_reader(
    actor: NamedDependency[Actor], case_id: FromPath[UUID], fact_id: FromPath[UUID], worker_id: FromPath[UUID]
) -> None:
    """Somebody reads it no more."""
    await drop_shield_reader(actor, case_id, fact_id, worker_id)


@post("/cases/{case_id:uuid}/shielded-facts/{fact_id:uuid}/ending")
async def post_shield_ending(
    data: JSONBody[Nothing], actor: NamedDependency[Actor], case_id: FromPath[UUID], fact_id: FromPath[UUID]
) -> dict[str, Any]:
    """It need not be shielded any more."""
    await end_shield(actor, case_id, fact_id)
    return {"id": fact_id, "ended": True}


routes = [list_shields, post_shield, post_shield_reader, delete_shield_reader, post_shield_ending]
