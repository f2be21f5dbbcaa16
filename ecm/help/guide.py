"""What a help page is made of."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from ecm.agencies.permissions import verbs_of
from ecm.agencies.words import ROLE_LABELS

# Pixels: the sizes of our pictures (tests/pictures.py).
DESK, TALL, PHONE = (1100, 860), (1100, 1200), (390, 780)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of `docs/images`, by its name there; `alt` says what somebody would see."""

    name: str
    alt: str
    size: tuple[int, int] = DESK


@dataclass(frozen=True, slots=True)
class Task:
    """Something people do often, step by step. `**Words**` in a step are words on a button, link or box.

    `at`: the route of the page where it begins. `verb`: what a role must be allowed to do; '' for what everybody may.
    """

    title: str
    at: str
    steps: tuple[str, ...]
    verb: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """The help page of some roles: what they can do here, what they do most, whom to ask.

    `roles`: (kind of agency, role) pairs; a parent or carer has neither, and is ('', 'carer').
    """

    slug: str
    title: str
    about: str
    roles: tuple[tuple[str, str], ...]
    can: tuple[str, ...]
    tasks: tuple[Task, ...]
    ask: tuple[str, ...]


def holders(guide: Guide, verb: str) -> tuple[str, ...]:
    """Those of a guide's roles that may do this, as they are called on a screen; () when all of them may."""
    able = [role for kind, role in guide.roles if not verb or verb in verbs_of(kind, role)]
    return () if len(able) == len(guide.roles) else tuple(dict.fromkeys(ROLE_LABELS[role] for role in able))


def marked(text: str) -> Markup:
    """A step with the words of buttons, links and boxes in bold; everything else is escaped."""
    parts = re.split(r"\*\*(.+?)\*\*", text)
    return Markup("").join(
        Markup("<strong>{}</strong>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )
