"""The page "Why can, or can’t, somebody see this?" of a case."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BaseModel, ConfigDict, Field

from ecm.accounts.current import page
from ecm.agencies.words import CATEGORY_LABELS, ROLE_LABELS, log_bases
from ecm.casefile.why import whom_to_ask_about, why
from ecm.database import Actor
from ecm.web.forms import Form, checked

WORDS = {"categories": CATEGORY_LABELS, "roles": ROLE_LABELS, "bases": log_bases}


class Asked(BaseModel):
    """About whom; nobody yet."""

    model_config = ConfigDict(extra="ignore")
    worker_id: Annotated[UUID | None, Field(title="the person")] = None


@get("/cases/{reference:str}/why")
async def show_why(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], reference: FromPath[str]
) -> Response[bytes]:
    """Of one worker, and each kind of information: what opens it, or the nearest thing that is missing."""
    form: Form[Asked] = checked({name: request.query_params.getall(name) for name in request.query_params}, Asked)
    asked = form.result.worker_id if form.ok else None
    answer = await why(actor, reference, asked) if asked else None
    shown = await whom_to_ask_about(actor, reference)
    return page("casefile/why.html", actor, status=form.status, form=form, answer=answer, words=WORDS, **shown)


routes = [show_why]
