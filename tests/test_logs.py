"""The log of a process: a line of JSON each, and of what others say only where they said it."""

import json
import logging
from io import StringIO

from ecm.logs import Line


def said(name: str, message: str, *args: object, error: Exception | None = None) -> dict[str, object]:
    """The line that this message becomes."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Line())
    logger = logging.Logger(name)
    logger.addHandler(handler)
    try:
        if error:
            raise error
        logger.warning(message, *args)
    except Exception:
        logger.exception(message, *args)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def test_our_own_words_are_written_and_of_an_error_its_kind_and_place() -> None:
    assert said("ecm.post", "%s messages", 3)["said"] == "3 messages"
    line = said("ecm.post", "no luck", error=ValueError("Key (email)=(leila@home.example) exists"))
    assert (line["level"], line["said"], line["error"]) == ("error", "no luck", "ValueError")
    assert any("test_logs.py" in each and "said" in each for each in line["where"])
    assert "leila" not in json.dumps(line)


def test_what_a_library_says_is_not_written_because_it_may_hold_anything() -> None:
    line = said("asyncio", "Task exception was never retrieved: Key (name)=(Leila Reid)")
    assert "Leila" not in json.dumps(line)
    assert str(line["at_line"]).startswith("test_logs:")
    assert "said" not in line


def test_two_lines_in_a_message_are_one_line_of_the_log() -> None:
    assert said("ecm.web", "first\nsecond")["said"] == "first\nsecond"
