"""What is true of inviting an agency: pure, each rule with its source."""

STATUSES = ("invited", "waiting_for_basis", "active", "declined", "withdrawn", "ended")
LONGEST_MESSAGE = 2_000
LONGEST_REASON = 500

# The core (name, school, who is involved) always comes with a basis, so it is never offered by itself.
OFFERED = ("classroom", "education", "health", "social_care", "family", "safeguarding")

_LEAST: dict[str, tuple[str, ...]] = {
    "school": ("classroom", "education"),
    "social_care": ("social_care", "family"),
    "health": ("education", "health"),
    "family_support": ("family",),
    "local_authority": ("education",),
    "voluntary": ("classroom",),
}


def least_categories(kind: str) -> tuple[str, ...]:
    """The least an agency of this kind needs to start; the person who invites may offer more, or less.

    Source: UK GDPR, Article 5(1)(c) (data minimisation); the choice per kind is the product's.
    """
    return _LEAST.get(kind, ())
