"""Text that people type: in Unicode normal form, of a limited length, with nothing hidden in it.

Use these in every model that crosses the border, so that a page and the API refuse the same things:
`Line` one line, `Text` several; `MaybeLine` and `MaybeText` may be empty.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

# Control characters but tab and line end, lone surrogates, the embeddings, overrides and isolates that can make
# text read as something else, and the invisible tag characters. Marks and joiners that scripts need are not here.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
LONGEST_LINE = 200
LONGEST_TEXT = 10_000


def clean(text: str) -> str:
    """The text in normal form NFC.

    Raises: PydanticCustomError `hidden_character` for a control character or a change of writing direction.
    """
    if HIDDEN.search(text):
        raise PydanticCustomError("hidden_character", "Text with a hidden character.")
    return unicodedata.normalize("NFC", text)


def clean_line(text: str) -> str:
    """The same, on one line.

    Raises: PydanticCustomError as `clean` does, and `one_line` when there is a line end in it.
    """
    if "\n" in text or "\u2028" in text or "\u2029" in text:
        raise PydanticCustomError("one_line", "Text on several lines.")
    return clean(text)


def _trimmed(shortest: int, longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


Line = Annotated[str, _trimmed(1, LONGEST_LINE), AfterValidator(clean_line)]
MaybeLine = Annotated[str, _trimmed(0, LONGEST_LINE), AfterValidator(clean_line)]
Text = Annotated[str, _trimmed(1, LONGEST_TEXT), AfterValidator(clean)]
MaybeText = Annotated[str, _trimmed(0, LONGEST_TEXT), AfterValidator(clean)]
