"""How the pages of a case word and fold what they show. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ecm.agencies.permissions import CATEGORIES
from ecm.agencies.words import BASIS_LABELS, COVER_LABELS
from ecm.consent.rules import State, weightiest
from ecm.web.dates import last_day, moment, short_date

# What the school that opened a case may see of itself. Source: docs/access.md, "Categories".
OF_THE_SCHOOL = ("core", "classroom", "education", "family")
LIVE = ("invited", "waiting_for_basis", "active")
BY_REACH = (
    "own_child",
    "opened_by",
    "consent",
    "service_agreement",
    "statutory",
    "override",
    "assignment",
    "own_record",
)


def reason(sharing: Iterable[Mapping[str, Any]], categories: Collection[str]) -> str:
    """Why the reader may see text of these categories, to go on after "because"; '' when they hold none of them.

    `sharing`: the reader's own reasons, each with category, basis, since, until, and whether it is only a colleague's
    for whom they stand in. One is enough for a quiet badge, the one that reaches furthest; the end of the page has them
    all. Source: design 4, "may see, and why".
    """
    held = [each for each in sharing if each["category"] in categories]
    bases = {each["basis"] for each in held}
    furthest = next((basis for basis in (*BY_REACH, *bases) if basis in bases), None)
    held = [each for each in held if each["basis"] == furthest]
    return _reason(held) if held else ""


def basis_label(each: Mapping[str, Any]) -> str:
    """What a reason rests on, in words to its reader; one that is only a colleague's for whom they stand in says so.

    `each`: a reason with basis and cover. Source: design 4, "may see, and why"; ADR 0016, "cover".
    """
    own = BASIS_LABELS.get(each["basis"], "there is a reason on record")
    return COVER_LABELS.get(each["basis"], own) if each["cover"] else own


def _reason(held: Sequence[Mapping[str, Any]]) -> str:
    first = min(held, key=lambda each: (each["cover"], each["since"]))
    ends = [each["until"] for each in held]
    begun, ended = (moment, moment) if first["basis"] == "emergency" else (short_date, last_day)  # a matter of hours
    ending = f", until {ended(max(ends))}" if all(ends) else ""
    return f"{basis_label(first)} (since {begun(min(each['since'] for each in held))}{ending})"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the sharing grid: its word as contract and page know it, and its dates. `history`: there is one."""

    word: str
    since: datetime | None = None
    until: datetime | None = None
    history: bool = False


def agency_cells(
    status: str, offered: Collection[str], found: Mapping[str, Sequence[State]], since: datetime | None
) -> dict[str, Cell]:
    """What an invited agency may see, by category: how the family's answers stand, and what nobody asked.

    `core` follows: it comes with the first yes to an agency that has accepted, and `since` is then when that was.
    Source: docs/access.md, "core comes last"; consent rules, `weightiest`.
    """
    cells = {"core": Cell("shared", since) if status == "active" else Cell("nothing")}
    for category in CATEGORIES[1:]:
        if category in found:
            state = weightiest(found[category])
            cells[category] = Cell(state.word, state.since, state.until, history=True)
        elif status not in LIVE:
            cells[category] = Cell("nothing")
        else:
            cells[category] = Cell("not_asked" if category in offered else "not_offered")
    return cells


def with_grounds(cells: Mapping[str, Cell], grounds: Sequence[Mapping[str, Any]]) -> dict[str, Cell]:
    """The same cells, with what rests on another basis where neither consent nor the school's own right opens it.

    `grounds`: those in force for this agency, newest first; each with basis, categories, since, last_on. Source: ADR 0028.
    """
    found = dict(cells)
    for each in reversed(grounds):
        for category in each["categories"]:
            if found[category].word not in ("given", "by_right"):
                found[category] = Cell(each["basis"], each["since"], each["last_on"], found[category].history)
    return found


def school_cells(opened_at: datetime) -> dict[str, Cell]:
    """What the school sees by right of having opened the case. Source: docs/access.md, basis `opened_by`."""
    return {c: Cell("by_right", opened_at) if c in OF_THE_SCHOOL else Cell("own_only") for c in CATEGORIES}


def carer_cells(admitted: Collection[str], since: datetime | None, barred: bool) -> dict[str, Cell]:
    """What a parent or carer sees on signing in. A bar beats an admission. Source: design 4, "deny beats allow"."""
    return {
        c: Cell("barred") if barred else Cell("own_child", since) if c in admitted else Cell("nothing")
        for c in CATEGORIES
    }


def is_new(at: datetime, mine: bool, since: datetime | None) -> bool:
    """Whether somebody else's entry came after the reader was last there. Before the first visit nothing is new.

    Source: design, screens, "what changed since I was last here is marked".
    """
    return since is not None and at > since and not mine


def by_owner(actions: Sequence[Mapping[str, Any]], today: date) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Open actions by who owns them, an owner with overdue ones first, each owner's overdue ones first; by name else.

    Source: design, screens, "grouped by owner, overdue first".
    """
    owners: dict[str, list[Mapping[str, Any]]] = {}
    for each in sorted(actions, key=lambda a: (a["due_on"], a["title"].casefold())):
        owners.setdefault(each["owner_agency"]["name"], []).append(each)
    return sorted(owners.items(), key=lambda pair: (pair[1][0]["due_on"] >= today, pair[0].casefold()))
