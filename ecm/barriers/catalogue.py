"""The catalogue of barriers to learning: reference data, shipped with the code, the same everywhere.

A barrier is never removed from the file, because a case may name it.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecm.errors import NotFound

FILE = Path(__file__).with_name("barriers.csv")


@dataclass(frozen=True)
class Barrier:
    """A barrier to learning, the category it starts in, who may name it, and three strategies that often help.

    raised_by: 'anyone', or 'staff only' where naming it could put a pupil or a parent at risk.
    """

    code: str
    area: str
    label: str
    default_category: str
    raised_by: str
    strategies: tuple[str, ...]


@cache
def catalogue() -> tuple[Barrier, ...]:
    """Every barrier, in the order of the file: area by area, then by code."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(_barrier(row) for row in csv.DictReader(lines))


def barrier(code: str) -> Barrier:
    """The barrier with this code.

    Raises: NotFound for a code that is not in the catalogue.
    """
    try:
        return _by_code()[code]
    except KeyError:
        raise NotFound(f"There is no barrier {code!r}.") from None


def search(q: str) -> tuple[Barrier, ...]:
    """The barriers with a word that begins like each word of `q`, in catalogue order; all of them for no words.

    Looks at code, label, area and strategies. Case and diacritics make no difference.
    """
    wanted = _words(q)
    return tuple(
        each
        for each, words in zip(catalogue(), _searchable(), strict=True)
        if all(any(word.startswith(start) for word in words) for start in wanted)
    )


def _barrier(row: dict[str, str]) -> Barrier:
    strategies = tuple(row[f"typical_strategy_{number}"] for number in (1, 2, 3))
    return Barrier(row["code"], row["area"], row["barrier"], row["default_category"], row["raised_by"], strategies)


@cache
def _by_code() -> dict[str, Barrier]:
    return {each.code: each for each in catalogue()}


@cache
def _searchable() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(_words(" ".join([each.code, each.label, each.area, *each.strategies]))) for each in catalogue()
    )


def _words(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(each for each in letters if not unicodedata.combining(each)))
