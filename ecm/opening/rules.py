"""What is true of opening a case: its steps, what each needs before the case can be open, what comes of it. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

# Source: local decision: a half-written case is a school's thought about a child, not a record to keep. The database
# holds the same number (ecm/opening/policies.sql).
DRAFT_DAYS = 30
STEPS = ("why", "barriers", "helpers", "family")
STEP_LABELS = {
    "why": "Why now",
    "barriers": "Barriers",
    "helpers": "Who could help",
    "family": "Ask the family",
    "check": "Check and open",
}
# Source: SEND Code of Practice 2015, 6.54 to 6.56 (plan, do, review): long enough to see whether it works.
TRY_WEEKS = 6
LONGEST_HAPPENING, LONGEST_TRIED = 3_400, 1_300
MOST_HELPERS = 20
NO_PROOF = "Enter which authority you have seen, or choose to ask later."

Said = Mapping[str, Any]


def reason_text(said: Said) -> str:
    """The reason of the case, from the three boxes of step 2; boxes left empty are left out. At most 5,000 characters.

    Source: screens, "Open a case", step 2.
    """
    parts = [said.get("happening", "")]
    parts += [f"Since when: {said['since']}"] if said.get("since") else []
    parts += [f"Tried so far: {said['tried']}"] if said.get("tried") else []
    return "\n\n".join(parts)


def try_category(barrier_category: str) -> str:
    """Who may read the action that comes of a strategy: what helps in class, unless the barrier itself is guarded.

    Source: design 4, "Categories": a strategy must not tell a class what the barrier keeps from it.
    """
    return "classroom" if barrier_category in ("classroom", "education") else barrier_category


def try_title(strategy: str) -> str:
    """What the action is called. Source: product choice."""
    return f"Try: {strategy[:1].lower()}{strategy[1:]}" if strategy[1:2].islower() else f"Try: {strategy}"


def try_due(today: date) -> date:
    """By when a strategy has been tried. Source: as `TRY_WEEKS`."""
    return today + timedelta(weeks=TRY_WEEKS)


def gaps(step: str, said: Said, *, helpers: int = 0) -> dict[str, str]:
    """What a step still needs before the case can be opened: a sentence for each box. Nothing: the step is finished.

    `helpers`: how many services are asked; without any there is nothing to ask the family.
    Source: contract, `POST /cases`, `POST /cases/{id}/involvements` and `POST /cases/{id}/consent-requests`.
    """
    if step == "why":
        needed = {"happening": "Enter what is happening.", "level": "Choose the level of support."}
        return {name: sentence for name, sentence in needed.items() if not said.get(name)}
    if step == "barriers":
        return {
            f"barriers.{place}.how_identified": "Choose how this barrier was identified."
            for place, each in enumerate(said.get("barriers", ()))
            if not each.get("how_identified")
        }
    if step == "helpers":
        return _helper_gaps(said)
    return _family_gaps(said) if helpers else {}


def _helper_gaps(said: Said) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, each in enumerate(said.get("helpers", ())):
        if not each.get("reason_code"):
            found[f"helpers.{place}.reason_code"] = "Choose what you ask this service for."
        if not each.get("categories"):
            found[f"helpers.{place}.categories"] = "Choose at least one kind of information this service needs."
    return found


def _family_gaps(said: Said) -> dict[str, str]:
    how = said.get("how")
    if not how:
        return {"how": "Choose how and when the family is asked."}
    if how == "later":
        return {} if said.get("later_reason") else {"later_reason": "Enter why the family is asked later."}
    return {} if said.get("carer_id") else {"carer_id": "Choose who is asked."}
