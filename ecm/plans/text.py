"""Words that people wrote, made fit for print: cleaned, cut into paragraphs, shortened, and read the right way round."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

Row = Mapping[str, Any]


def clean(text: str) -> str:
    """The same words, fit for print: accents composed, plain line ends, pictures in words, nothing that cannot print.

    Characters that turn the direction of what follows go too: with one, a name could make a date read backwards.
    """
    lines = unicodedata.normalize("NFC", "\n".join(text.splitlines())).replace("\t", " ")
    return "".join(_printed(each) for each in lines).strip()


def text_in(row: Row, key: str) -> str:
    """What a row says under this key, cleaned; '' when it says nothing."""
    return clean(row.get(key) or "")


def worded(words: Mapping[str, str], code: str) -> str:
    """The words for a code; a code without words yet is shown as it is rather than lost."""
    return words.get(code, code.replace("_", " "))


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TINTS = ("\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}", "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}")
_VARIANT = "\N{VARIATION SELECTOR-16}"
"""Asks for the coloured form of a sign; paper has the plain one."""


def _printed(character: str) -> str:
    if character == "\n":
        return character
    if character in _TURNING or character == _VARIANT or _TINTS[0] <= character <= _TINTS[1]:
        return ""
    if "\U0001f000" <= character <= "\U0001faff":
        return f"({unicodedata.name(character, 'picture').lower()})"
    return "" if unicodedata.category(character) in ("Cc", "Cs", "Co") or _no_character(ord(character)) else character


def _no_character(point: int) -> bool:
    """Unicode's noncharacters, and its tag characters, which have no shape."""
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF or 0xE0000 <= point <= 0xE0FFF


def paragraphs(text: str) -> tuple[str, ...]:
    """The text's lines that say something, in order."""
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def excerpt(text: str, limit: int) -> str:
    """The beginning of the text on one line, at most `limit` characters, cut between words and marked with an ellipsis.

    A text that fits comes back whole.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0] if " " in line[:limit] else line[: limit - 1]
    return cut[: limit - 1].rstrip(" ,;:.") + "…"


def direction(text: str) -> Literal["ltr", "rtl"]:
    """Which way the text runs: that of its first letter that has a direction.

    Source: Unicode Standard Annex 9, rules P2 and P3.
    """
    for character in text:
        strong = unicodedata.bidirectional(character)
        if strong in ("L", "R", "AL"):
            return "ltr" if strong == "L" else "rtl"
    return "ltr"


def amount(number: float | None) -> str:
    """A measured number as people write it: `12`, `12.5`; '' for none."""
    return "" if number is None else f"{number:.10g}"
