"""Rows on their way into the database: kept for a moment, then copied table by table."""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

# Each table after those that its rows point to.
ORDER = (
    "agency", "person", "membership", "sharing_agreement", "agreement_party", "agreement_clause", "pupil", "enrolment", "sen_status", "carer", "contact_bar",
    "support_case", "case_brief", "identified_barrier", "involvement", "involvement_message", "case_author",
    "carer_admission", "consent_request", "consent_proposal", "consent_event", "action", "action_change", "note", "review",
    "review_contribution", "case_turn", "correction",
)  # fmt: skip
_FIRST_MILLISECOND = 1_767_225_600_000


class Rows:
    """Rows by table, and their ids: UUIDv7 of the first seconds of 2026, in the order of making, the rest from the seed.

    In that order they go to the end of an index; the same seed gives the same ids (RFC 9562, 5.7).
    """

    def __init__(self, draw: Random, first_number: int) -> None:
        self.numbers: Iterator[int] = count(first_number)
        self.made: dict[str, int] = {}
        self._draw = draw
        self._serial = count()
        self._columns: dict[str, tuple[str, ...]] = {}
        self._waiting: dict[str, list[tuple[Any, ...]]] = {table: [] for table in ORDER}

    def new_id(self) -> UUID:
        """The next id."""
        milliseconds, within = divmod(next(self._serial), 4096)
        high = (_FIRST_MILLISECOND + milliseconds) << 16 | 7 << 12 | within
        return UUID(int=high << 64 | 2 << 62 | self._draw.getrandbits(62))

    def add(self, table: str, **values: Any) -> None:
        """One row. Raises: ValueError when it has other columns than the rows before it."""
        columns = tuple(values)
        if self._columns.setdefault(table, columns) != columns:
            raise ValueError(f"{table}: {columns}, but {self._columns[table]} before")
        self._waiting[table].append(tuple(values.values()))

    def take(self) -> "Batch":
        """What is waiting, in the order in which it can be written; nothing waits afterwards."""
        batch = [(table, self._columns[table], rows) for table, rows in self._waiting.items() if rows]
        for table, _, rows in batch:
            self._waiting[table] = []
            self.made[table] = self.made.get(table, 0) + len(rows)
        return batch


Batch = list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]


async def write(connection: asyncpg.Connection, batch: Batch) -> None:
    """Copy a batch into its tables."""
    for table, columns, rows in batch:
        await connection.copy_records_to_table(table, records=rows, columns=columns)
