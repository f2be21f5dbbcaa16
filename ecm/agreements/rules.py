"""What agreements cover, and the sentence for what they do not. The database decides by the same rule (policies.sql)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from ecm.agencies.words import CATEGORY_LABELS, REASON_LABELS

LONGEST_TITLE = 120
LONGEST_NUMBER = 20
LONGEST_DAYS = 3 * 366
MANAGER = "the data protection officer of your partnership"
NOTHING_SIGNED = (
    "Your school and {name} have signed no sharing agreement that is in force, so you cannot invite them. "
    f"Ask {MANAGER}."
)


@dataclass(frozen=True)
class Clause:
    """One clause of an agreement in force that both organisations have signed."""

    title: str
    number: str
    categories: frozenset[str]
    purposes: frozenset[str]

    @property
    def name(self) -> str:
        """What it is called at the beginning of a sentence. Source: issue "Access that cannot leak", "naming the clause"."""
        return f"Clause {self.number} of “{self.title}”"


def covering(clauses: Sequence[Clause], categories: Collection[str], purpose: str) -> list[Clause]:
    """The clauses that carry a request, if they cover all of it together; else none. Every clause covers `core`.

    Source: design 4, "A sharing agreement between organisations is a precondition for inviting, never a basis"; ADR 0028.
    """
    found = [clause for clause in clauses if purpose in clause.purposes]
    wanted = set(categories) - {"core"}
    if not wanted <= set().union(*(clause.categories for clause in found)):
        return []
    return [clause for clause in found if clause.categories & wanted] or found[:1]


def uncovered(clauses: Sequence[Clause], categories: Collection[str], purpose: str, name: str) -> str | None:
    """Why an organisation of that name cannot be invited like this, naming the clause that comes nearest; else None.

    Source: issue "Access that cannot leak", 4, "refused, naming the clause".
    """
    if covering(clauses, categories, purpose):
        return None
    if not clauses:
        return NOTHING_SIGNED.format(name=name)
    wanted = set(categories) - {"core"}
    nearest = max(clauses, key=lambda c: (purpose in c.purposes, len(c.categories & wanted)))
    if purpose not in nearest.purposes:
        asked = REASON_LABELS[purpose].lower()
        return f"{nearest.name} is not for “{asked}”. Choose what it is for, or ask {MANAGER}."
    missing = ", ".join(f"“{CATEGORY_LABELS[k]}”" for k in CATEGORY_LABELS if k in wanted - nearest.categories)
    return f"{nearest.name} does not cover {missing}. Untick it, or ask {MANAGER}."


def dates_problem(from_on: date, until_on: date) -> str | None:
    """What is wrong with when an agreement holds, in days; it is looked at again every three years at the latest.

    Source: Information Commissioner's data sharing code of practice, "regular review"; three years are ours (ADR 0028).
    """
    if until_on <= from_on:
        return "The last day must be after the first."
    if (until_on - from_on).days > LONGEST_DAYS:
        return "An agreement is signed anew after three years at the latest. Choose an earlier last day."
    return None
