"""Tokens and who I am, for programs."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ecm import clock
from ecm.accounts import tokens
from ecm.accounts.commands import choose_membership, sign_in, sign_out
from ecm.accounts.current import client_address, keyring
from ecm.accounts.queries import me
from ecm.accounts.schemas import Choice, SignIn
from ecm.database import Actor


@post("/tokens", opt={"public": True})
async def make_token(request: Request[Any, Any, Any], data: JSONBody[SignIn]) -> dict[str, Any]:
    """An access token for one hour, for whoever has this password."""
    opened = await sign_in(data.email, data.password, kind="api", address=client_address(request))
    token = tokens.issue(keyring(), UUID(opened.secret), opened.person_id, clock.now(), opened.lifetime)
    return {"access_token": token, "token_type": "Bearer", "expires_in": int(opened.lifetime.total_seconds())}


@delete("/tokens/current")
async def end_token(actor: NamedDependency[Actor]) -> None:
    """Sign out: the token opens nothing from the next request on."""
    await sign_out(actor)


@get("/me")
async def show_me(actor: NamedDependency[Actor]) -> dict[str, Any]:
    """Who I am, where I work, whom I care for."""
    return await me(actor)


@put("/me/acting-as")
async def put_choice(data: JSONBody[Choice], actor: NamedDependency[Actor]) -> dict[str, Any]:
    """Act in another membership of one's own (null: as oneself)."""
    await choose_membership(actor, data.membership_id)
    return await me(actor)


routes = [make_token, end_token, show_me, put_choice]
