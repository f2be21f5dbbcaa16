"""Holding a world that was lived through against the model, and counting what was compared."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import product
from uuid import UUID

from tests.access import model
from tests.access.cast import DAWN, LEAVING_DAY, Cast, Seat
from tests.access.looking import Item, Lived, live
from tests.access.model import Facts, Reason, Term, opens
from tests.access.worlds import World

CHANGING = {"action", "outcome", "measurement", "provision"}
AGENCY_WIDE = {"senco", "headteacher", "dsl", "manager", "case_officer"}
LANES = 3
LEFT = DAWN + timedelta(days=LEAVING_DAY)

# Each rule has to be, somewhere, the only reason that somebody sees a row; each denial the only reason they do not.
# (That the desk has `core` too never is: whoever holds the desk acts for the whole school as well.)
RULES = {
    "opened by the school", "assignment: lead practitioner",
    "assignment: worker", "consent: core", "consent: category", "consent: safeguarding desk", "own child",
    "own record: author", "own record: desk", "own words", "action of ours", "our invitation", "invited by us",
}  # fmt: skip
# What the facts would be without the denial.
DENIALS: dict[str, Callable[[Facts], Facts]] = {
    "contact bar": lambda f: f._replace(bars=()),
    "refusal": lambda f: f._replace(answers=tuple(a for a in f.answers if a.kind != "refused")),
    "withdrawal": lambda f: f._replace(answers=tuple(a for a in f.answers if a.kind != "withdrawn")),
    "yes run out": lambda f: f._replace(answers=tuple(a._replace(until_at=None) for a in f.answers)),
    "sixteen or eighteen": lambda f: f._replace(born_on=None),
    "involvement ended": lambda f: f._replace(involvements=tuple(i._replace(ended_at=None) for i in f.involvements)),
    "not accepted": lambda f: f._replace(involvements=tuple(
        i._replace(status="accepted", answered_at=f.opened_at) for i in f.involvements)),
    "entered in error": lambda f: f._replace(answers=tuple(a for a in f.answers if a.corrects is None)),
    "admission ended": lambda f: f._replace(admissions=tuple(a._replace(ended_at=None) for a in f.admissions)),
    "off the roll": lambda f: f._replace(roll=(Term(date.min, None),)),
    "handed over": lambda f: f._replace(school=f.before.school, roll=f.before.roll, kept_since=None) if f.before else f,
}  # fmt: skip
OTHER_DENIALS = {"hidden as an error", "written by others", "only for the safeguarding desk", "left"}


def principals(seat: Seat, *, desk: bool = False) -> set[UUID]:
    """For whom somebody acts: themselves; the whole agency in some roles; its safeguarding desk in one."""
    found = {seat.principal}
    if seat.agency and seat.role in AGENCY_WIDE:
        found.add(seat.agency.id)
    if seat.agency and (seat.role == "dsl" or desk):
        found.add(seat.agency.safeguarding_desk)
    return found


def grounds(item: Item, seat: Seat, who: set[UUID], live: list[Reason], facts: Facts) -> set[str]:
    """The rules by which somebody who acts for `who` is shown a row, given the reasons that hold for them now."""
    if item.in_error:
        return set()
    found = {rule(reason, seat, facts) for reason in live if opens(reason, item.category, item.authors)}
    if item.table == "action" and not who.isdisjoint(item.workers):
        found.add("action of ours")
    on_case = any(reason[1] == "core" and reason[2] != "own_record" for reason in live)
    if item.table in CHANGING and not on_case:
        return set()  # it changes after it was written, so it is a record of one's own only while on the case
    if item.person in who and any(reason[1:3] == ("core", "own_child") for reason in live):
        found.add("own words")
    if item.table == "case_brief" and not on_case and item.authors[1] != facts.school.id:
        return set()  # another school has it now and may have changed it; what was is in kept_brief
    if item.table == "kept_brief":
        found -= {rule(r, seat, facts) for r in live if r[2] != "own_record"}
    ours = item.table == "involvement" and seat.agency is not None and seat.agency.id == item.agency
    answers = item.status in ("invited", "declined") and seat.role == "practitioner"
    if ours and (answers or not who.isdisjoint(item.workers)):
        found.add("our invitation")
    keeps = seat.agency == facts.school and any(
        r[1] == "core" and r[0] in (facts.school.id, facts.lead) and r[2] in ("opened_by", "assignment") for r in live
    )
    if item.table == "involvement" and keeps and (item.category == "core" or facts.school.desk(item.category) in who):
        found.add("invited by us")
    return found


def rule(reason: Reason, seat: Seat, facts: Facts) -> str:
    """A reason in the words of RULES."""
    principal, category, basis = reason[:3]
    desk = seat.agency is not None and principal == seat.agency.safeguarding_desk
    return {
        "opened_by": "opened by the school",
        "assignment": "assignment: " + ("lead practitioner" if principal == facts.lead else "worker"),
        "consent": "consent: " + ("core" if category == "core" else "safeguarding desk" if desk else "category"),
        "own_record": "own record: " + ("author" if principal == seat.principal else "desk"),
        "own_child": "own child",
    }[basis]


@dataclass
class Tally:
    """What was compared over a run. A cell: one person, instant, table and category that has rows. It is trivially
    empty when nothing is shown there and no single denial is why."""

    cells: int = 0
    shown: int = 0
    telling: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)

    def report(self) -> str:
        shown, telling = (round(100 * each / self.cells) for each in (self.shown, self.telling))
        return (
            f"{self.cells} cells, {shown} % show something, {telling} % are not trivially empty\n"
            f"sole reason for an allow: {dict(self.allowed)}\nsole reason for a refusal: {dict(self.refused)}\n"
            f"steps taken: {dict(self.taken)}"
        )


def differences(lived: Lived, tally: Tally) -> list[str]:
    """Where model, relation and rows shown are not the same; counts as it goes."""
    wrong = [f"only the model: {r}" for r in lived.why - lived.relation]
    wrong += [f"only the relation: {r}" for r in lived.relation - lived.why]
    without = {name: change(lived.facts) for name, change in DENIALS.items()}
    others = {name: model.reasons(facts) for name, facts in without.items() if facts != lived.facts}
    tally.taken.update(lived.taken)
    for seat, at in product(lived.seats, lived.instants):
        shown = lived.shown[at, seat.name]
        if (shown is None) != (seat.name.endswith("leaver") and at >= LEFT):
            wrong.append(f"{seat.name} at {at}: signed in or out")
        wrong += _compare(lived, seat, at, shown, others, tally)
    return wrong


def _compare(
    lived: Lived, seat: Seat, at: datetime, shown: set[str] | None, others: dict[str, set[Reason]], tally: Tally
) -> Iterator[str]:
    who = principals(seat)
    live = holding(lived.why, who, at)
    cells: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in lived.items:
        found = grounds(item, seat, who, live, lived.facts)
        allowed = bool(found) and shown is not None
        denied = set() if allowed else {"left"} if found else set(_denied(item, seat, at, lived, others))
        tally.allowed.update(found if allowed and len(found) == 1 else ())
        tally.refused.update(denied)
        cells[item.table, item.category] |= denied | ({"shown"} if allowed else set())
        if allowed != (item.key in (shown or ())):
            yield f"{seat.name} at {at}: {item.key} ({item.category}), by the model {found or 'hidden'}"
    tally.cells += len(cells)
    tally.shown += sum("shown" in cell for cell in cells.values())
    tally.telling += sum(map(bool, cells.values()))


def _denied(item: Item, seat: Seat, at: datetime, lived: Lived, others: dict[str, set[Reason]]) -> Iterator[str]:
    """Denials without which this very row would be shown."""
    who = principals(seat)
    for name, why in others.items():
        if grounds(item, seat, who, holding(why, who, at), lived.facts):
            yield name
    if item.in_error:
        sound = replace(item, in_error=False)
        yield from ["hidden as an error"] if grounds(sound, seat, who, holding(lived.why, who, at), lived.facts) else []
        return
    if any(opens(r, item.category, [r[0]]) for r in holding(lived.why, who, at)):
        yield "written by others"
    desk = principals(seat, desk=True)
    if grounds(item, seat, desk, holding(lived.why, desk, at), lived.facts):
        yield "only for the safeguarding desk"


def holding(why: set[Reason], who: set[UUID], at: datetime) -> list[Reason]:
    return [r for r in why if r[0] in who and r[3] <= at < r[4]]


async def try_worlds(cast: Cast, worlds: Iterable[World], tally: Tally) -> list[tuple[World, list[str]]]:
    """Live through worlds, one in each lane at a time; those in which something differs, the shortest first."""
    waiting, wrong = iter(worlds), []

    async def lane(number: int) -> None:
        for world in waiting:
            if found := differences(await live(world, cast, number), tally):
                wrong.append((world, found))

    await asyncio.gather(*(lane(number) for number in range(LANES)))
    return sorted(wrong, key=lambda each: len(each[0].steps))
