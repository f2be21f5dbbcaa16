"""Whose pupils a file may bring."""

import re
from collections.abc import Mapping

from ecm.pupils.rules import name_key

Named = Mapping[str, str | None]

NUMBERS = ("laestab", "urn")
UNKNOWN = ("", "0000000", "9999999", "XXXXXXX")


def school_problem(ours: Named, source: Named, destination: Named) -> str | None:
    """Why this file is not for this school, as one sentence; None if it is, or names no school at all.

    Each school is told by `laestab` (7 digits), `urn` and `name`, as far as known. A file that one school makes for
    another brings pupils to its destination, so the destination decides, and without one the source.
    Source: ADR 0021; DfE, Common Transfer File guide (source and destination).
    """
    for place, named in (("for", destination), ("of", source)):
        told = {key: value for key, value in named.items() if value and value.upper() not in UNKNOWN}
        if told:
            return _problem(ours, told, place)
    return None


def _problem(ours: Named, told: Named, place: str) -> str | None:
    numbers = [key for key in NUMBERS if told.get(key)]
    common = [key for key in numbers if ours.get(key)]
    if common:
        different = next((key for key in common if ours[key] != told[key]), None)
        return different and (
            f"This file is {place} another school ({LABELS[different]} {told[different]}), and you act for "
            f"{ours['name']} ({ours[different]}). Nothing was read."
        )
    if numbers:
        return (
            f"This file is {place} the school with {LABELS[numbers[0]]} {told[numbers[0]]}, and the number of {ours['name']} is "
            "not recorded. Ask whoever looks after ECM to record it with: ecm set-school-number."
        )
    if _alike(ours["name"] or "", told.get("name") or ""):
        return None
    return f"This file is {place} “{told['name']}”, and you act for {ours['name']}. Nothing was read."


LABELS = {"laestab": "LAESTAB", "urn": "URN"}


def _alike(one: str, other: str) -> bool:
    """Schools are written with and without “Primary School”."""
    first, second = name_key(one), name_key(other)
    return bool(second) and (first in second or second in first)


def number_problem(urn: str | None, laestab: str | None) -> str | None:
    """Why a school is not known by these numbers, as one sentence; None if it can be, and one of them is there.

    Source: Get Information about Schools (URN, 5 or 6 digits); DfE, local authority and establishment numbers.
    """
    if not urn and not laestab:
        return "Give --urn, --laestab or both."
    if urn and not re.fullmatch("[0-9]{5,6}", urn):
        return "A URN has 5 or 6 digits."
    if laestab and not re.fullmatch("[0-9]{7}", laestab):
        return "A LAESTAB has 7 digits: 3 of the local authority, 4 of the school."
    return None
