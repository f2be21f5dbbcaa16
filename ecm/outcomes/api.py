"""Outcomes, provision and views, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ecm.cases.queries import show_part
from ecm.database import Actor
from ecm.idempotency import once
from ecm.outcomes.commands import add_outcome, change_outcome, measure_outcome, record_view
from ecm.outcomes.provisions import add_provision, change_provision
from ecm.outcomes.queries import show_measurement
from ecm.outcomes.schemas import (
    NewMeasurement,
    NewOutcome,
    NewProvision,
    NewView,
    OutcomeChange,
    ProvisionChange,
)


@post("/cases/{case_id:uuid}/outcomes")
async def post_outcome(
    request: Request[Any, Any, Any], data: JSONBody[NewOutcome], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Say what is to be different, and how that is measured."""
    return await once(
        request,
        actor,
        lambda: add_outcome(actor, case_id, data),
        lambda made: show_part(actor, case_id, "outcomes", made),
    )


@patch("/outcomes/{outcome_id:uuid}")
async def patch_outcome(
    data: JSONBody[OutcomeChange], actor: NamedDependency[Actor], outcome_id: FromPath[UUID]
) -> dict[str, Any]:
    """Say how it went, or put right what it says."""
    return await change_outcome(actor, outcome_id, data)


@post("/outcomes/{outcome_id:uuid}/measurements")
async def post_measurement(
    request: Request[Any, Any, Any],
    data: JSONBody[NewMeasurement],
    actor: NamedDependency[Actor],
    outcome_id: FromPath[UUID],
) -> dict[str, Any]:
    """Write down a number that was measured; of one day, the last written counts."""
    return await once(
        request, actor, lambda: measure_outcome(actor, outcome_id, data), lambda made: show_measurement(actor, made)
    )


@post("/cases/{case_id:uuid}/provisions")
async def post_provision(
    request: Request[Any, Any, Any],
    data: JSONBody[NewProvision],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> dict[str, Any]:
    """Say what the pupil gets, from whom, how often."""
    return await once(
        request,
        actor,
        lambda: add_provision(actor, case_id, data),
        lambda made: show_part(actor, case_id, "provisions", made),
    )


@patch("/provisions/{provision_id:uuid}")
async def patch_provision(
    data: JSONBody[ProvisionChange], actor: NamedDependency[Actor], provision_id: FromPath[UUID]
) -> dict[str, Any]:
    """Change what the pupil gets, or say when it ended."""
    return await change_provision(actor, provision_id, data)


@post("/cases/{case_id:uuid}/views")
async def post_view(
    request: Request[Any, Any, Any], data: JSONBody[NewView], actor: NamedDependency[Actor], case_id: FromPath[UUID]
) -> dict[str, Any]:
    """Write down what pupil or family say; a carer who was let in writes for themselves."""
    return await once(
        request, actor, lambda: record_view(actor, case_id, data), lambda made: show_part(actor, case_id, "views", made)
    )


routes = [post_outcome, patch_outcome, post_measurement, post_provision, patch_provision, post_view]
