"""The post, for who keeps it going."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BaseModel, ConfigDict

from ecm.accounts.current import page
from ecm.database import Actor
from ecm.post.commands import MOST_SHOWN, list_troubles, send_again
from ecm.post.words import CHANNELS, STATES
from ecm.web.dates import plural
from ecm.web.forms import Form, submit
from ecm.web.render import redirect


class Again(BaseModel):
    """Try again. The button is all there is to say."""

    model_config = ConfigDict(extra="forbid")


@get("/post")
async def show_post(actor: NamedDependency[Actor]) -> Response[bytes]:
    """What did not leave, and why."""
    return await _post_page(actor, Form())


async def _post_page(actor: Actor, form: Form[Any]) -> Response[bytes]:
    messages, counts = await list_troubles(actor)
    return page(
        "post/troubles.html", actor, status=form.status, form=form, messages=messages, counts=counts,
        words={"channels": CHANNELS, "states": STATES}, most=MOST_SHOWN,
    )  # fmt: skip


@post("/post/{message_id:uuid}/again", status_code=303)
async def send_one_again(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], message_id: FromPath[UUID]
) -> Response[Any]:
    """Try this message again."""
    return await _again(request, actor, message_id)


@post("/post/again", status_code=303)
async def send_all_again(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Try everything again that can be."""
    return await _again(request, actor, None)


async def _again(request: Request[Any, Any, Any], actor: Actor, message_id: UUID | None) -> Response[Any]:
    form = await submit(request, Again, lambda _: send_again(actor, message_id))
    if not form.ok:
        return await _post_page(actor, form)
    return redirect("/post", f"{plural(form.result, 'message')} will be tried again now. Look again in a minute.")


routes = [show_post, send_one_again, send_all_again]
