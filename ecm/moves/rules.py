"""What is true of a move: pure, each rule with its source."""

from collections.abc import Mapping
from datetime import date
from typing import Any

MOST_PUPILS = 500
YEAR = 366


def last_day_problem(last_on: date, today: date, came_on: date | None = None) -> str | None:
    """Why this cannot be the last day of a pupil who came on `came_on`; None when it can.

    Source: docs/states.md, leaving: up to a year back and a year ahead.
    """
    if abs((last_on - today).days) > YEAR:
        return "The last day must be within a year of today."
    if came_on is not None and last_on < came_on:
        return "The last day must not be before the pupil came to your school."
    return None


def first_day_problem(joins_on: date, today: date) -> str | None:
    """Why this cannot be the first day at the next school; None when it can. Source: docs/states.md, hand-over."""
    return "The first day must be within a year of today." if abs((joins_on - today).days) > YEAR else None


def case_problems(cases: Mapping[Any, str], answers: Mapping[Any, str], destination: str) -> dict[str, str]:
    """What is wrong with the answers, by case id as the page names its boxes. `cases`: references by id.

    Each open case needs an answer, and only a school in ECM can take one over. Source: docs/states.md, leaving.
    """
    problems = {}
    for case_id, reference in cases.items():
        if case_id not in answers:
            problems[f"cases.{case_id}"] = f"Choose what happens to case {reference}."
        elif answers[case_id] == "hand_over" and destination != "school":
            problems[f"cases.{case_id}"] = f"Case {reference} can be handed over only to a school that uses ECM."
    return problems | {f"cases.{each}": "This case is not open here any more." for each in answers if each not in cases}
