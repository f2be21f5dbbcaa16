"""What is known of a file as a whole, and the one way to say that it cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


class Unreadable(Exception):
    """Nothing of this file can be taken. The message is a plain sentence for whoever sent it."""


@dataclass(frozen=True)
class Head:
    """What a file says about itself, before its first row.

    `source` and `destination` name schools as the file does: {"laestab": "9994001", "urn": "999001", "name": "…"}, each
    only where it is said. A CSV has no destination: the school of its own columns is the source.
    """

    format: Literal["csv", "ctf"]
    encoding: str
    delimiter: str | None = None
    columns_understood: Mapping[str, str] = field(default_factory=dict)
    """The field by the name of its column, for a CSV."""
    columns_ignored: Sequence[str] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    destination: Mapping[str, str] = field(default_factory=dict)
    ctf_version: str | None = None


@dataclass(frozen=True)
class Tail:
    """What is known after the last row: how many there were, and sentences about the whole file."""

    rows: int
    warnings: Sequence[str] = ()


Document = dict[str, Any]
"""One row, as it goes into a batch."""
