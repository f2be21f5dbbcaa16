"""Model against database: 300 worlds in which model = relation = rows that each person is really shown."""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from tests.access import model
from tests.access.looking import Item, Lived, live, open_eyes
from tests.access.model import Facts, Reason, opens
from tests.access.steps import DAWN, LEAVING_DAY, Cast, Seat, gather_cast
from tests.access.worlds import draw_worlds

WORLDS = 3000 if os.environ.get("ECM_LONG") else 300
AGENCY_WIDE = {"senco", "headteacher", "dsl", "manager", "case_officer"}
LEFT = DAWN + timedelta(days=LEAVING_DAY)

# Each rule has to be, somewhere, the only reason that somebody sees a row; each denial the only reason they do not.
RULES = {
    "opened by the school", "opened by the school: safeguarding desk", "assignment: lead practitioner",
    "assignment: worker", "consent: core", "consent: category", "consent: safeguarding desk", "own child",
    "own record: author", "own record: desk", "action of ours", "our invitation", "invited by us",
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
    "admission ended": lambda f: f._replace(admissions=tuple(a._replace(ended_at=None) for a in f.admissions)),
}  # fmt: skip
OTHER_DENIALS = {"written by others", "only for the safeguarding desk", "left"}


def principals(seat: Seat, *, desk: bool = False) -> set[UUID]:
    """For whom somebody acts: themselves; the whole agency in some roles; its safeguarding desk in one."""
    found = {seat.principal}
    if seat.agency and seat.role in AGENCY_WIDE:
        found.add(seat.agency.id)
    if seat.agency and (seat.role == "dsl" or desk):
        found.add(seat.agency.safeguarding_desk)
    return found


def grounds(item: Item, seat: Seat, who: set[UUID], live: list[Reason], facts: Facts) -> set[str]:
    """The rules by which somebody is shown a row, given the reasons of their principals that hold now."""
    found = {rule(reason, facts) for reason in live if opens(reason, item.category, item.authors)}
    row, on_case = item.stored, any(r[1] == "core" and r[2] != "own_record" for r in live)
    if item.table == "action" and on_case and not who.isdisjoint({row["owner_desk_id"], row["assignee_membership_id"]}):
        found.add("action of ours")
    if item.table == "involvement" and seat.agency and row["agency_id"] == seat.agency.id and (
        not who.isdisjoint({row["agency_id"], row["assignee_membership_id"]})
        or (row["status"] in ("invited", "declined") and seat.role in ("practitioner", "manager", "case_officer"))
    ):  # fmt: skip
        found.add("our invitation")
    if item.table == "involvement" and seat.agency == facts.school and seat.role in ("senco", "headteacher", "dsl"):
        found.add("invited by us")
    return found


def rule(reason: Reason, facts: Facts) -> str:
    """A reason in the words of RULES."""
    principal, category, basis, *_ = reason
    return basis
