"""Text that people type: in Unicode normal form, of a limited length, with nothing hidden in it.

Use these in every model that crosses the border, so that a page and the API refuse the same things:
`Line` one line of at most 200 characters, `Text` several and at most 10,000; `MaybeLine` and `MaybeText` may be empty.
A field may set a lower limit: `reason: Text = Field(max_length=500)`.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

# Control characters but tab and line end, lone surrogates, the embeddings, overrides and isolates that can make
# text read as something else, and the invisible tag characters. Marks and joiners that scripts need are not here.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
LINE_ENDS = ("\n", "\u2028", "\u2029")
LONGEST_LINE = 200
LONGEST_TEXT = 10_000


def clean(text: str) -> str:
    """The text in normal form NFC.

    Raises: PydanticCustomError `hidden_character` for a control character or a change of writing direction.
    """
    if HIDDEN.search(text):
        raise PydanticCustomError("hidden_character", "Text with a hidden character.")
    return unicodedata.normalize("NFC", text)


def _line(text: str) -> str:
    if any(end in text for end in LINE_ENDS):
        raise PydanticCustomError("one_line", "Text on several lines.")
    return _at_most(LONGEST_LINE, clean(text))


def _text(text: str) -> str:
    return _at_most(LONGEST_TEXT, clean(text))


def _something(text: str) -> str:
    if not text:
        raise PydanticCustomError("string_too_short", "Nothing was given.", {"min_length": 1})
    return text


def _at_most(longest: int, text: str) -> str:
    """Checked here, because a limit in the type itself would quietly win over `Field(max_length=…)` of one field."""
    if len(text) > longest:
        raise PydanticCustomError("string_too_long", "Too much text.", {"max_length": longest})
    return text


Trimmed = Annotated[str, StringConstraints(strip_whitespace=True)]
MaybeLine = Annotated[Trimmed, AfterValidator(_line)]
MaybeText = Annotated[Trimmed, AfterValidator(_text)]
Line = Annotated[MaybeLine, AfterValidator(_something)]
Text = Annotated[MaybeText, AfterValidator(_something)]
