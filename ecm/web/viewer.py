"""Who is looking, as the frame of every page shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NavigationItem:
    """A place in the service navigation; `count` is how many things wait there, 0 for none."""

    href: str
    text: str
    count: int = 0


@dataclass(frozen=True)
class Viewer:
    """The person at the screen and the hat they wear.

    `agency_name` is empty for people outside agencies. `idle_seconds` is how long this session lasts unused.
    `covering`: colleagues one stands in for today. `administrator` and `telephone`: whom of one's own agency to ring.
    """

    name: str
    agency_name: str
    role: str
    role_label: str
    navigation: tuple[NavigationItem, ...]
    several_memberships: bool = False
    idle_seconds: int = 900
    covering: tuple[str, ...] = ()
    administrator: str = ""
    telephone: str = ""
