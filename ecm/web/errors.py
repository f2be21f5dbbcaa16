"""What somebody is told when something goes wrong: one table, a page for people, a problem document for programs.

Problem documents follow RFC 9457. Nothing here tells an absent thing from a hidden one, and nothing here repeats
what an exception says of itself: its text may quote a row.
"""

import logging
import re
import traceback
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from pydantic import BaseModel

from ecm.errors import AlreadySent, EcmError, NotAllowed, NotFound, NotSignedIn, Refused, Stale, TooMany
from ecm.web import fields, visit
from ecm.web.render import redirect, render

log = logging.getLogger("ecm.web")

RETRY_SECONDS = 5
DONE_ONCE = "You had sent this before. It was done once."
SENT_FORM = "sent_form"  # in the state of a request: the body of a form sent from one of our own pages
UNREACHABLE = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
)


class Forged(NotAllowed):
    """The form did not come from a page of this session: it was open too long, or another site sent it."""


@dataclass(frozen=True)
class Answer:
    """How one kind of trouble is answered."""

    status: int
    title: str
    detail: str
    page: str


WRONG = Answer(500, "Something went wrong", "The fault is ours, and it has been noted.", "wrong")
UNAVAILABLE = Answer(503, "Not available at the moment", "Nothing was changed. Try again soon.", "unavailable")
BAD_REQUEST = Answer(400, "The request could not be read", "Check it and try again.", "unreadable")

ANSWERS: dict[type[EcmError], Answer] = {
    NotSignedIn: Answer(401, "Sign in first", "Nobody is signed in, or the session has ended.", "not_signed_in"),
    Forged: Answer(403, "This page was open too long", "Open the page again and send it from there.", "forged"),
    NotAllowed: Answer(403, "Not allowed", "You can see this, but your role may not do this to it.", "not_allowed"),
    NotFound: Answer(404, "Not found", "There is nothing here that you can see.", "not_found"),
    Refused: Answer(422, "Check what was sent", "A rule says no. See the errors.", "refused"),
    AlreadySent: Answer(409, "Sent before", DONE_ONCE, "stale"),
    Stale: Answer(409, "Changed by somebody else", "Look at what it says now, then decide again.", "stale"),
    TooMany: Answer(429, "Too many attempts", "Wait a little, then try again.", "too_many"),
}

# Litestar's own refusals, by status.
BY_STATUS = {answer.status: answer for answer in (*ANSWERS.values(), BAD_REQUEST, UNAVAILABLE)} | {
    405: Answer(405, "Not possible here", "This address does not take that method.", "unreadable"),
    413: Answer(413, "Too much at once", "What was sent is larger than 1 MB.", "too_large"),
    415: Answer(415, "Not a kind we can read", "Send JSON to the API, or use the form on the page.", "unreadable"),
}


class Problem(BaseModel):
    """A problem document (RFC 9457); `errors` with 422, `current` with 409: the row as it is now."""

    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    current: dict[str, Any] | None = None


# What every call of the API may answer beside what it is for.
PROBLEMS = {
    status: ResponseSpec(
        Problem, media_type="application/problem+json", description=BY_STATUS[status].title, generate_examples=False
    )
    for status in (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503)
}


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The response to any exception a handler raised. Logs what is our fault, without the exception's own words."""
    if isinstance(error, ValidationException) and is_api(request):
        error = Refused(_input_problems(request, error))
    answer = answer_for(error)
    if answer.status >= 500:
        _note(request, error, answer)
    if isinstance(error, NotSignedIn) and not is_api(request) and request.method in ("GET", "HEAD"):
        return _to_sign_in(request)
    if isinstance(error, AlreadySent) and not is_api(request):
        return redirect(visit.current().page, DONE_ONCE)
    response = _problem(answer, error) if is_api(request) else _page(request, answer, error)
    response.headers.update(_headers(answer, error))
    return response


def answer_for(error: Exception) -> Answer:
    """Which answer an exception gets."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    if isinstance(error, HTTPException):
        return BY_STATUS.get(error.status_code, BAD_REQUEST if error.status_code < 500 else WRONG)
    closed = type(error) is asyncpg.InterfaceError and "closed" in str(error)
    return UNAVAILABLE if isinstance(error, UNREACHABLE) or closed else WRONG


def is_api(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asked, not a person's browser."""
    return request.scope["path"].startswith("/api/")


def _problem(answer: Answer, error: Exception) -> Response[Any]:
    body: dict[str, Any] = {"title": answer.title, "status": answer.status, "detail": answer.detail}
    if isinstance(error, Refused):
        body["errors"] = [{"field": field, "message": text} for field, text in error.problems.items()]
    if isinstance(error, Stale):
        body["current"] = error.current
    return Response(body, media_type="application/problem+json", status_code=answer.status)


def _page(request: Request[Any, Any, Any], answer: Answer, error: Exception) -> Response[Any]:
    state = request.scope.get("state", {})
    return render(
        f"errors/{answer.page}.html",
        state.get("viewer"),
        status=answer.status,
        title=answer.title,
        typed=_typed_text(state.get(SENT_FORM, b"")),
        problems=error.problems if isinstance(error, Refused) else {},
        seconds=error.seconds if isinstance(error, TooMany) else RETRY_SECONDS,
    )


def _typed_text(body: bytes) -> list[str]:
    """The written answers of a form that was not accepted, to be copied: browsers do not keep them for us."""
    pairs = parse_qsl(body.decode("latin-1"))
    return [text for name, text in pairs if "password" not in name and len(text.split()) > 1]


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    query = request.scope["query_string"].decode("latin-1")
    asked = request.scope["path"] + (f"?{query}" if query else "")
    wanted = f"?next={quote(asked, safe='/')}" if asked != "/" else ""
    return Redirect(f"/sign-in{wanted}", status_code=HTTP_303_SEE_OTHER)


def _headers(answer: Answer, error: Exception) -> dict[str, str]:
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.seconds)}
    if answer is UNAVAILABLE:
        return {"Retry-After": str(RETRY_SECONDS)}
    return dict(error.headers or {}) if isinstance(error, HTTPException) else {}


def _input_problems(request: Request[Any, Any, Any], error: ValidationException) -> dict[str, str]:
    """Litestar's complaints about a request, in the sentences a form would use."""
    found = getattr(error.__cause__, "errors", None)
    if isinstance(found, list):
        return fields.sentences(found, _body_model(request))
    if isinstance(error.extra, list):
        return {str(each.get("key", "")): "This is not in the form expected here." for each in error.extra}
    missing = re.search(r"parameter '(\w+)'", error.detail)
    return {missing[1] if missing else "": "This is needed here."}


def _body_model(request: Request[Any, Any, Any]) -> type[BaseModel]:
    parameter = request.route_handler.parsed_fn_signature.parameters.get("data")
    kind = parameter.annotation if parameter else BaseModel
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else BaseModel


def _note(request: Request[Any, Any, Any], error: Exception, answer: Answer) -> None:
    """The place and the kind of the fault: addresses may hold secrets, and messages may hold a child's details."""
    where = request.scope.get("path_template", "?")
    frames = "".join(traceback.format_tb(error.__traceback__)) if answer is WRONG else ""
    log.error("%s %s: %s\n%s", request.method, where, type(error).__qualname__, frames)
