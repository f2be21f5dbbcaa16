"""The rules about pupils, put to each field of a file."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from ecm.imports import codes
from ecm.imports.carers import Carers
from ecm.imports.codes import bare
from ecm.imports.dates import read_date
from ecm.imports.rows import CANNOT_SHOW, LONGEST_TEXT, Row, read_name, shown
from ecm.imports.shapes import Unreadable
from ecm.pupils import identifiers, rules

LONGEST_CLASS = 40
OTHER_NEED = "OTH"
EARLIEST_ENTRY = date(1990, 1, 1)
FURTHEST = timedelta(days=400)
YEARS = ("N1", "N2", "R", *map(str, range(1, 15)))


class Judge:
    """Judges row after row of one file by the rules of pupils, and remembers what only the whole file can tell."""

    def __init__(self, today: date, *, coded: bool = False) -> None:
        """`coded`: the file has codes where a school's own list has words."""
        self.today = today
        self._carers = Carers(coded)
        self._day_first: set[str] = set()
        self._month_first: dict[str, int] = {}

    def row(
        self,
        number: int,
        texts: Mapping[str, str],
        needs: Sequence[str] = (),
        carers: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Row:
        """What these texts say of one pupil. Empty ones say nothing."""
        row = Row(number)
        for name, text in texts.items():
            if len(text) > LONGEST_TEXT:
                row.reject(name, f"This is too long: it has {len(text):,} characters.")
            elif text and name in READERS:
                READERS[name](self, row, name, text)
        if not texts.get("first_name"):
            row.reject("first_name", "The first name is missing. A pupil with one name only has it as the first.")
        _needs(row, needs)
        row.carers = self._carers.of(row, carers) if carers else []
        _dates_in_order(row)
        _year_fits_age(row, self.today)
        return row

    def read_date(self, row: Row, name: str, text: str) -> date | None:
        """The day a text means, or None and a problem. Source: ecm/imports/dates.py."""
        written = read_date(text)
        if written.order == "day first":
            self._day_first.add(name)
        elif written.order == "month first":
            self._month_first.setdefault(name, row.number)
        if written.problem:
            row.reject(name, written.problem)
        return written.day

    def last_word(self) -> tuple[str, ...]:
        """Sentences about the whole file. Raises: Unreadable for a column of dates with the month first: the others
        of the column, like 03/04/2015, would be read as another day without anybody noticing."""
        for name, number in self._month_first.items():
            if name not in self._day_first:
                raise Unreadable(
                    f"The dates seem to have the month first, as in row {number}, so that 03/04/2015 would be read as"
                    " 3 April. Write the day first, like 25/03/2015, or the year first, like 2015-03-25."
                )
        return self._carers.last_word()


# ---------------------------------------------------------------------------------------------- one field each

Reader = Callable[[Judge, Row, str, str], None]


def _name(_judge: Judge, row: Row, name: str, text: str) -> None:
    tidy, problem = read_name(text)
    if problem:
        row.reject(name, problem)
    else:
        row.said[name] = tidy


def _number(problem_of: Callable[[str], str | None], tidy: Callable[[str], str]) -> Reader:
    def read(_judge: Judge, row: Row, name: str, text: str) -> None:
        if bare(text) in codes.NOTHING:
            return
        if problem := problem_of(text):
            row.reject(name, problem)
        else:
            row.said[name] = tidy(text)

    return read


def _uln(judge: Judge, row: Row, name: str, text: str) -> None:
    if identifiers.tidy_number(text) == identifiers.UNKNOWN_ULN:
        row.warn(name, "This ULN stands for a number that is not known. It is left out.")
    else:
        _any_uln(judge, row, name, text)


def _ecm_id(_judge: Judge, row: Row, name: str, text: str) -> None:
    """What a pupil is known by here: in files that were taken away here (ecm/exports/pupils.py)."""
    try:
        row.said[name] = str(UUID(text))
    except ValueError:
        row.reject(name, "The ECM id must be as it was when the list was taken away, or empty.")


def _born(judge: Judge, row: Row, name: str, text: str) -> None:
    if bare(text) in codes.NOTHING:
        return
    if (born := judge.read_date(row, name, text)) is None:
        return
    if problem := rules.birth_problem(born, judge.today):
        row.reject(name, problem)
    else:
        row.said[name] = born.isoformat()


def _roll_date(judge: Judge, row: Row, name: str, text: str) -> None:
    if bare(text) in codes.NOTHING:
        return
    if (day := judge.read_date(row, name, text)) is None:
        return
    if not EARLIEST_ENTRY <= day <= judge.today + FURTHEST:
        row.reject(name, "The date must be between 1990 and about a year from today. Check the year.")
    else:
        row.said[name] = day.isoformat()


def _year_group(_judge: Judge, row: Row, name: str, text: str) -> None:
    if code := identifiers.year_group_in_words(text):
        row.said[name] = code
    elif bare(text) not in codes.NOTHING:
        row.warn(name, f"“{shown(text)}” is not a year group. It is left out.", text)


def _class(_judge: Judge, row: Row, name: str, text: str) -> None:
    if len(text) > LONGEST_CLASS:
        row.reject(name, f"The class must be {LONGEST_CLASS} characters or fewer.")
    elif text.startswith(rules.FORMULA_SIGNS):
        row.reject(name, "A class cannot begin with =, + or @: a spreadsheet would take it for a formula.")
    elif not text.isprintable():
        row.reject(name, CANNOT_SHOW)
    else:
        row.said[name] = rules.tidy_name(text)


def _provision(_judge: Judge, row: Row, name: str, text: str) -> None:
    for each in _readings(text):
        if now := codes.PROVISION_OF.get(each):
            row.said[name] = now
            return
        if now := codes.FORMER_PROVISION_OF.get(each):
            row.said[name] = now
            row.warn(name, f"“{shown(text)}” is not used any more. It is taken as {now}.", text)
            return
    if bare(text) not in codes.NOTHING:
        row.warn(name, f"“{shown(text)}” is not a kind of SEN provision. It is left out.", text)


def _readings(text: str) -> list[str]:
    """The words as a whole, and a code in capital letters before them or in brackets after them."""
    found = _CODE.fullmatch(text)
    return [bare(text)] + ([bare(found[1] or found[2])] if found else [])


_CODE = re.compile(r"([A-Z]{1,4})\b.*|.*\(([A-Z]{1,4})\)")
_CODE_AROUND = re.compile(r"^[A-Z]{1,4}\s*[-:–]\s*|\s*\([A-Z]{1,4}\)$")


def _postcode(_judge: Judge, row: Row, name: str, text: str) -> None:
    """Checked, and not kept: an address is more than is needed here."""
    if bare(text) not in codes.NOTHING and (problem := identifiers.postcode_problem(text)):
        row.warn(name, problem)


def _upn_problem(text: str) -> str | None:
    return rules.upn_problem(text, synthetic=True)


_any_uln = _number(identifiers.uln_problem, identifiers.tidy_number)
READERS: dict[str, Reader] = {
    "ecm_id": _ecm_id,
    "upn": _number(_upn_problem, rules.tidy_upn),
    "former_upn": _number(_upn_problem, rules.tidy_upn),
    "uln": _uln,
    "nhs_number": _number(identifiers.nhs_number_problem, identifiers.tidy_number),
    "first_name": _name,
    "last_name": _name,
    "preferred_name": _name,
    "date_of_birth": _born,
    "year_group": _year_group,
    "class_name": _class,
    "sen_provision": _provision,
    "from_on": _roll_date,
    "left_on": _roll_date,
    "postcode": _postcode,
}


# --------------------------------------------------------------------------------------------------- more than one


def _needs(row: Row, texts: Sequence[str]) -> None:
    """The types of need, the first one first; each type once."""
    found = dict.fromkeys(code for text in texts for each in _parts(text[:LONGEST_TEXT]) if (code := _need(row, each)))
    if found:
        row.said["needs"] = [{"type": code, "rank": rank} for rank, code in enumerate(found, start=1)]


def _parts(text: str) -> list[str]:
    """The needs of one cell: one, or several with ; | / or a comma between."""
    words = _CODE_AROUND.sub("", text)
    if bare(words) in codes.NEED_OF:
        return [words]
    return re.split("[;|/]" if re.search("[;|/]", text) else ",", text)


def _need(row: Row, text: str) -> str | None:
    for each in _readings(text):
        if known := codes.NEED_OF.get(each):
            return known
        if known := codes.FORMER_NEED_OF.get(each):
            row.warn("needs", f"“{shown(text)}” is not used any more. It is taken as {known}.", text)
            return known
    if bare(text) in codes.NOTHING:
        return None
    row.warn("needs", f"“{shown(text)}” is not a type of need of the national list. It is taken as “other”.", text)
    return OTHER_NEED


def _dates_in_order(row: Row) -> None:
    said = row.said
    if said.get("left_on", "9999") < said.get("from_on", ""):
        row.reject("left_on", "The leaving date is before the entry date.")
    if said.get("from_on", "9999") < said.get("date_of_birth", ""):
        row.reject("from_on", "The entry date is before the date of birth.")


def _year_fits_age(row: Row, today: date) -> None:
    """A year apart happens; more is a mistyped year. Source: ecm/pupils/rules.py year_group."""
    said = row.said
    if "date_of_birth" not in said or said.get("year_group", "X") == "X":
        return
    by_age = rules.year_group(date.fromisoformat(said["date_of_birth"]), today)
    if by_age is None or abs(by_age - YEARS.index(said["year_group"]) + 2) > 1:
        row.warn("year_group", "The year group does not fit the date of birth. Check both.")
