"""The contacts of a pupil in a file, as parents and carers: what is said of each, never more than a claim."""

import re
from collections.abc import Mapping
from typing import Any

from ecm.imports import codes
from ecm.imports.codes import bare
from ecm.imports.rows import LONGEST_TEXT, Row, read_name, shown
from ecm.pupils import rules

LONGEST_RELATIONSHIP = 60
_SEVERAL = re.compile("[;/]")


class Carers:
    """Reads the contacts of pupil after pupil of one file, and counts what was left out of it."""

    def __init__(self, coded: bool) -> None:
        """`coded`: relationships are codes of transfer files, and no words of the school's own."""
        self._coded = coded
        self._landlines = 0
        self._professionals = 0

    def of(self, row: Row, contacts: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
        """The carers of one pupil, in the order of the file. A wrong detail is left out, and warned of."""
        found: dict[str, dict[str, Any]] = {}
        for who, said in contacts.items():
            if carer := self._carer(row, who, said):
                if carer["name"] in found:
                    row.warn("carers", f"{who} has the name of another contact. The first one is taken.")
                found.setdefault(carer["name"], carer)
        return list(found.values())

    def last_word(self) -> tuple[str, ...]:
        """Sentences about the whole file."""
        counted = {
            "Contacts left out because they are professionals, such as doctors or teachers": self._professionals,
            "Contacts without a mobile number, whose other telephone numbers are left out": self._landlines,
        }
        return tuple(f"{words}: {number:,}." for words, number in counted.items() if number)

    def _carer(self, row: Row, who: str, said: Mapping[str, str]) -> dict[str, Any] | None:
        if not any(said.values()):
            return None
        if any(len(text) > LONGEST_TEXT for text in said.values()):
            row.warn("carers", f"{who} is left out: a text is too long.")
            return None
        relationship = said.get("relationship", "")
        if bare(relationship) in codes.PROFESSIONALS:
            self._professionals += 1
            return None
        name, problem = read_name(_whole_name(said) or " ")
        if problem:
            row.warn("carers", f"{who} is left out: {problem if name.strip() else 'there is no name.'}")
            return None
        details = {
            "name": name,
            "relationship": self._relationship(row, who, relationship),
            "has_parental_responsibility": _responsibility(row, who, said.get("responsibility", "")),
            "email": _email(row, who, said.get("email", "")),
            "phone": self._phone(f"{said.get('mobile', '')};{said.get('phone', '')}"),
            "language": _language(row, who, said.get("language", "")),
        }
        return {key: value for key, value in details.items() if value is not None}

    def _relationship(self, row: Row, who: str, text: str) -> str | None:
        """The word for a code of transfer files; other words as the school writes them."""
        if bare(text) in codes.NOTHING:
            return None
        if known := codes.RELATIONSHIPS.get(text):
            return known
        if not self._coded and len(text) <= LONGEST_RELATIONSHIP and rules.name_problem(text) is None:
            return rules.tidy_name(text)
        row.warn("carers", f"{who}: “{shown(text)}” is not a known relationship. It is taken as “other”.", text)
        return "other"

    def _phone(self, text: str) -> str | None:
        """The first mobile number of several (; or / between); a number to which no message can go is left out."""
        numbers = [each for each in _SEVERAL.split(text) if bare(each) not in codes.NOTHING]
        for each in numbers:
            if rules.phone_problem(each) is None:
                return rules.tidy_phone(each)
        self._landlines += bool(numbers)
        return None


def _whole_name(said: Mapping[str, str]) -> str:
    """The name as it is written, or put together: a title only helps where there is no first name."""
    if said.get("name"):
        return said["name"]
    first, last = said.get("first_name", ""), said.get("last_name", "")
    return " ".join(filter(None, (first or said.get("title", ""), last))) if last or first else ""


def _responsibility(row: Row, who: str, text: str) -> bool | None:
    if bare(text) in codes.NOTHING:
        return None
    if (claim := codes.YES_OR_NO.get(bare(text))) is None:
        row.warn("carers", f"{who}: parental responsibility is neither yes nor no. It is left out.", text)
    return claim


def _email(row: Row, who: str, text: str) -> str | None:
    if bare(text) in codes.NOTHING:
        return None
    if rules.email_problem(text) is None:
        return text
    row.warn("carers", f"{who}: the e-mail address is not in the correct format. It is left out.")
    return None


def _language(row: Row, who: str, text: str) -> str | None:
    if bare(text) in codes.NOTHING:
        return None
    if (known := codes.LANGUAGE_OF.get(bare(text))) is None:
        row.warn("carers", f"{who}: “{shown(text)}” is not a known language. It is left out.", text)
    return known
