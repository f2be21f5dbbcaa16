"""One pupil of a file: what the file says, what is wrong with it, what to mind."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ecm.imports.shapes import Document
from ecm.pupils import rules

LONGEST_RAW = 40
LONGEST_TEXT = 300
"""More than any fact that is read here needs."""

CANNOT_SHOW = "There is a character that cannot be shown. Type it again."
LOST = "A letter was lost when the file was saved (it shows as �). Save the file again as CSV UTF-8."
GARBLED = "The letters are garbled, as é is in “JosÃ©”. Save the file again as CSV UTF-8."


@dataclass
class Row:
    """What has been found out about one pupil so far."""

    number: int
    said: dict[str, Any] = field(default_factory=dict)
    carers: list[dict[str, Any]] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def reject(self, name: str, sentence: str) -> None:
        """The row is not taken."""
        self.problems.append({"field": name, "message": sentence})

    def warn(self, name: str, sentence: str, raw: str | None = None) -> None:
        """The row is taken, without what it says here or with less. `raw`: the code that is not known."""
        self.warnings.append({"field": name, "message": sentence})
        if raw is not None:
            self.raw[name] = shown(raw)

    def document(self) -> Document:
        """The row as it goes into a batch."""
        said = self.said
        key = rules.search_key(said.get("first_name", ""), said.get("last_name", ""), said.get("preferred_name", ""))
        return {
            "row": self.number, "said": said, "search_key": key, "carers": self.carers, "raw": self.raw,
            "problems": self.problems, "warnings": self.warnings,
        }  # fmt: skip


def shown(text: str, longest: int = LONGEST_RAW) -> str:
    """Words of a file as they can be shown and kept: short, and nothing that cannot be printed."""
    return "".join(each if each.isprintable() else "�" for each in text[:longest])


@lru_cache(maxsize=10_000)
def read_name(text: str) -> tuple[str, str | None]:
    """A name as it is stored, and why it cannot be one. Source: ecm/pupils/rules.py name_problem; W3C, personal names."""
    if "\ufffd" in text:
        return text, LOST
    name = rules.tidy_name(text)
    return name, rules.name_problem(name) or (GARBLED if not name.isascii() and _is_garbled(name) else None)


def _is_garbled(name: str) -> bool:
    """UTF-8 that was read as Windows-1252 turns back into text. A real name can by chance (É’ is one letter of another
    script), so one letter counts only if it is one of names in Latin letters, or punctuation."""
    try:
        meant = [each for each in name.encode("cp1252").decode() if not each.isascii()]
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    return len(meant) > 1 or any(each < "\u0250" or "\u1e00" <= each < "\u2030" for each in meant)
