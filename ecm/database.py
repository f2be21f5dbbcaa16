"""The one door to the database: `acting_as` opens a transaction in somebody's name and closes it with a log entry.

    BEGIN → enter(session) → body → audit_record_all(events) → COMMIT

Nothing leaves before COMMIT. A transaction that recorded no event is rolled back: no log, no data.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ecm.clock import new_id
from ecm.connections import transaction
from ecm.errors import AlreadySent, NotSignedIn


@dataclass(frozen=True, slots=True)
class Standing:
    """Who a live session stands for, as the database said at the start of this request."""

    session_id: UUID
    session_kind: str
    person_id: UUID
    person_name: str
    membership_id: UUID | None
    agency_id: UUID | None
    agency_name: str | None
    agency_kind: str | None
    role: str | None
    verbs: frozenset[str]
    request_id: UUID | None
    memberships: int
    is_carer: bool
    invitations: int | None
    opened_at: datetime
    expires_at: datetime
    covering: tuple[str, ...]
    administrator: str | None
    telephone: str | None

    def may(self, verb: str) -> bool:
        """Whether this role may do this at all; rows are another matter, and the database's."""
        return verb in self.verbs


@dataclass(slots=True)
class Actor:
    """Somebody asking: SHA-256 of the secret their session goes by. `standing` is known once they have entered.

    `by_link`: on the pages behind a carer's link, which no other session opens, and a link opens nothing else.
    """

    token_hash: bytes
    standing: Standing | None = None
    by_link: bool = False


@dataclass(slots=True)
class Act:
    """One transaction in somebody's name."""

    connection: asyncpg.Connection
    standing: Standing | None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def who(self) -> Standing:
        """The person acting; a service has none."""
        if self.standing is None:
            raise NotSignedIn
        return self.standing

    def record(
        self,
        event: str,
        *,
        case: UUID | None = None,
        subject: UUID | None = None,
        pupils: Iterable[UUID] = (),
        outcome: str = "done",
        **detail: str | int | bool | UUID | None,
    ) -> None:
        """Queue one audit event: ids and codes only, never words about a pupil. Written just before COMMIT."""
        self.events.append(
            {
                "event": event,
                "outcome": outcome,
                "case": case,
                "subject": subject,
                "pupils": list(pupils),
                "detail": {k: v for k, v in detail.items() if v is not None},
            }
        )

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """All rows of a query, in its order."""
        return await self.connection.fetch(sql, *values)

    async def row(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """The first row of a query, or None."""
        return await self.connection.fetchrow(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.connection.fetchval(sql, *values)

    async def run(self, sql: str, *values: Any) -> int:
        """Run a statement; how many rows it touched."""
        return int((await self.connection.execute(sql, *values)).rpartition(" ")[2] or 0)


@asynccontextmanager
async def acting_as(actor: Actor, purpose: str) -> AsyncIterator[Act]:
    """A transaction in the actor's name, for one coded purpose.

    Raises: NotSignedIn when the session is not live.
    """
    if (outer := _together.get()) is not None:
        outer.standing = await _enter(outer.connection, actor, purpose)
        yield outer
        return
    async with transaction() as connection:
        act = Act(connection, await _enter(connection, actor, purpose))
        await _refuse_if_done(act)
        yield act
        await _remember_sending(act)
        await _write_events(act)


@dataclass(slots=True)
class Sending:
    """A form on its way, known by its hash. `begun` once a transaction was opened for it: a command may take several."""

    form: bytes
    begun: bool = False


_sending: ContextVar[Sending | None] = ContextVar("sending", default=None)

WAIT_FOR_SENDING = "SELECT pg_advisory_xact_lock(hashtextextended('sent ' || $1::text, 0))"
FIND_SENT = "SELECT 1 FROM idempotency_key WHERE principal = $1 AND key_hash = $2"
REMEMBER_SENT = """
WITH forgotten AS (DELETE FROM idempotency_key WHERE principal = $2 AND at <= app_now() - interval '24 hours')
INSERT INTO idempotency_key (id, principal, key_hash, call_hash, made_id, at) VALUES ($1, $2, $3, '', $1, app_now())
ON CONFLICT DO NOTHING
"""


@contextmanager
def sending(form: bytes) -> Iterator[None]:
    """What is done inside is done once for this form, whose hash (32 bytes) this is. Source: ADR 0012."""
    mark = _sending.set(Sending(form))
    try:
        yield
    finally:
        _sending.reset(mark)


async def _refuse_if_done(act: Act) -> None:
    """Two clicks at once: the second waits here until the first has committed or failed. Raises: AlreadySent."""
    sent = _sending.get()
    if sent is None or sent.begun:
        return
    sent.begun = True
    await act.run(WAIT_FOR_SENDING, sent.form.hex())
    if await act.value(FIND_SENT, _sender(act), sent.form):
        raise AlreadySent


async def _remember_sending(act: Act) -> None:
    """Kept or lost together with what the form did; a form that only led to a look is not remembered."""
    sent = _sending.get()
    if sent is not None and any(event["outcome"] == "done" for event in act.events):
        await act.run(REMEMBER_SENT, new_id(), _sender(act), sent.form)


def _sender(act: Act) -> UUID:
    return act.who.membership_id or act.who.person_id


@asynccontextmanager
async def acting_together(actor: Actor, purpose: str) -> AsyncIterator[Act]:
    """The same, and every `acting_as` inside joins it: one transaction, kept whole or not at all.

    Whatever is raised inside must leave it: a statement that failed has ended the transaction for all.
    """
    async with acting_as(actor, purpose) as act:
        mark = _together.set(act)
        try:
            yield act
        finally:
            _together.reset(mark)


_together: ContextVar[Act | None] = ContextVar("together", default=None)


async def _enter(connection: asyncpg.Connection, actor: Actor, purpose: str) -> Standing:
    record = await connection.fetchrow("SELECT * FROM enter($1, $2)", actor.token_hash, purpose)
    if record is None or (record["session_kind"] == "link") != actor.by_link:
        raise NotSignedIn
    values = dict(record)
    actor.standing = Standing(**{**values, "verbs": frozenset(values["verbs"]), "covering": tuple(values["covering"])})
    return actor.standing


@asynccontextmanager
async def acting_for(service: str, purpose: str) -> AsyncIterator[Act]:
    """A transaction in the name of a service (sign-in, seed, worker), proved by the installation's secret."""
    async with transaction() as connection:
        await connection.execute("SELECT enter_service($1, $2, $3)", service, purpose, proof("service", service))
        act = Act(connection, None)
        yield act
        await _write_events(act)


@asynccontextmanager
async def outside_the_log(service: str) -> AsyncIterator[Act]:
    """A service's transaction about no pupil and no session, such as counting how often a password was tried."""
    async with transaction() as connection:
        await connection.execute("SELECT enter_service($1, $2, $3)", service, "count", proof("service", service))
        yield Act(connection, None)


async def _write_events(act: Act) -> None:
    if not act.events:
        raise AssertionError("no event recorded: no log, no data")
    await act.connection.execute("SELECT audit_record_all($1::jsonb)", json.dumps(act.events, default=str))


_secret: list[bytes] = []


def use_secret(secret: str) -> None:
    """Keep the installation's secret for this process; `proof` needs it."""
    _secret[:] = [secret_key(secret)]


def secret_key(secret: str) -> bytes:
    """The key both sides hold: SHA-256 of the secret text."""
    return hashlib.sha256(secret.encode()).digest()


def proof(*words: object) -> bytes:
    """HMAC-SHA-256 over words joined by '|': shows the database that the app itself asks, not SQL injected into it."""
    return keyed_hash("|".join(str(w) for w in words))


def keyed_hash(words: str) -> bytes:
    """HMAC-SHA-256 of words under the installation's secret; also used where a table must not name anybody."""
    return hmac.digest(_secret[0], words.encode(), "sha256")
