"""What closes, in words, and what only makes somebody ask: pure, each rule with its source."""

from collections.abc import Mapping
from datetime import date, timedelta

CONFLICT_LABELS = {
    "own_family": "The pupil is family",
    "close_friend": "The pupil or the family are close friends",
    "neighbour": "The family are neighbours",
    "other": "Another reason",
}
RESTRICTION_LABELS = {
    "staff_family": "The family of somebody who works here",
    "publicity": "The public or the press take an interest",
    "at_risk": "Somebody could be at risk if it became known",
    "other": "Another reason",
}
# Source: Children Act 1989, s8 (child arrangements, prohibited steps, specific issue), s14A (special guardianship),
# s31 (care); Family Law Act 1996, s42 (non-molestation).
ORDER_LABELS = {
    "child_arrangements": "Child arrangements order",
    "prohibited_steps": "Prohibited steps order",
    "specific_issue": "Specific issue order",
    "non_molestation": "Non-molestation order",
    "special_guardianship": "Special guardianship order",
    "care": "Care order",
    "other": "Another order",
}
LONGEST_ORDER = timedelta(days=18 * 366)
MOST_NAMED = 50

MADE_LATER = "The day the order was made must be today or earlier, and within 18 years."
OVER_ALREADY = "The last day must be today or later, and within 18 years. An order that is over is not recorded."


def same_surname(worker: str, pupil_last_name: str) -> bool:
    """Whether a worker's name ends in the pupil's last name. It only makes the page ask; it decides nothing.

    Source: issue "Access that cannot leak", denies: "a surname match only prompts".
    """
    last = pupil_last_name.casefold().split()
    return bool(last) and worker.casefold().split()[-len(last) :] == last


def order_problems(made_on: date, until_on: date | None, today: date) -> Mapping[str, str]:
    """What is wrong with the dates of a court order, by field; empty when nothing is.

    Source: ADR 0028: an order is recorded as it stands, so one that is over, or not made yet, is not.
    """
    problems = {}
    if not today - LONGEST_ORDER <= made_on <= today:
        problems["made_on"] = MADE_LATER
    if until_on is not None and not today <= until_on <= today + LONGEST_ORDER:
        problems["until_on"] = OVER_ALREADY
    return problems
