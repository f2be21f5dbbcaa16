"""What is true of a case: pure, each rule with its source."""

from collections.abc import Callable, Collection
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from ecm.agencies.permissions import CATEGORIES

Trajectory = Literal["below", "at", "above"]

LEVELS = ("1", "2", "3", "4")
HOW_IDENTIFIED = (
    "teacher_observation", "assessment", "screening", "pupil_voice", "family_view", "specialist_advice", "diagnosis", "records",
)  # fmt: skip
LONGEST_TEXT = 5_000
LONGEST_DETAIL = 2_000
MOST_BARRIERS = 30
NEAR = 0.1  # of the whole way from the start to the target
DEFAULT_FOR_CARERS = ("core", "classroom", "education")

# Without I, L, O, U, 0 and 1: read aloud on a telephone, nothing is taken for something else.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference_of(case_id: UUID) -> str:
    """The reference of a new case, such as ECM-7K4P-2Q: five characters drawn from its random id, and a check character.

    One of 24 million: a second case that would share one is drawn again, with another id.
    Source: ADR 0007; it says nothing about the pupil, the school or how many cases there are.
    """
    number = int.from_bytes(sha256(case_id.bytes).digest()[:8])
    body = "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(5))
    text = body + check_character(body)
    return f"ECM-{text[:4]}-{text[4:]}"


def check_character(body: str) -> str:
    """The character that makes a mistyped reference show: a weighted sum of the letters, modulo the alphabet.

    Weights 1, 7, 11, 13, 17 have no factor in common with 30, so every single wrong letter is found.
    Source: ADR 0007.
    """
    weights = (1, 7, 11, 13, 17)
    return ALPHABET[sum(w * ALPHABET.index(c) for w, c in zip(weights, body, strict=True)) % len(ALPHABET)]


def writable(may: Callable[[str], bool], readable: Collection[str] = ()) -> list[str]:
    """The categories somebody may write in, in their order: what their role authors, and what they may read.

    `readable` counts only what is read for more than having written it; keeping safe is authored by role alone.
    A form offers these; the database has the last word, since a service that is sensitive itself writes in its own kind only.
    Source: docs/access.md, "Writing".
    """
    return [c for c in CATEGORIES[1:] if may(f"write:{c}") or (c in readable and c != "safeguarding")]


def tidy_reference(text: str) -> str:
    """A reference as people type it, in the one way it is stored. Source: ADR 0007."""
    plain = "".join(c for c in text.upper() if c.isalnum()).removeprefix("ECM")
    return f"ECM-{plain[:4]}-{plain[4:]}"


def expected(baseline: float, target: float, starts_on: date, due_on: date, on: date) -> float:
    """Where an outcome would be on a day, if it went in a straight line from its start to its target; flat beyond both.

    Source: docs/states.md, outcomes.
    """
    return baseline + (target - baseline) * _share_of_time(starts_on, due_on, on)


def trajectory(
    baseline: float | None, target: float | None, starts_on: date, due_on: date | None, last: tuple[date, float] | None
) -> Trajectory | None:
    """Whether the last measurement (day, number) is as far on the way to the target as it would be in a straight line.

    A tenth of the whole way more or less is `at`. It goes by the way covered, so `below` is always the slower, whether
    the number is to rise or to fall. None where there is nothing to compare: no numbers, no date, nothing measured.
    Source: docs/states.md, outcomes.
    """
    if baseline is None or target is None or baseline == target or due_on is None or last is None:
        return None
    on, value = last
    ahead = (value - baseline) / (target - baseline) - _share_of_time(starts_on, due_on, on)
    if abs(ahead) <= NEAR + 1e-9:
        return "at"
    return "below" if ahead < 0 else "above"


def _share_of_time(starts_on: date, due_on: date, on: date) -> float:
    """How much of the time is over, 0 to 1; all of it for what was due before it began."""
    days = (due_on - starts_on).days
    return min(1.0, max(0.0, (on - starts_on).days / days)) if days > 0 else 1.0
