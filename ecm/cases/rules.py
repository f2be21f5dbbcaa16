"""What is true of a case: pure, each rule with its source."""

from collections.abc import Callable, Collection
from hashlib import sha256
from uuid import UUID

from ecm.agencies.permissions import CATEGORIES

LEVELS = ("1", "2", "3", "4")
HOW_IDENTIFIED = (
    "teacher_observation", "assessment", "screening", "pupil_voice", "family_view", "specialist_advice", "diagnosis", "records",
)  # fmt: skip
LONGEST_TEXT = 5_000
LONGEST_DETAIL = 2_000
MOST_BARRIERS = 30
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
