"""The Common Transfer File of the Department for Education, and admissions files of the same shape."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import BinaryIO

from ecm.imports.dates import read_date
from ecm.imports.elements import Elements, Found, Texts
from ecm.imports.judging import Judge
from ecm.imports.rows import Row, shown
from ecm.imports.shapes import Head, Tail, Unreadable
from ecm.pupils.identifiers import laestab_problem

MOST_PUPILS = 200_000
LONGEST_SCHOOL = 100
ENDS = ("source", "destination")
NOT_A_CTF = "This XML file is not a Common Transfer File: there is no pupil in it."


def read_ctf(file: BinaryIO, encoding: str, today: date) -> Iterator[Head | Row | Tail]:
    """The head of the file, each of its pupils, its tail.

    Raises: Unreadable, also after some pupils.
    """
    elements, judge, count = Elements(encoding), Judge(today, coded=True), 0
    for pupil in elements.pupils(file):
        if not count:
            yield _head(elements.header, encoding)
        count += 1
        if count > MOST_PUPILS:
            raise Unreadable(f"The file has more than {MOST_PUPILS:,} pupils. Send the pupils of one school.")
        yield _judged(judge, count, pupil)
    if not count:
        raise Unreadable("The file has no pupils." if elements.header else NOT_A_CTF)
    yield Tail(count, judge.last_word())


# ------------------------------------------------------------------------------------------------------- the head


def _head(header: Found | None, encoding: str) -> Head:
    header = header or Found()
    source, destination = (_school(each.texts) for end in ENDS for each in header.parts.get(end, [Found()])[:1])
    version = header.texts.get("version")
    return Head(
        "ctf", encoding, source=source, destination=destination, ctf_version=shown(version) if version else None
    )


def _school(said: Texts) -> Texts:
    """What names the school. XXX, MMM and the like stand for a school that is not known: that is none."""
    laestab = said.get("lea", "") + said.get("estab", "")
    if laestab and set(laestab.upper()) <= set("XML?"):
        laestab = ""
    if laestab and (problem := laestab_problem(laestab, synthetic=True)):
        raise Unreadable(f"The header of the file does not name a school. {problem}")
    named = {"laestab": laestab, "urn": shown(said.get("urn", "")), "name": shown(said.get("name", ""), LONGEST_SCHOOL)}
    return {key: value for key, value in named.items() if value}


# ------------------------------------------------------------------------------------------------------- a pupil


def _judged(judge: Judge, number: int, pupil: Found) -> Row:
    texts = pupil.texts
    texts["sen_provision"] = _provision(pupil.parts.get("sen", ()), judge.today)
    needs = sorted(pupil.parts.get("need", ()), key=lambda each: each.texts.get("rank", "9").zfill(3))
    contacts = sorted(pupil.parts.get("contact", ()), key=lambda each: each.texts.get("order", "99").zfill(3))
    row = judge.row(
        number, texts, [each.texts.get("type", "") for each in needs],
        {f"Contact {place}": each.texts for place, each in enumerate(contacts, start=1)},
    )  # fmt: skip
    for name in sorted(pupil.differ):
        row.reject(name, "The file says two different things here. Correct one of them.")
    return row


def _provision(history: Sequence[Found], today: date) -> str:
    """The provision that holds today: of the entry that began last; N when that has ended; '' without entries."""
    began = [each for each in history if (_day(each, "start") or date.min) <= today and "provision" in each.texts]
    if not began:
        return ""
    last = max(reversed(began), key=lambda each: _day(each, "start") or date.min)
    ended = _day(last, "end")
    return "N" if ended and ended < today else last.texts["provision"]


def _day(entry: Found, name: str) -> date | None:
    return read_date(entry.texts.get(name, "")).day
