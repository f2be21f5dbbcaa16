"""When two records may be one pupil, which details a merge keeps, and which carers are one person. Pure.

Source of all of it: issue "Real data in", point 3; ADR 0022 (what counts as alike, and why twins never do).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from ecm.pupils.rules import name_key

Why = Literal[
    "same_uln", "same_nhs_number", "former_upn", "same_former_upn", "same_names_and_birth", "names_swapped", "alike_names",
    "birth_slip", "no_birth",
]  # fmt: skip
# The surest first: pairs are shown in this order.
WHYS: tuple[Why, ...] = (
    "former_upn", "same_uln", "same_nhs_number", "same_former_upn", "same_names_and_birth", "names_swapped", "birth_slip",
    "alike_names", "no_birth",
)  # fmt: skip
NUMBERS = ("upn", "uln", "nhs_number")
SHORTEST_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one pupil and tells two apart. Names as written; numbers as stored, by their kind."""

    first_name: str
    last_name: str = ""
    preferred_name: str = ""
    date_of_birth: date | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    former_upns: frozenset[str] = frozenset()


def why_alike(a: Known, b: Known) -> tuple[Why, ...]:
    """Why these two may be one pupil, the surest first; empty when nothing says so. The same in both directions.

    Twins never are: the same date of birth and last name with another first name is no reason, however alike the
    sound. A first name is the same but for a typing slip only when no two numbers say otherwise.
    Source: issue "Real data in", point 3; ADR 0022.
    """
    found = {*_by_number(a, b), *_by_name(a, b)}
    return tuple(why for why in WHYS if why in found)


def _by_number(a: Known, b: Known) -> Iterable[Why]:
    if a.numbers.get("upn") in b.former_upns or b.numbers.get("upn") in a.former_upns:
        yield "former_upn"
    if a.former_upns & b.former_upns:
        yield "same_former_upn"
    if _common(a, b, "uln"):
        yield "same_uln"
    if _common(a, b, "nhs_number"):
        yield "same_nhs_number"


def _common(a: Known, b: Known, kind: str) -> bool:
    return kind in a.numbers and a.numbers[kind] == b.numbers.get(kind)


def _by_name(a: Known, b: Known) -> Iterable[Why]:
    firsts = bool(_firsts(a) & _firsts(b))
    same = firsts and name_key(a.last_name) == name_key(b.last_name)
    if a.date_of_birth is None or b.date_of_birth is None:
        if same:
            yield "no_birth"
    elif a.date_of_birth == b.date_of_birth:
        if same:
            yield "same_names_and_birth"
        elif _swapped(a, b):
            yield "names_swapped"
        elif _nearly_named(a, b, firsts) and not _told_apart(a, b):
            yield "alike_names"
    elif same and birth_slip(a.date_of_birth, b.date_of_birth):
        yield "birth_slip"


def _firsts(known: Known) -> set[str]:
    return {key for name in (known.first_name, known.preferred_name) if (key := name_key(name))}


def _swapped(a: Known, b: Known) -> bool:
    first, last = name_key(a.first_name), name_key(a.last_name)
    return bool(last) and (first, last) == (name_key(b.last_name), name_key(b.first_name))


def _nearly_named(a: Known, b: Known, firsts: bool) -> bool:
    """One of the two names is the same, and the other is but for how it was written."""
    if firsts:
        return last_names_alike(a.last_name, b.last_name)
    last = name_key(a.last_name)
    return bool(last) and last == name_key(b.last_name) and any(
        first_names_alike(x, y) for x in _firsts(a) for y in _firsts(b)
    )  # fmt: skip


def _told_apart(a: Known, b: Known) -> bool:
    """Both have a number of the same kind, and it is another: two children who were each given one."""
    return any(kind in a.numbers and kind in b.numbers and a.numbers[kind] != b.numbers[kind] for kind in NUMBERS)


def first_names_alike(a: str, b: str) -> bool:
    """Whether one typing slip makes one first name of the other, and not the name of another child.

    A slip is two neighbours swapped, or a letter left out or doubled after the first. Another letter instead is
    another name (Mia, Lia; Jayden, Hayden), and so is a last a or e (Louis, Louise; Paul, Paula).
    Source: ADR 0022.
    """
    short, long = sorted((name_key(a), name_key(b)), key=len)
    if min(len(short), len(long)) < SHORTEST_ALIKE or short == long:
        return short == long
    if len(short) == len(long):
        return _neighbours_swapped(short, long)
    if long[:-1] == short:
        return long[-1] not in "ae" or long[-1] == short[-1]
    return any(long[:i] + long[i + 1 :] == short for i in range(1, len(long) - 1))


def last_names_alike(a: str, b: str) -> bool:
    """Whether two last names are one: a slip or another letter apart, one a part of the other, or one not known.

    Source: ADR 0022.
    """
    one, two = name_key(a), name_key(b)
    if not one or not two or one == two:
        return True
    parts = [{name_key(part) for part in name.replace("-", " ").split()} for name in (a, b)]
    if one in parts[1] or two in parts[0]:
        return True
    if min(len(one), len(two)) < SHORTEST_ALIKE or abs(len(one) - len(two)) > 1:
        return False
    if len(one) == len(two):
        return sum(x != y for x, y in zip(one, two, strict=True)) == 1 or _neighbours_swapped(one, two)
    short, long = sorted((one, two), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _neighbours_swapped(a: str, b: str) -> bool:
    apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    return len(apart) == 2 and apart[1] == apart[0] + 1 and a[apart[0]] == b[apart[1]] and a[apart[1]] == b[apart[0]]


def birth_slip(a: date, b: date) -> bool:
    """Whether one slip of the pen makes one date of the other: another figure, or day and month in each other's place.

    Source: ADR 0022.
    """
    one, two = (each.strftime("%Y%m%d").zfill(8) for each in (a, b))
    swapped = (a.year, a.month, a.day) == (b.year, b.day, b.month)
    return a != b and (swapped or sum(x != y for x, y in zip(one, two, strict=True)) == 1)


# ------------------------------------------------------------------------------------------------------- what is kept

# The details somebody chooses between, in the order of the page.
FIELDS = (
    "first_name", "last_name", "preferred_name", "pronouns", "date_of_birth", "upn", "uln", "nhs_number", "year_group",
    "class_name", "sen_provision", "needs",
)  # fmt: skip
# What is written where nothing is known: it gives way to anything that was said.
UNSAID: Mapping[str, Any] = {"year_group": "X", "sen_provision": "N"}
Choice = Literal["kept", "gone"]


def choices(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> dict[str, Choice]:
    """The details in which two records differ, each with the one to take unless somebody says otherwise.

    The kept record's, but for what it does not say: that is filled from the other. Source: ADR 0022.
    """
    return {name: "gone" if _unsaid(name, kept[name]) else "kept" for name in FIELDS if kept[name] != gone[name]}


def _unsaid(name: str, value: Any) -> bool:
    return not value or value == UNSAID.get(name)


def to_ask(kept: Mapping[str, Any], gone: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Details in which both say something, and not the same: somebody chooses. And those that only one of them says.

    Source: ADR 0022.
    """
    differing = [name for name in FIELDS if kept[name] != gone[name]]
    asked = [name for name in differing if kept[name] and gone[name]]
    return asked, [name for name in differing if name not in asked and (kept[name] or gone[name])]


def chosen(kept: Mapping[str, Any], gone: Mapping[str, Any], said: Mapping[str, Choice]) -> dict[str, Any]:
    """The details as they will be: `said` for some fields, `choices` for the others. Identical ones stay.

    A date of birth comes with whether it is known. Source: ADR 0022.
    """
    taken = choices(kept, gone) | {name: each for name, each in said.items() if name in FIELDS}
    result = {name: (gone if taken.get(name) == "gone" else kept)[name] for name in FIELDS}
    source = gone if taken.get("date_of_birth") == "gone" else kept
    return result | {"date_of_birth_known": result["date_of_birth"] is not None and source["date_of_birth_known"]}


def former_upn(kept: Mapping[str, Any], gone: Mapping[str, Any], upn: str | None) -> str | None:
    """The UPN that a merge does not take, which stays as a former one; None when there is none.

    Source: DfE, Unique Pupil Numbers guide (two numbers: one is kept, the other is recorded as a former UPN).
    """
    return next((each for each in (kept["upn"], gone["upn"]) if each and each != upn), None)


def better_kept(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether `a` rather than `b` is the one to keep, before anybody says: an open case, more cases, a UPN, the older.

    Source: ADR 0022.
    """

    def weight(each: Mapping[str, Any]) -> tuple[bool, int, bool]:
        return any(case["status"] == "open" for case in each["cases"]), len(each["cases"]), bool(each["upn"])

    return weight(a) > weight(b) if weight(a) != weight(b) else bool(a["since"] <= b["since"])


# ------------------------------------------------------------------------------------------------------------- carers


@dataclass(frozen=True, slots=True)
class CarerLine:
    """A carer of one of the two pupils. `free`: nothing hangs on this line; `reached_by`: a hash of where they are reached."""

    id: UUID
    pupil_id: UUID
    person_id: UUID
    name: str
    free: bool
    reached_by: str | None


def joinable(kept: Iterable[CarerLine], gone: Iterable[CarerLine]) -> dict[UUID, UUID]:
    """Lines of two persons who are probably one, as {line that ends: line that stays}: the same name, and reached at the
    same place or one of them at none. Only a line on which nothing hangs can end; else they stay two. Source: ADR 0022.
    """
    found: dict[UUID, UUID] = {}
    ours = list(kept)
    for theirs in gone:
        for mine in ours:
            ends = next((each for each in (theirs, mine) if each.free), None)
            if ends is None or not _one_person(mine, theirs) or {mine.id, theirs.id} & {*found, *found.values()}:
                continue
            found[ends.id] = mine.id if ends is theirs else theirs.id
    return found


def _one_person(a: CarerLine, b: CarerLine) -> bool:
    reached = a.reached_by is None or b.reached_by is None or a.reached_by == b.reached_by
    return a.person_id != b.person_id and name_key(a.name) == name_key(b.name) and reached
