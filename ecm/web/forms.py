"""Forms: what somebody typed, what is wrong with it in plain sentences, and the checked intention it makes.

A page reads its form inside the handler, so that it can always show the form again with the typed text kept.
Names with dots nest (`barriers.0.code`, `answers.<id>`); a date comes in three boxes (`due_on-day`, `-month`, `-year`).
An empty box counts as not given.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException
from pydantic import BaseModel, ValidationError

from ecm.database import sending
from ecm.errors import Refused, Stale
from ecm.web import fields
from ecm.web.visit import CSRF_FIELD, SENT_FIELD

Intention = TypeVar("Intention", bound=BaseModel)
Result = TypeVar("Result")

MOST_BOXES = 1000
STALE = "Somebody else changed this while you were typing. Check what it says now, then send yours again."


@dataclass
class Form(Generic[Result]):
    """What was typed, by the name of the box; `problems` by field ('' for the whole form); the result when all is well.

    `stale` is the row as it is now, when somebody else changed it first.
    """

    typed: dict[str, list[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    outcome: Result | None = None
    stale: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return not self.problems

    @property
    def status(self) -> int:
        """The status of a page that shows this form: 200, 422 with problems, 409 when somebody else was first."""
        return 409 if self.stale is not None else 422 if self.problems else 200

    @property
    def result(self) -> Result:
        """What the command answered, or the intention itself. Only to be asked of a form that is `ok`."""
        if self.problems:
            raise LookupError("a form with problems has no result")
        return self.outcome  # type: ignore[return-value]

    def text(self, name: str) -> str:
        """What was typed in one box, '' if nothing."""
        return self.typed.get(name, [""])[-1]

    def texts(self, name: str) -> list[str]:
        """Every ticked value of this name, in the order of the page."""
        return self.typed.get(name, [])

    def problem(self, name: str) -> str:
        """What is wrong with this field, '' if nothing."""
        return self.problems.get(name, "")


def filled(**values: Any) -> Form[Any]:
    """A form not sent yet, showing these values: text, dates, ids, lists of them; None shows an empty box."""
    typed: dict[str, list[str]] = {}
    for name, value in values.items():
        if isinstance(value, date):
            parts = {"day": value.day, "month": value.month, "year": value.year}
            typed |= {f"{name}-{part}": [str(number)] for part, number in parts.items()}
        elif value is not None:
            typed[name] = [str(each) for each in value] if isinstance(value, list | tuple | set) else [str(value)]
    return Form(typed)


async def read_form(request: Request[Any, Any, Any], model: type[Intention]) -> Form[Intention]:
    """The form that was sent, checked against `model`; `result` is the intention.

    Raises: ClientException when the body is not a form at all.
    """
    return checked(typed_values(await request.body()), model)


async def submit(
    request: Request[Any, Any, Any], model: type[Intention], command: Callable[[Intention], Awaitable[Result]]
) -> Form[Result]:
    """Read and check the form and, if it is sound, do what it asks; `result` is the command's answer.

    A rule that says no (Refused) or somebody who was first (Stale) become problems of the form.
    After Stale the form's `version` is the current one, so that sending again is a decision, not a retry.
    Raises: AlreadySent when this very form, with these very words in it, has been done before.
    """
    form = await read_form(request, model)
    if not form.ok:
        return Form(form.typed, form.problems)
    try:
        with sending(sha256(request.url.path.encode() + b"?" + await request.body()).digest()):
            return Form(form.typed, outcome=await command(form.result))
    except Refused as refused:
        return Form(form.typed, refused.problems)
    except Stale as stale:
        version = {"version": [str(stale.current["version"])]} if "version" in stale.current else {}
        return Form(form.typed | version, {"": STALE}, stale=stale.current)


def typed_values(body: bytes) -> dict[str, list[str]]:
    """The boxes of an `application/x-www-form-urlencoded` body; line ends become `\\n`; our own hidden fields are left out.

    Raises: ClientException for what no browser sends: more than 1000 boxes, or text that is not UTF-8.
    """
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_BOXES)
    except ValueError as error:
        raise ClientException("The form could not be read.") from error
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in (CSRF_FIELD, SENT_FIELD):
            typed.setdefault(name, []).append(value.replace("\r\n", "\n").replace("\r", "\n"))
    return typed


def checked(typed: dict[str, list[str]], model: type[Intention]) -> Form[Intention]:
    """Check typed values against `model` and word what is wrong."""
    tree, problems = fields.tree(typed, model)
    try:
        outcome = model.model_validate(fields.listed(tree))
    except ValidationError as invalid:
        return Form(typed, _in_order(fields.sentences(invalid.errors(), model, tree) | problems, model))
    return Form(typed, problems, outcome)


def _in_order(problems: dict[str, str], model: type[BaseModel]) -> dict[str, str]:
    """Problems as the model names its fields: in the order of the page, where somebody goes from one to the next."""
    names = list(model.model_fields)
    place = {field: names.index(name) for field in problems if (name := field.split(".")[0]) in names}
    return {field: problems[field] for field in sorted(problems, key=lambda each: place.get(each, -1))}
