"""Filters that live in the address of a page, so that a view can be kept, printed and come back to."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from pydantic import BaseModel

from ecm.web.fields import DATE_PARTS
from ecm.web.forms import Form, checked

Wanted = TypeVar("Wanted", bound=BaseModel)
Typed = dict[str, list[str]]

LONGEST = 4_000


def asked_for(request: Request[Any, Any, Any], model: type[Wanted]) -> tuple[Form[Any], Wanted]:
    """What the address asks for, as a form to show again; and as the model, without the fields that are wrong.

    What the model does not name is not in the form.
    """
    form = checked(_known(request.scope["query_string"].decode("latin-1"), model), model)
    if form.ok:
        return form, form.result
    sound = {name: values for name, values in form.typed.items() if not {name, _stem(name)} & set(form.problems)}
    again = checked(sound, model)
    return form, again.result if again.ok else model()


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


def _stem(name: str) -> str:
    """The name of the date that this box is a part of; the name itself for any other box."""
    stem, _, part = name.rpartition("-")
    return stem if stem and part in DATE_PARTS else name


def _known(query: str, model: type[BaseModel]) -> Typed:
    typed: Typed = {}
    for name, value in parse_qsl(query[:LONGEST], keep_blank_values=True):
        if _stem(name) in model.model_fields:
            typed.setdefault(name, []).append(value)
    return typed
