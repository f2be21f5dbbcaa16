"""Filters that live in the address of a page, so that a view can be kept, printed and come back to."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from pydantic import BaseModel

from ecm.web.forms import Form, checked

Wanted = TypeVar("Wanted", bound=BaseModel)
Typed = dict[str, list[str]]

LONGEST = 4_000


def asked_for(request: Request[Any, Any, Any], model: type[Wanted]) -> tuple[Form[Any], Wanted]:
    """What the address asks for, as a form to show again; and as the model, which has its defaults where that is wrong.

    What the model does not name is not in the form.
    """
    form = checked(_known(request.scope["query_string"].decode("latin-1"), model), model)
    return form, form.result if form.ok else model()


def came_from(request: Request[Any, Any, Any], model: type[BaseModel]) -> Typed:
    """What the list asked for that somebody came from (the query's `list`), with nothing else in it."""
    typed = dict(parse_qsl(request.scope["query_string"].decode("latin-1")[:LONGEST]))
    return _known(typed.get("list", ""), model)


def address(path: str, typed: Typed, **more: str | None) -> str:
    """`path` with what was typed as its query, and more."""
    pairs = [(name, value) for name, values in typed.items() for value in values if value]
    pairs += [(name, value) for name, value in more.items() if value]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def passed_on(typed: Typed) -> str:
    """The query by which a page knows the list that somebody comes from; '' when it is the plain one."""
    query = address("", typed).removeprefix("?")
    return f"?{urlencode({'list': query})}" if query else ""


def _known(query: str, model: type[BaseModel]) -> Typed:
    typed: Typed = {}
    for name, value in parse_qsl(query[:LONGEST], keep_blank_values=True):
        stem, _, part = name.rpartition("-")
        if name in model.model_fields or (part in ("day", "month", "year") and stem in model.model_fields):
            typed.setdefault(name, []).append(value)
    return typed
