"""What the frame of a page needs to know of the request it answers, without every page handing it on.

`guards` opens a visit for each request; `render` reads it. It holds nothing that decides access.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextvars import ContextVar
from dataclasses import dataclass

from ecm.database import proof

CSRF_FIELD = "_csrf_token"
SENT_FIELD = "_sent"
NOTICE_COOKIE = "__Host-ecm-notice"
DEVICE_COOKIE = "__Host-ecm-device"
LIST_COOKIE = "__Host-ecm-list"
BYSTANDERS = (NOTICE_COOKIE, DEVICE_COOKIE, LIST_COOKIE)  # of our cookies, those that sign nobody in


@dataclass
class Visit:
    """One request: its path, the session cookie it came with, and the notice that waits to be shown once.

    `page` is the page a form on the answer belongs to: where somebody is sent who sends it twice. `cases` is the list of
    cases that was looked at last, with its filters: where the way back from a case leads.
    """

    path: str = ""
    session: str = ""
    notice: str = ""
    notice_shown: bool = False
    page: str = ""
    cases: str = "/cases"


_visit: ContextVar[Visit] = ContextVar("visit")


def open_visit(visit: Visit) -> None:
    """Make this the visit of the running request."""
    _visit.set(visit)


def current() -> Visit:
    """The visit of the running request; an empty one outside any request."""
    return _visit.get(Visit())


def csrf_token(session: str) -> str:
    """The token that a form must carry to act in this browser session: 43 characters of base64url, '' for no session.

    Worthless without the cookie, and it does not reveal the cookie.
    """
    return _seal("csrf", session) if session else ""


def sealed_notice(text: str) -> str:
    """A cookie value that brings `text` to the next page."""
    return f"{urlsafe_b64encode(text.encode()).decode().rstrip('=')}.{_seal('notice', text)}"


def opened_notice(value: str) -> str:
    """The text of a notice this installation sealed; '' for anything else."""
    body, _, seal = value.partition(".")
    try:
        text = urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
    except ValueError:
        return ""
    return text if same(_seal("notice", text), seal) else ""


def kept_list(address: str) -> str:
    """A cookie value by which this browser session finds back to a list as it was narrowed down."""
    return sealed_notice(f"{_seal('list', current().session)}|{address}")


def opened_list(value: str, session: str) -> str:
    """The list this session looked at last; all cases for anything else."""
    theirs, _, address = opened_notice(value).partition("|")
    return address if address and same(_seal("list", session), theirs) else "/cases"


def same(known: str, claimed: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far they agree."""
    return hmac.compare_digest(known.encode(), claimed.encode())


def _seal(purpose: str, text: str) -> str:
    return urlsafe_b64encode(proof(purpose, text)).decode().rstrip("=")
