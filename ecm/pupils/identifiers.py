"""Rules about the numbers and codes that other systems know a pupil, a school and an address by. Pure."""

import re

from stdnum.gb import nhs as _stdnum_nhs

from ecm.pupils.rules import SYNTHETIC_LA, is_la_code

UNKNOWN_ULN = "9999999999"

_SEPARATORS = re.compile(r"[\s\-‐‑–]+")
_DIGITS = re.compile(r"[0-9]+")
_SHORTENED = re.compile(r"[0-9][.,]?[0-9]*E\+?[0-9]+", re.IGNORECASE)
_POSTCODE = re.compile(
    "GIR 0AA|ZZ99 3[A-Z]Z|[A-PR-UWYZ]([0-9]{1,2}|[A-HK-Y][0-9][0-9ABEHMNPRV-Y]?|[0-9][A-HJKPS-UW]) [0-9][ABD-HJLNP-UW-Z]{2}"
)
_YEAR = re.compile(r"(?:(?:n\.?c\.?\s*)?(?:year(?:\s*group)?|yr|y)[\s._:-]*)?0?([0-9]|1[0-4])")
_YEARS_IN_WORDS = {
    "N1": ("n1", "nursery1", "nurseryyear1", "nurseryfirstyear"),
    "N2": ("n", "n2", "nur", "nursery", "nursery2", "nurseryyear2", "nurserysecondyear", "f1", "fs1", "foundation1"),
    "R": ("r", "rec", "reception", "receptionyear", "yr", "yearr", "f2", "fs2", "foundation2"),
    "X": ("x", "mixed", "mixedyears"),
}
_CODE_OF_YEAR = {words: code for code, all_words in _YEARS_IN_WORDS.items() for words in all_words}


def tidy_number(text: str) -> str:
    """A number as it is stored: without the spaces and hyphens it is written with. Source: as `nhs_number_problem`."""
    return _SEPARATORS.sub("", text)


def nhs_number_problem(text: str) -> str | None:
    """Why this is not an NHS number, as one sentence; None if it is one.

    Ten times one digit passes the check and is what people type when they must type something: refused.
    Source: NHS Data Dictionary, NHS number (modulus 11); python-stdnum `gb.nhs`.
    """
    number = tidy_number(text)
    if problem := _ten_digits(number, "An NHS number"):
        return problem
    if not _stdnum_nhs.is_valid(number) or len(set(number)) == 1:
        return "The last digit does not fit the rest of the NHS number. Check for a mistyped or swapped digit."
    return None


def uln_problem(text: str) -> str | None:
    """Why this is not a unique learner number, as one sentence; None if it is one.

    The weighted sum (10 for the first digit, 1 for the last) leaves 10 when divided by 11. That of an NHS number
    leaves 0, so neither number passes for the other.
    Source: HESA student record, ULN field (check digit); 9999999999 stands for a number not known.
    """
    number = tidy_number(text)
    if problem := _ten_digits(number, "A ULN"):
        return problem
    if number[0] == "0":
        return "A ULN does not begin with 0. Check for a mistyped number."
    left = sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), number, strict=True)) % 11
    if left == 0:
        return "The last digit makes this an NHS number and not a ULN. Check the column, and for a mistyped digit."
    return None if left == 10 else "The last digit does not fit the rest of the ULN. Check for a mistyped digit."


def _ten_digits(number: str, noun: str) -> str | None:
    if _SHORTENED.fullmatch(number):
        return (
            f"A spreadsheet has shortened this number. {noun} has 10 digits: show the column as text and save it again."
        )
    if len(number) != 10 or not _DIGITS.fullmatch(number):
        return f"{noun} has 10 digits."
    return None


def tidy_laestab(text: str) -> str:
    """A DfE school number as it is stored: seven digits, without `/`. Source: as `laestab_problem`."""
    return tidy_number(text).replace("/", "")


def laestab_problem(text: str, *, synthetic: bool = False) -> str | None:
    """Why this is not the DfE number of a school (LAESTAB), as one sentence; None if it is one.

    `synthetic` also accepts authority code 999, which no authority has.
    Source: DfE, Get Information about Schools (local authority 3 digits, establishment 4).
    """
    number = tidy_laestab(text)
    if len(number) != 7 or not _DIGITS.fullmatch(number):
        return "A DfE school number has 7 digits: 3 of the local authority and 4 of the school."
    if not (is_la_code(number[:3]) or (synthetic and number[:3] == SYNTHETIC_LA)):
        return "The first 3 digits of the DfE school number are not the code of a local authority."
    return None


def tidy_postcode(text: str) -> str:
    """A postcode in capital letters with one space before the last three. Source: as `postcode_problem`."""
    joined = "".join(text.split()).upper()
    return f"{joined[:-3]} {joined[-3:]}"


def postcode_problem(text: str) -> str | None:
    """Why this is not a postcode of the United Kingdom, as one sentence; None if it has the form of one.

    ZZ99 3VZ (no fixed abode) and ZZ99 3WZ (not known) are postcodes.
    Source: BS 7666-2; NHS Data Dictionary, postcode (pseudo country codes).
    """
    return None if _POSTCODE.fullmatch(tidy_postcode(text)) else "This is not a full UK postcode, like M1 1AE."


def year_group_in_words(text: str) -> str | None:
    """The code of the year group that a school's own words mean: "Year 4", "Y4", "04", "Reception", "N2"; else None.

    "Nursery" alone is the year before Reception. Two numbers ("Year 3/4") are a class and not a year: None.
    Source: DfE Common Basic Data Set, NC year group actual (N1, N2, R, 1 to 14, X).
    """
    words = text.casefold().strip()
    if found := _YEAR.fullmatch(words):
        return found[1] if found[1] != "0" else "R"
    return _CODE_OF_YEAR.get(re.sub(r"[\W_]+", "", words))
