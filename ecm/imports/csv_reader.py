"""A list of pupils as CSV: any of three delimiters, any encoding of `encoding_of`, columns by their names."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import BinaryIO, TextIO

from ecm.imports.encoding import text_of
from ecm.imports.headers import Columns, refuse_without_names, understand, what_of
from ecm.imports.judging import Judge
from ecm.imports.rows import Row, shown
from ecm.imports.shapes import Head, Tail, Unreadable
from ecm.pupils.identifiers import laestab_problem, tidy_laestab

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 100_000
LONGEST_CELL = 10_000
LONGEST_URN = 7
LONGEST_SCHOOL = 100
MOST_LINES = 500
"""Of one row: more is a quotation mark that is never closed."""
MOST_ROWS = 200_000
SEARCHED = 10
"""Rows in which the names of the columns are looked for: a title may stand above them."""
GUARDED = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
"""What an apostrophe is put before when a list is written, so that no formula runs. Source: ecm/web/sheet.py."""


def read_csv(file: BinaryIO, encoding: str, today: date) -> Iterator[Head | Row | Tail]:
    """The head of the file, each of its pupils, its tail.

    Raises: Unreadable, also after some pupils.
    """
    delimiter, heading, columns = _heading(file, encoding)
    refuse_without_names(columns)
    source = _school(file, encoding, delimiter, heading, columns)
    yield Head("csv", encoding, delimiter, columns.understood, tuple(columns.ignored), source)
    judge, count = Judge(today), 0
    with _rows(file, encoding, delimiter) as rows:
        for number, cells in rows:
            if number > heading and any(map(str.strip, cells)):
                count += 1
                yield _judged(judge, number, cells, columns)
    if not count:
        raise Unreadable("The file names its columns, and there are no pupils below them.")
    yield Tail(count, judge.last_word())


# ------------------------------------------------------------------------------------------------- rows of cells


class _Lines:
    """The lines of a text, none of them endless, and not too many for one row."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.number = 0
        self.row_began = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"Line {self.number} has more than {LONGEST_LINE:,} characters. Each pupil needs a line.")
        if "\0" in line:
            raise Unreadable(
                f"Line {self.number} has an empty character (NUL): the file is damaged, or no CSV. Export it again."
            )
        if self.number - self.row_began >= MOST_LINES:
            raise Unreadable(NEVER_CLOSED.format(self.row_began))
        return line


NEVER_CLOSED = "A quotation mark in line {} is opened and never closed. Correct that line and send the file again."


@contextmanager
def _rows(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Each row's number, as a spreadsheet shows it, and its cells."""
    with text_of(file, encoding) as text:
        yield _numbered(text, delimiter)


def _numbered(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    lines, number = _Lines(text), 0
    cells = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for number, row in enumerate(cells, start=1):
            lines.row_began = lines.number + 1
            if number > MOST_ROWS:
                raise Unreadable(f"The file has more than {MOST_ROWS:,} rows. Send the pupils of one school.")
            yield number, row
    except csv.Error as error:
        raise Unreadable(_broken(str(error), lines.row_began)) from None


def _broken(error: str, line: int) -> str:
    if "field larger" in error or "unexpected end" in error:
        return NEVER_CLOSED.format(line)
    return (
        f"In line {line} text goes on after a closing quotation mark. A quotation mark inside a cell is written twice."
    )


# --------------------------------------------------------------------------------------------------- the heading


def _heading(file: BinaryIO, encoding: str) -> tuple[str, int, Columns]:
    """The delimiter, the number of the row that names the columns, and what they are: where most is understood."""
    best: tuple[int, str, int, list[str]] | None = None
    failure: Unreadable | None = None
    for delimiter in DELIMITERS:
        try:
            for number, cells in _first_rows(file, encoding, delimiter):
                known = sum(what_of(each) is not None for each in cells)
                if best is None or known > best[0]:
                    best = (known, delimiter, number, cells)
        except Unreadable as error:
            failure = error
    if best is None or (failure and not best[0]):
        raise failure or Unreadable("The file is empty.")
    return best[1], best[2], understand(best[3])


def _first_rows(file: BinaryIO, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    with _rows(file, encoding, delimiter) as rows:
        for number, cells in rows:
            if number > SEARCHED:
                return
            yield number, cells


# ---------------------------------------------------------------------------------------------------- the school


def _school(file: BinaryIO, encoding: str, delimiter: str, heading: int, columns: Columns) -> dict[str, str]:
    """The one school that the rows name, if any does. Raises: Unreadable for two, or for a number that no school has."""
    places = {name: place for place, name in columns.fields.items() if name.startswith("school_")}
    found: dict[str, str] = {}
    if not places:
        return found
    with _rows(file, encoding, delimiter) as rows:
        for number, cells in rows:
            if number > heading and any(cells):
                said = {name: plain(cells[place]) for name, place in places.items() if place < len(cells)}
                for key, value in _named(number, said).items():
                    if found.setdefault(key, value).casefold() != value.casefold():
                        raise Unreadable(
                            f"Row {number} names another school than the rows above it ({value}). {ONE_SCHOOL}"
                        )
    return found


ONE_SCHOOL = "Send one file for each school, with the pupils of that school only."


def _named(number: int, said: Mapping[str, str]) -> dict[str, str]:
    laestab, estab = said.get("school_laestab", ""), said.get("school_estab", "")
    if estab and not laestab:  # the authority alone is no school
        laestab = said.get("school_la", "") + estab
    if laestab and (problem := laestab_problem(laestab, synthetic=True)):
        raise Unreadable(f"Row {number}: {problem}")
    urn = said.get("school_urn", "")
    if urn and not (urn.isascii() and urn.isdigit() and len(urn) <= LONGEST_URN):
        raise Unreadable(f"Row {number}: a URN is a number with up to {LONGEST_URN} digits.")
    named = {"laestab": tidy_laestab(laestab), "urn": urn, "name": shown(said.get("school_name", ""), LONGEST_SCHOOL)}
    return {key: value for key, value in named.items() if value}


# -------------------------------------------------------------------------------------------------------- a row


def _judged(judge: Judge, number: int, cells: list[str], columns: Columns) -> Row:
    texts = {name: plain(cells[place]) for place, name in columns.fields.items() if place < len(cells)}
    carers: dict[str, dict[str, str]] = {}
    for place, (who, what) in columns.carers.items():
        if place < len(cells) and (text := plain(cells[place])):
            carers.setdefault(who, {})[what] = text
    for who in ("Mother", "Father"):
        if who in carers:
            carers[who].setdefault("relationship", who.lower())
    row = judge.row(number, texts, [texts[name] for name in NEEDS if texts.get(name)], carers)
    if any(map(str.strip, cells[columns.count :])):
        row.reject("row", f"The row has {len(cells)} cells and the first row {columns.count}. Text with a delimiter in it"
                   " needs quotation marks around it.")  # fmt: skip
    elif len(cells) < columns.count:
        row.warn("row", f"The row ends early, after {len(cells)} of {columns.count} cells.")
    return row


NEEDS = ("needs", "need1", "need2", "need3", "need4")


def plain(cell: str) -> str:
    """A cell on one line, without what a system puts around it for a spreadsheet: an apostrophe before a sign that would
    begin a formula, or ="…" around a number that would lose its noughts."""
    text = " ".join(cell.split())
    if text.startswith("'") and text[1:].startswith(GUARDED):
        return text[1:]
    return text[2:-1] if text.startswith('="') and text.endswith('"') and text.count('"') == 2 else text
