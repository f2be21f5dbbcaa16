"""What can go wrong, as the people using the system meet it.

    EcmError
    ├── NotSignedIn   401  nobody is signed in, or the session has ended
    ├── NotAllowed    403  you can see it, you may not do this
    ├── NotFound      404  absent *or* not yours: the answer is identical
    ├── Refused       422  a rule says no: field and a plain sentence fit for the screen
    ├── Stale         409  somebody else changed it first
    ├── AlreadySent   409  this very form was sent before and has been done
    └── TooMany       429  slow down: seconds to wait

Any other exception is a bug: 500, without detail.
"""

from collections.abc import Mapping
from typing import Any


class EcmError(Exception):
    """Something the person at the screen can be told."""


class NotSignedIn(EcmError):
    """No live session stands behind this request."""


class NotAllowed(EcmError):
    """The reader can see the thing and may not do this to it."""


class NotFound(EcmError):
    """Absent, or not the reader's to see. Nothing may tell the two apart."""


class Refused(EcmError):
    """A rule says no.

    `problems` maps a field name ('' for the whole form) to one plain sentence.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


class Stale(EcmError):
    """Somebody else changed the row first; `current` is the row as it is now, as far as the reader may see it."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        super().__init__("Somebody else changed this first.")
        self.current = dict(current)


class AlreadySent(EcmError):
    """This very form was sent before and has been done: by a double click, or from the browser's history."""


class TooMany(EcmError):
    """Too many attempts; try again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Try again in {seconds} seconds.")
        self.seconds = seconds
