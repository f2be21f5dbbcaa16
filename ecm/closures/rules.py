"""What is true of how a case ends: pure, each rule with its source."""

from collections.abc import Collection
from typing import Literal

Turn = Literal["closed", "reopened", "voided", "died", "died_in_error"]

OUTCOMES = ("outcomes_met", "stepped_up", "stepped_down", "moved", "declined_by_family", "no_longer_needed", "other")
LONGEST_REASON = 2_000

_ALREADY = {
    "open": "This case is open.",
    "closed": "This case is closed already.",
    "voided": "This case was opened in error. It stays as it is.",
}
_FROM: dict[Turn, Collection[str]] = {
    "closed": ("open",),
    "reopened": ("closed",),
    "voided": ("open", "closed"),
    "died": ("open", "closed"),
    "died_in_error": ("closed", "voided"),
}


def turn_problem(turn: Turn, status: str, *, died: bool) -> str | None:
    """Why a case in this state cannot take this turn, as one sentence; None if it can. `died`: the pupil has.

    Source: docs/states.md, cases; the trigger `check_turn` holds the same.
    """
    if turn == "reopened" and died and status == "closed":
        return "It is recorded that this pupil has died. If that was entered in error, say so first."
    if turn == "died" and died:
        return "It is recorded already that this pupil has died."
    if turn == "died_in_error" and not died:
        return "It is not recorded that this pupil has died."
    return None if status in _FROM[turn] else _ALREADY[status]
