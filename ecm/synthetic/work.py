"""Actions of a made-up case: who does what until when, and how it went on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ecm.barriers.catalogue import Barrier
from ecm.synthetic import sentences
from ecm.synthetic.places import Place, Worker
from ecm.synthetic.stories import Case, Partner

ENDED = "The case ended."


def plan_actions(case: Case, barriers: Sequence[Barrier], partners: Sequence[Partner]) -> None:
    """Two to six things to do: strategies of the catalogue for these barriers, done by the school and by services that
    the family has agreed to."""
    agreed = [each for each in partners if each.agreed]
    ideas = [(each, strategy) for each in barriers for strategy in each.strategies]
    for barrier, strategy in case.draw.sample(ideas, min(len(ideas), case.draw.randrange(2, 7))):
        partner = case.draw.choice(agreed) if agreed and case.draw.random() < 0.35 else None
        if partner:
            _action(case, partner.categories[0], strategy, partner.place, partner.worker, partner.worker, partner.since)
        else:
            _school_action(case, barrier, strategy)


def _school_action(case: Case, barrier: Barrier, strategy: str) -> None:
    category = "family" if barrier.default_category == "family" else "education"
    drawn = case.draw.random()
    doer = case.lead if drawn < 0.5 else case.school.workers["senco"][0] if drawn < 0.8 else None
    _action(case, category, strategy, case.school, case.lead, doer, case.opened)


def _action(
    case: Case, category: str, title: str, place: Place, author: Worker, doer: Worker | None, since: datetime
) -> None:
    draw, rows, key = case.draw, case.area.rows, case.area.rows.new_id()
    added = case.between(since, case.last)
    due = added + timedelta(days=draw.randrange(10, 70))
    steps = _steps(case, added, due)
    status = steps[-1][0] if steps else "todo"
    rows.add(
        "action", id=key, case_id=case.id, category=category, title=title, owner_agency_id=place.id,
        owner_desk_id=place.desk(category), assignee_membership_id=doer.id if doer else None, due_on=due.date(),
        status=status, progress=steps[-1][1] if steps else "", added_at=added,
        updated_at=steps[-1][2] if steps else added, version=len(steps) + 1, **case.signed(place, author, category, added),
    )  # fmt: skip
    _tell_steps(case, key, (doer or author).id, due, steps)


def _steps(case: Case, added: datetime, due: datetime) -> list[tuple[str, str, datetime]]:
    """Status, what was said, and when: begun, gone on with, done or given up; nothing is left open in a case that ended."""
    draw, found = case.draw, []
    late = due < case.last
    if late or draw.random() < 0.45:
        found.append(("doing", draw.choice(sentences.STEPS), case.between(added, min(due, case.last))))
    if late and draw.random() < 0.85:
        done = case.between(found[-1][2], min(due + timedelta(days=14), case.last))
        found.append(("cancelled" if draw.random() < 0.08 else "done", draw.choice(sentences.STEPS), done))
    if case.status != "open" and (not found or found[-1][0] == "doing"):
        found.append(("cancelled", ENDED, case.last))
    return found


def _tell_steps(case: Case, action: UUID, by: UUID, due: datetime, steps: list[tuple[str, str, datetime]]) -> None:
    before = "todo"
    for status, said, at in steps:
        case.area.rows.add(
            "action_change", id=case.area.rows.new_id(), action_id=action, case_id=case.id, by_membership_id=by,
            status_before=before, status=status, due_before=due.date(), due_on=due.date(), progress=said, at=at,
        )  # fmt: skip
        before = status
