"""Of what somebody cannot see on a case: the nearest fact that is missing, in words that reveal nothing else."""

from dataclasses import dataclass

SCHOOL_SEES = frozenset({"core", "classroom", "education", "family"})
MISSING = {
    "left": "They do not work there now.",
    "conflict": "They have declared a conflict of interest about this pupil.",
    "restricted": "This case is for named people only, and they are not named.",
    "not_working_on_it": "Their organisation does not work on this case.",
    "not_accepted": "Their organisation is invited and has not accepted yet.",
    "no_basis": "Neither the family’s consent nor anything else opens this to them now.",
    "safeguarding_lead": "In a school, only the designated safeguarding lead reads this.",
    "not_taught": "They do not teach the pupil’s class, and are not named to work on this case.",
    "not_assigned": "They are not named to work on this case, and their role does not read for the whole organisation.",
}


@dataclass(frozen=True)
class Facts:
    """What decides it about one worker and one case. `involvement`: the newest of their organisation, None without one;
    `unnamed`: the case is restricted and they are not named; `for_all`: they read for their whole organisation; `for_classes`: for the classes they teach."""

    kind: str
    keeps: bool
    has_left: bool
    conflicted: bool
    unnamed: bool
    involvement: str | None
    for_all: bool
    for_safeguarding: bool
    for_classes: bool
    assigned: bool


def nearest_missing(facts: Facts, category: str) -> str:
    """The code (a key of MISSING) of the first thing that would have to change; of a category they cannot see.

    What the family said is never part of it: refused, taken back and never asked are one code.
    Source: issue "Access that cannot leak", 5; ADR 0028, "What closes" before "What opens".
    """
    if facts.has_left:
        return "left"
    if facts.conflicted:
        return "conflict"
    if facts.unnamed:
        return "restricted"
    if not facts.keeps and facts.involvement != "accepted":
        return "not_accepted" if facts.involvement == "invited" else "not_working_on_it"
    if facts.kind == "school" and category == "safeguarding" and not facts.for_safeguarding:
        return "safeguarding_lead"
    if not facts.for_all and not facts.assigned and (not facts.keeps or category in SCHOOL_SEES):
        return "not_taught" if facts.for_classes and facts.keeps and category == "classroom" else "not_assigned"
    return "no_basis"
