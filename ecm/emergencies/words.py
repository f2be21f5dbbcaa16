"""The closed lists of emergencies, and what they are called on a screen."""

from typing import Literal

Reason = Literal["immediate_danger", "missing", "medical", "disclosure", "police", "other"]
Verdict = Literal["justified", "not_justified", "needs_follow_up"]

REASONS = {
    "immediate_danger": "Somebody is in immediate danger",
    "missing": "The pupil is missing",
    "medical": "A medical emergency",
    "disclosure": "The pupil has said that somebody harms them",
    "police": "The police or an ambulance crew ask now",
    "other": "Another emergency",
}
VERDICTS = {
    "justified": "It was right to open it",
    "needs_follow_up": "It was right, and something must follow",
    "not_justified": "It was not right to open it",
}
# What somebody did meanwhile, where the log says it in a code.
DONE = {
    "case:shown": "Looked at the case",
    "cases:listed": "Looked at a list with the case",
    "actions:listed": "Looked at the actions",
    "action:shown": "Looked at an action",
    "consents:listed": "Looked at who may see what",
    "alerts:listed": "Looked at the health alerts",
    "note:written": "Wrote a note",
}
