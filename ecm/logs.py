"""What our processes say of themselves: one JSON object a line, on standard error, and never a word about a person.

Our own messages hold codes and numbers. What a library says may hold anything (a database's error names the value it
refused), so of a library's message only its place is written; of an error its kind and where it was, never its text.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

MOST_FRAMES = 12
SAFE = ("ecm", "_granian")  # whose messages are known to hold nothing of a request


class Line(logging.Formatter):
    """A log record as one line of JSON: `at` (RFC 3339, UTC), `level`, `from`, and what it says or where it was said."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
        }
        if record.name.partition(".")[0] in SAFE:
            line |= {"said": record.getMessage(), **getattr(record, "fields", {})}
        else:
            line |= {"at_line": f"{record.module}:{record.lineno}"}
        if record.exc_info and record.exc_info[0]:
            line |= {"error": record.exc_info[0].__qualname__, "where": _frames(record.exc_info[2])}
        return json.dumps(line, ensure_ascii=False)


def _frames(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-MOST_FRAMES:]
    return [f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}" for each in frames]


def begin(demo: bool) -> None:
    """Write the log of this process. The demonstration says only what is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    logging.basicConfig(level=_least(demo), handlers=[handler], force=True)


def of_the_server(demo: bool) -> dict[str, Any]:
    """The same for the server of HTTP, which sets up its own logging."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Line}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"_granian": {"handlers": ["console"], "level": _least(demo), "propagate": False}},
    }


def _least(demo: bool) -> int:
    return logging.WARNING if demo else logging.INFO
