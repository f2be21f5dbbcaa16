"""Rules about a pupil's number, age and name. Pure."""

import re
import unicodedata
from datetime import date

from stdnum.gb import upn as _stdnum_upn

SYNTHETIC_LA = "999"
LONGEST_NAME = 100
FORMULA_SIGNS = ("=", "+", "@", "＝", "＋", "＠")
MOST_WORDS = 8
OLDEST = 25

# Blocks of authority codes, not the list of authorities: a new authority takes the next number of a block, and to
# refuse a real pupil's number is worse than to accept one that was never issued. 1-5 and 701-708 are pseudo codes
# (unsure), 660-681 Wales, whose pupils keep their number when they move to England.
_LA_BLOCKS = (range(1, 6), range(201, 421), range(660, 682), range(701, 709), range(800, 950))
_UPN = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")

# Letters that no Unicode decomposition turns into the plain letter people type instead.
_PLAIN = str.maketrans("øđðłħŧ\u0131", "oddlhti") | str.maketrans({"æ": "ae", "œ": "oe", "þ": "th"})
_PARTS = re.compile(r"[\s\-'’ʼ`‘]+")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}")
_JOINERS = "\u200c\u200d"  # part of the spelling of Persian and Indic names


# ----------------------------------------------------------------------------------------------------- pupil number


def tidy_upn(text: str) -> str:
    """The number as it is stored: no spaces, capital letters. Source: DfE, Unique Pupil Numbers guide."""
    return "".join(text.split()).upper()


def upn_problem(text: str, *, synthetic: bool = False) -> str | None:
    """Why this is not a unique pupil number, permanent or temporary, as one sentence; None if it is one.

    `synthetic` also accepts authority code 999, which no authority has: numbers of invented pupils.
    Source: DfE, Unique Pupil Numbers guide; check letter as in python-stdnum `gb.upn`.
    """
    number = tidy_upn(text)
    if len(number) != 13:
        return "A UPN has 13 characters: a letter and 12 numbers, or a letter, 11 numbers and a letter."
    if not _UPN.fullmatch(number):
        return "A UPN is a letter and 12 numbers, or a letter, 11 numbers and a letter. It never has I, O or S."
    if not (is_la_code(number[1:4]) or (synthetic and number[1:4] == SYNTHETIC_LA)):
        return "Characters 2 to 4 of the UPN are not the code of a local authority. Check for a mistyped number."
    if _check_letter(number[1:]) != number[0]:
        return "The first letter does not fit the rest of the UPN. Check for a mistyped or swapped character."
    return None


def make_upn(establishment: int, year: int, serial: int, la: str = SYNTHETIC_LA) -> str:
    """The permanent number of the `serial`th pupil (0 to 999) numbered in `year` by the school `la`/`establishment`.

    Raises: ValueError for parts that do not fit.
    Source: DfE, Unique Pupil Numbers guide (check letter, authority, school, year, serial).
    """
    body = f"{la:0>3}{establishment:04d}{year % 100:02d}{serial:03d}"
    if not re.fullmatch("[0-9]{12}", body):
        raise ValueError("A UPN needs a three-digit authority, a four-digit school and a serial up to 999.")
    return _check_letter(body) + body


def is_la_code(code: str) -> bool:
    """Whether three digits are the code of a local authority of England or Wales. Source: DfE, Unique Pupil Numbers guide."""
    return any(int(code) in block for block in _LA_BLOCKS)


def _check_letter(body: str) -> str:
    return _stdnum_upn.calc_check_digit(body)


# ------------------------------------------------------------------------------------------------------------- age


def birthday(born: date, age: int) -> date:
    """The day on whose first moment (Europe/London) somebody reaches `age`.

    Who was born on 29 February has it on 1 March in a common year.
    Source: Family Law Reform Act 1969, s 9(1) (the commencement of the relevant anniversary). Sure for every other
    day; for 29 February the Act is silent and 1 March is the accepted reading, not settled by a statute.
    """
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, on: date) -> int:
    """Age in whole years on a day; negative before birth. Source: as `birthday`."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def school_year_starts(on: date) -> date:
    """1 September on or before this day. Source: DfE School Census guide (school year)."""
    return date(on.year if on.month >= 9 else on.year - 1, 9, 1)


def year_group(born: date, on: date) -> int | None:
    """The national curriculum year a pupil of this age is in: Reception 0, Years 1 to 14, nursery -1 and -2.

    None for anybody younger or older. Age decides, so a pupil taught in another year than their age group differs.
    Source: DfE School Census guide, NC year (age on the 31 August before the school year, less 4).
    """
    year = age_on(born, date(school_year_starts(on).year, 8, 31)) - 4
    return year if -2 <= year <= 14 else None


def year_group_code(year: int | None) -> str | None:
    """The year group as the Common Basic Data Set codes it: N1, N2, R, 1 to 14; None for None.

    Source: DfE Common Basic Data Set, NC year group actual.
    """
    if year is None:
        return None
    return str(year) if year > 0 else {0: "R", -1: "N2", -2: "N1"}[year]


def year_group_label(code: str | None) -> str:
    """A year group's code in words: 'Reception', 'Year 4', 'Nursery', 'Mixed years'; empty for None.

    Source: DfE Common Basic Data Set, NC year group actual (X: follows no year).
    """
    if not code:
        return ""
    return {"R": "Reception", "N1": "Nursery", "N2": "Nursery", "X": "Mixed years"}.get(code, f"Year {code}")


# ------------------------------------------------------------------------------------------------------------ names


def display_name(first_name: str, last_name: str, preferred_name: str = "") -> str:
    """The name to show: the preferred name instead of the first, then the last name, which some people do not have.

    Where what they are called is a part of the last name, as with a family name that is written first (Nguyễn, Thị Ánh,
    called Ánh), nothing is put in place of the first: it would stand there twice, and the family name not at all.
    Source: W3C, "Personal names around the world"; product choice (preferred first).
    """
    called = "" if preferred_name.casefold() in last_name.casefold().split() else preferred_name
    return " ".join(filter(None, (called or first_name, last_name)))


def tidy_name(text: str) -> str:
    """The name as it is stored: composed, no space at the ends, one space between words. Source: UAX 15 (NFC)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def name_problem(text: str) -> str | None:
    """Why this cannot be (part of) a name, as one sentence; None if it can. One-name pupils leave the other empty.

    Every script is welcome, and every printable character; but a name has a letter, and nothing invisible that
    could reorder or hide what is beside it, and nothing in front that starts a formula.
    Source: W3C, "Personal names around the world"; Unicode TR 36, 3.1 (bidirectional spoofing); OWASP, "CSV Injection".
    """
    name = tidy_name(text)
    if any(unicodedata.category(each)[0] == "C" and each not in _JOINERS for each in name):
        return "The name has a character that cannot be shown. Type it again."
    if name.startswith(FORMULA_SIGNS):
        return "A name cannot begin with =, + or @: a spreadsheet would take it for a formula."
    if not any(each.isalpha() for each in name):
        return "The name needs at least one letter."
    if len(name) > LONGEST_NAME:
        return f"The name must be {LONGEST_NAME} characters or fewer."
    return None


def name_key(name: str) -> str:
    """One name reduced to what people type when they look for it: O'Neill (any apostrophe), O Neill, ONEILL.

    No case, no diacritics, no apostrophes, hyphens or spaces. Stable: the key of a key is itself.
    Source: UAX 15 (NFKD); W3C, "Personal names around the world".
    """
    if name.isascii() and name.isalnum():
        return name.lower()  # as below, in a tenth of the time
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).translate(_PLAIN)
    return "".join(each for each in letters if each.isalnum() and unicodedata.category(each) != "Lm")


def search_key(first_name: str, last_name: str, preferred_name: str = "") -> str:
    """What a pupil is found by: the keys of all names and of their parts, with spaces between, each once.

    So O’Neill is found as oneill and as neill, and Thị Ánh as thianh, thi and anh.
    Source: as `name_key`.
    """
    names = (first_name, last_name, preferred_name)
    keys = [name_key(each) for each in names] + [name_key(part) for each in names for part in _PARTS.split(each)]
    return " ".join(dict.fromkeys(filter(None, keys)))


def search_words(q: str) -> list[str]:
    """The keys of the words of `q`; at most 8. Source: as `name_key`."""
    return [key for word in q.split() if (key := name_key(word))][:MOST_WORDS]


def search_phrases(q: str) -> list[str]:
    """The ways to read what was typed: word by word, and with each two neighbours as one name (o neill, mary ann).

    A pupil is found by any of them, when every word of it is, begins or is nearly one of the pupil's names.
    Source: as `name_key`.
    """
    words = search_words(q)
    # One letter beside a name is an initial: joined to it, it would read as a slip of the pen in everybody of that name.
    joined = [
        [*words[:i], words[i] + words[i + 1], *words[i + 2 :]]
        for i in range(len(words) - 1)
        if min(len(words[i]), len(words[i + 1])) > 1
    ]
    return [" ".join(each) for each in [words, *joined] if each]


# ----------------------------------------------------------------------------------------------- what is written down


def birth_problem(born: date, today: date) -> str | None:
    """Why nobody at school was born on this day, as one sentence; None if somebody can have been.

    Source: Children and Families Act 2014, s 83 (special educational needs up to 25).
    """
    if born > today:
        return "The date of birth must be in the past."
    if age_on(born, today) > OLDEST:
        return f"The date of birth must be within the last {OLDEST} years. Check the year."
    return None


def tidy_phone(text: str) -> str:
    """A telephone number as it is stored: + and the country's code, no spaces; 07… is British. Source: ITU-T E.164."""
    number = re.sub(r"[\s().-]", "", text)
    if number.startswith("00"):
        return f"+{number[2:]}"
    return f"+44{number[1:]}" if number.startswith("0") else number


def phone_problem(text: str) -> str | None:
    """Why no text message can be sent to this number, as one sentence; None if one can.

    Source: ITU-T E.164 (at most 15 digits); Ofcom, National Telephone Numbering Plan (mobiles begin 071 to 079).
    """
    number = tidy_phone(text)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number, re.ASCII):
        return "Enter a mobile number, like 07700 900123 or +48 600 123 456."
    if number.startswith("+44") and not re.fullmatch(r"\+447[1-9][0-9]{8}", number, re.ASCII):
        return "Enter a UK mobile number with 11 digits, like 07700 900123. A code cannot be sent to a landline."
    return None


def email_problem(text: str) -> str | None:
    """Why this is no e-mail address, as one sentence; None if it looks like one. Source: RFC 5321, 4.5.3 (lengths)."""
    name, at, host = text.rpartition("@")
    sound = at and 0 < len(name) <= 64 and len(text) <= 254 and _HOST.fullmatch(host) and _MAILBOX.fullmatch(name)
    return None if sound else "Enter an e-mail address in the correct format, like name@example.com."
