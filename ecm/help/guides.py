"""All help pages, in the order of the index."""

from ecm.help.family_words import FAMILIES
from ecm.help.guide import Guide
from ecm.help.keeper_words import ADMINISTRATORS, AUDITORS, OFFICERS, STEWARDS, SYSTEM
from ecm.help.partner_words import AUTHORITY, PARTNERS
from ecm.help.school_words import LEADS, TEACHERS

GUIDES = (LEADS, TEACHERS, PARTNERS, AUTHORITY, FAMILIES, AUDITORS, ADMINISTRATORS, SYSTEM, OFFICERS, STEWARDS)


def guide_of(kind: str, role: str) -> Guide | None:
    """The help page of a role at this kind of agency."""
    return next((guide for guide in GUIDES if (kind, role) in guide.roles), None)


def own_first(own: Guide | None) -> tuple[Guide, ...]:
    """All help pages, the reader's own before the others."""
    return GUIDES if own is None else (own, *(guide for guide in GUIDES if guide is not own))
