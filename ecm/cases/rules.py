"""What is true of a case: pure, each rule with its source."""

import secrets

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


def new_reference() -> str:
    """A fresh case reference such as ECM-7K4P-2Q: five random characters and a check character.

    Source: design 2, "human case reference"; it says nothing about the pupil, the school or how many cases there are.
    """
    body = "".join(secrets.choice(ALPHABET) for _ in range(5))
    text = body + check_character(body)
    return f"ECM-{text[:4]}-{text[4:]}"


def check_character(body: str) -> str:
    """The character that makes a mistyped reference show: a weighted sum of the letters, modulo the alphabet.

    Weights 1, 7, 11, 13, 17 have no factor in common with 30, so every single wrong letter is found.
    Source: ADR 0007.
    """
    weights = (1, 7, 11, 13, 17)
    return ALPHABET[sum(w * ALPHABET.index(c) for w, c in zip(weights, body, strict=True)) % len(ALPHABET)]


def tidy_reference(text: str) -> str:
    """A reference as people type it, in the one way it is stored. Source: ADR 0007."""
    plain = "".join(c for c in text.upper() if c.isalnum()).removeprefix("ECM")
    return f"ECM-{plain[:4]}-{plain[4:]}"
