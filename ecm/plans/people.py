"""The people in a plan: who leads it, who helps, and who was agreed to see what. Pure."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any

from ecm.agencies.words import CATEGORY_LABELS, REASON_LABELS, ROLE_LABELS
from ecm.plans.text import Row, text_in, worded


@dataclass(frozen=True)
class LeadPractitioner:
    """The one person to talk to. `role` is in words; `telephone` is the school's and may be empty."""

    name: str
    role: str
    telephone: str = ""


@dataclass(frozen=True)
class Involvement:
    """An agency that helps, the worker who comes from it if there is one, why, in words, and how to reach it."""

    agency: str
    worker: str
    why: str
    telephone: str = ""


@dataclass(frozen=True)
class Sharing:
    """An agency and the kinds of information it may see, in words."""

    agency: str
    kinds: tuple[str, ...]


def lead(case: Row) -> LeadPractitioner | None:
    """Who leads. Keys: lead_name?, lead_role?, telephone?. None without a name."""
    name = text_in(case, "lead_name")
    role = worded(ROLE_LABELS, text_in(case, "lead_role"))
    return LeadPractitioner(name, role, text_in(case, "telephone")) if name else None


def involvements(rows: Iterable[Row]) -> tuple[Involvement, ...]:
    """Who helps, by agency. Keys: agency, worker?, reason_code, telephone?."""
    return tuple(sorted(map(_involvement, rows), key=_by_agency))


def sharing(rows: Iterable[Row]) -> tuple[Sharing, ...]:
    """Who may see what, by agency. Keys: agency, kinds (categories)."""
    return tuple(sorted(map(_sharing, rows), key=_by_agency))


def _involvement(row: Row) -> Involvement:
    words = (text_in(row, "agency"), text_in(row, "worker"), worded(REASON_LABELS, text_in(row, "reason_code")))
    return Involvement(*words, telephone=text_in(row, "telephone"))


def _sharing(row: Row) -> Sharing:
    kinds = tuple(words for code, words in CATEGORY_LABELS.items() if code in row["kinds"])
    return Sharing(text_in(row, "agency"), kinds)


def _by_agency(each: Involvement | Sharing) -> tuple[Any, ...]:
    return (each.agency.casefold(), *astuple(each))
