"""Holding a world that was lived through against the model, and counting what was compared."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Any
from uuid import UUID

from tests.access import model
from tests.access.cast import DAWN, LEAVING_DAY, Cast, Seat
from tests.access.looking import Lived, live, verbs_of
from tests.access.model import Facts, Lasting, Named, Reason, Restriction, Term, opens
from tests.access.steps import World
from tests.access.stored import Item

CHANGING = {"action", "outcome", "measurement", "provision", "health_alert"}
FOR_THE_AGENCY = {"opened_by", "consent", "service_agreement", "statutory", "override"}
LANES = 3
LEFT = DAWN + timedelta(days=LEAVING_DAY)

# Each rule has to be, somewhere, the only reason that somebody sees a row; each denial the only reason they do not.
# (That the desk has `core` too never is: whoever holds the desk acts for the whole school as well.)
RULES = {
    "opened by the school", "taught in class", "assignment: lead practitioner",
    "assignment: worker", "consent: core", "consent: category", "consent: safeguarding desk", "own child",
    "own record: author", "own record: desk", "own words", "action of ours", "our invitation", "invited by us",
    "service_agreement: core", "service_agreement: category", "statutory: core", "statutory: category",
    "override: core", "override: category", "emergency: core", "emergency: safeguarding", "emergency: health alert",
    "named on a restricted case", "named for a shielded fact", "covering for a colleague",
}  # fmt: skip
# What the facts would be without the denial.
DENIALS: dict[str, Callable[[Facts], Facts]] = {
    "contact bar": lambda f: f._replace(bars=tuple(b for b in f.bars if b.by_court)),
    "court order": lambda f: f._replace(bars=tuple(b for b in f.bars if not b.by_court)),
    "conflict of interest": lambda f: f._replace(conflicts=()),
    "restricted case": lambda f: f._replace(restrictions=()),
    "name taken off": lambda f: f._replace(restrictions=tuple(r._replace(named=_for_good(r.named)) for r in f.restrictions)),
    "shielded reader taken off": lambda f: f._replace(shields=tuple(s._replace(readers=_for_good(s.readers)) for s in f.shields)),
    "shielded fact ended": lambda f: f._replace(shields=_for_good(f.shields)),
    "ground ended": lambda f: f._replace(grounds=_for_good(f.grounds)),
    "ground run out": lambda f: f._replace(grounds=tuple(
        g._replace(until_at=None) for g in f.grounds)),
    "emergency ended": lambda f: f._replace(emergencies=_for_good(f.emergencies)),
    "refusal": lambda f: f._replace(answers=tuple(a for a in f.answers if a.kind != "refused")),
    "withdrawal": lambda f: f._replace(answers=tuple(a for a in f.answers if a.kind != "withdrawn")),
    "yes run out": lambda f: f._replace(answers=tuple(a._replace(until_at=None) for a in f.answers)),
    "sixteen or eighteen": lambda f: f._replace(born_on=None),
    "involvement ended": lambda f: f._replace(involvements=tuple(i._replace(ended_at=None) for i in f.involvements)),
    "not accepted": lambda f: f._replace(involvements=tuple(
        i._replace(status="accepted", answered_at=f.opened_at) for i in f.involvements)),
    "entered in error": lambda f: f._replace(answers=tuple(a for a in f.answers if a.corrects is None)),
    "admission ended": lambda f: f._replace(admissions=tuple(a._replace(ended_at=None) for a in f.admissions)),
    "off the roll": lambda f: f._replace(roll=(Term(date.min, None, f.roll[-1].class_desk),)),
    "handed over": lambda f: f._replace(school=f.before[0], roll=f.before[1], kept_since=None) if f.before else f,
    "cover over": lambda f: f._replace(covers={
        who: tuple(s._replace(until_at=model.FOREVER, ended_at=None) for s in spells) for who, spells in f.covers.items()}),
    "not passed on": lambda f: f._replace(restrictions=tuple(r._replace(named=(*r.named, *_passed_on(f, r))) for r in f.restrictions)),
}  # fmt: skip
OTHER_DENIALS = {
    "in error or over", "written by others", "only for the safeguarding desk", "left", "emergency over",
    "not named for what is shielded", "in another class", "emergency of who is away",
}  # fmt: skip
Others = dict[str, tuple[Facts, set[Reason]]]  # by denial: the facts as they were without it, and what they give


def _for_good(facts: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(fact._replace(ended_at=None) for fact in facts)


def _passed_on(facts: Facts, restriction: Restriction) -> Iterator[Named]:
    """Who would be named if being named were passed on to whoever covers."""
    lead = Named(facts.lead, restriction.from_at, restriction.ended_at)
    for named, (who, away) in product((*restriction.named, lead), facts.covers.items()):
        for each in away:
            if each.membership == named.membership:
                yield from (Named(who, *span) for span in model.both([model.lasting(named)], [each[1:3]]))


@dataclass(frozen=True)
class View:
    """One person, at one instant, and the reasons that hold for those they act for; among them who is away."""

    facts: Facts
    seat: Seat
    who: set[UUID]
    at: datetime
    live: list[Reason]
    away: set[UUID] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Facts, why: set[Reason], seat: Seat, at: datetime, more: Collection[UUID] = ()) -> "View":
        """Of them and whom their role reads for; or as if it read for more."""
        own = {seat.principal, *seat.acts_for, *more}
        away = model.covered(facts, seat.principal, at) - own
        passed_on = (r for r in why if r[0] in own or (r[0] in away and r[2] != "emergency"))
        return cls(facts, seat, own | away, at, [r for r in passed_on if r[3] <= at < r[4]], away)

    def by(self, principals: Collection[UUID], rule: str) -> str:
        """The rule that gives them something for these principals: it is their own, unless all of these are away."""
        return rule if (self.who - self.away).intersection(principals) else "covering for a colleague"

    @cached_property
    def conflicted(self) -> bool:
        """Whether they are too close to the pupil to see anything, unless as the parent or carer they are."""
        return self.seat.agency is not None and model.conflicted(self.facts, self.seat.person, self.at)

    @cached_property
    def shut_out(self) -> bool:
        """Whether the case is closed to them by a restriction."""
        return self.seat.agency is not None and model.shut_out(self.facts, self.seat.principal, self.at)


def grounds(item: Item, view: View) -> set[str]:
    """The rules by which somebody is shown a row."""
    seat, facts = view.seat, view.facts
    if item.over or view.conflicted:
        return set()
    if item.table == "shielded_fact":
        working = any(r[1] == "core" and r[2] not in ("own_record", "emergency") for r in view.live)
        named = model.reads_shielded(facts, seat.principal, item.id, view.at)
        return {"named for a shielded fact"} if named and working else set()
    opening = [reason for reason in view.live if opens(reason, item.category, item.authors)]
    on_case = any(reason[1] == "core" and reason[2] != "own_record" for reason in view.live)
    changing = item.table in CHANGING and not on_case  # after it was written: one's own only while on the case
    found = {view.by([r[0]], rule(r, seat, facts)) for r in opening if not (changing and r[2] == "own_record")}
    if item.table == "health_alert" and any(reason[2] == "emergency" for reason in view.live):
        found.add("emergency: health alert")
    if item.table == "involvement":
        found |= _invitation(item, view)
    if item.table == "action" and on_case and not view.who.isdisjoint(item.workers):
        found.add(view.by(item.workers, "action of ours"))
    if view.shut_out:
        return found  # what an emergency opens; and what one's own organisation was asked, which names nobody
    if item.person in view.who and any(reason[1:3] == ("core", "own_child") for reason in view.live):
        found.add("own words")
    if item.table == "case_brief" and not on_case and item.authors[1] != facts.school.id:
        return set()  # another school has it now and may have changed it; what was is in kept_brief
    if item.table == "kept_brief":
        found = {view.by([r[0]], rule(r, seat, facts)) for r in opening if r[2] == "own_record"}
    return found


def _invitation(item: Item, view: View) -> set[str]:
    """Why somebody is shown that an agency was invited, before it is on the case."""
    found, seat, facts = set(), view.seat, view.facts
    # A restriction hides a case, and not that one's organisation was asked.
    who = view.who | model.covered(facts._replace(restrictions=()), seat.principal, view.at)
    answers = item.status in ("invited", "declined") and seat.role == "practitioner"
    if seat.agency and seat.agency.id == item.agency and (answers or not who.isdisjoint(item.workers)):
        found.add("our invitation" if answers else view.by(item.workers, "our invitation"))
    keepers = [
        r[0]
        for r in view.live
        if r[1] == "core" and (r[2] == "opened_by" or (r[2] == "assignment" and r[0] == facts.lead))
    ]
    if (
        seat.agency == facts.school
        and keepers
        and (item.category == "core" or facts.school.desk(item.category) in view.who)
    ):
        found.add(view.by(keepers, "invited by us"))
    return found


def rule(reason: Reason, seat: Seat, facts: Facts) -> str:
    """A reason in the words of RULES."""
    principal, category, basis = reason[:3]
    if principal == seat.principal and basis in FOR_THE_AGENCY:
        return "named on a restricted case"
    desk = seat.agency is not None and principal == seat.agency.safeguarding_desk
    if principal in seat.classes:
        return "taught in class"
    return {
        **{each: f"{each}: " + ("core" if category == "core" else "category") for each in FOR_THE_AGENCY},
        "opened_by": "opened by the school",
        "assignment": "assignment: " + ("lead practitioner" if principal == facts.lead else "worker"),
        "consent": "consent: " + ("core" if category == "core" else "safeguarding desk" if desk else "category"),
        "own_record": "own record: " + ("author" if principal == seat.principal else "desk"),
        "own_child": "own child",
        "emergency": f"emergency: {category}",
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
        shown, telling = (round(100 * each / self.cells, 1) for each in (self.shown, self.telling))
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
    others = {name: (facts, model.reasons(facts)) for name, facts in without.items() if facts != lived.facts}
    tally.taken.update(lived.taken)
    for seat, at in product(lived.seats, lived.instants):
        conflicts = (c for c in lived.facts.conflicts if c.person == seat.person)
        if not _stands(at, (*conflicts, *_of_covers(lived.facts, seat))):
            continue
        shown = lived.shown[at, seat.name]
        if (shown is None) != (seat.name.endswith("leaver") and at >= LEFT):
            wrong.append(f"{seat.name} at {at}: signed in or out")
        wrong += _compare(lived, seat, at, shown, others, tally)
    return wrong


def _compare(
    lived: Lived, seat: Seat, at: datetime, shown: set[str] | None, others: Others, tally: Tally
) -> Iterator[str]:
    view = View.of(lived.facts, lived.why, seat, at)
    changed = {name: View.of(facts, why, seat, at) for name, (facts, why) in others.items()}
    cells: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in lived.items:
        if item.table == "shielded_fact" and not _stands(at, _shield(item, lived.facts)):
            continue
        found = grounds(item, view)
        allowed = bool(found) and shown is not None
        denied = set() if allowed else {"left"} if found else set(_denied(item, view, lived.why, changed))
        tally.allowed.update(found if allowed and len(found) == 1 else ())
        tally.refused.update(denied)
        cells[item.table, item.category] |= denied | ({"shown"} if allowed else set())
        if allowed != (item.key in (shown or ())):
            yield f"{seat.name} at {at}: {item.key} ({item.category}), by the model {found or _hidden(view)}"
    tally.cells += len(cells)
    tally.shown += sum("shown" in cell for cell in cells.values())
    tally.telling += sum(map(bool, cells.values()))


def _stands(at: datetime, facts: Iterable[Lasting]) -> bool:
    """Whether facts that count as they are written had all been written then.

    A conflict, what is shielded and what ends a cover begin and end as somebody says so: no command dates them ahead, and
    the database asks only whether they have ended. So there is one answer, of now; nobody ever asks of an instant before.
    """
    return all(at >= fact.from_at and (fact.ended_at is None or at >= fact.ended_at) for fact in facts)


def _shield(item: Item, facts: Facts) -> list[Lasting]:
    shields = [shield for shield in facts.shields if shield.id == item.id]
    return [*shields, *(reader for shield in shields for reader in shield.readers)]


def _of_covers(facts: Facts, seat: Seat) -> list[Lasting]:
    """What else is of now for somebody who covers: that it was ended early, and who is named on a restricted case."""
    covers = facts.covers.get(seat.principal, ())
    restrictions = facts.restrictions if covers else ()
    ended = [Named(s.membership, model.ALWAYS, s.ended_at) for s in covers]
    return [*ended, *restrictions, *(n for r in restrictions for n in r.named if n.membership == seat.principal)]


def _hidden(view: View) -> str:
    return "hidden" + view.conflicted * " by a conflict of interest" + view.shut_out * " by a restriction"


def _classes(facts: Facts) -> set[UUID]:
    """Those that the pupil is in."""
    return {term.class_desk for term in facts.roll if term.class_desk}


def _denied(item: Item, view: View, why: set[Reason], changed: dict[str, View]) -> Iterator[str]:
    """Denials without which this very row would be shown."""
    agency = view.seat.agency

    def as_if(more: Collection[UUID]) -> bool:
        return bool(grounds(item, View.of(view.facts, why, view.seat, view.at, more)))

    yield from (name for name, other in changed.items() if grounds(item, other))
    if item.over:
        yield from ["in error or over"] if grounds(replace(item, over=False), view) else []
        return
    if item.table == "shielded_fact":
        yield from ["not named for what is shielded"] if any(r[1] == "core" for r in view.live) else []
        return
    if any(opens(r, item.category, [r[0]]) for r in view.live):
        yield "written by others"
    if agency and as_if([agency.safeguarding_desk]):
        yield "only for the safeguarding desk"
    if view.seat.classes and agency == view.facts.school and as_if(_classes(view.facts)):
        yield "in another class"
    over = [r for r in why if r[0] in view.who and r[2] == "emergency" and r[4] <= view.at]
    if over and grounds(item, replace(view, live=view.live + over)):
        yield "emergency over"
    theirs = [r for r in why if r[0] in view.away and r[2] == "emergency" and r[3] <= view.at < r[4]]
    if theirs and grounds(item, replace(view, live=view.live + theirs)):
        yield "emergency of who is away"


async def try_worlds(cast: Cast, worlds: Collection[World], tally: Tally) -> list[tuple[World, list[str]]]:
    """Live through worlds, one in each lane at a time; those in which something differs, the shortest first.

    A cover is of people, whom all lanes share and would wait for: worlds that have one come last, one by one.
    """
    wrong: list[tuple[World, list[str]]] = []

    async def lane(number: int, waiting: Iterable[World]) -> None:
        for world in waiting:
            if found := differences(await live(world, cast, number), tally):
                wrong.append((world, found))

    together = (world for world in worlds if "cover" not in verbs_of(world))
    await asyncio.gather(*(lane(number, together) for number in range(LANES)))
    await lane(0, (world for world in worlds if "cover" in verbs_of(world)))
    return sorted(wrong, key=lambda each: len(each[0].steps))
