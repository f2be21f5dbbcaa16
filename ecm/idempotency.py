"""`Idempotency-Key`: a creating call that is sent twice does its work once.

The key is written in the transaction that creates, so there is no moment at which one is kept without the other.
Only the id of what was made is stored: whoever repeats the call reads it again under the rights they have now.
Source: ADR 0012; draft-ietf-httpapi-idempotency-key-header-07.
"""

import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from litestar import Request

from ecm.clock import new_id
from ecm.database import Act, Actor, acting_together
from ecm.errors import Refused

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
BAD_KEY = f"The key must be 1 to {LONGEST_KEY} printable ASCII characters."
USED_KEY = "This key was used for another call in the last 24 hours. Send this one with a key of its own."

Answer = dict[str, Any]

# Two calls at once: the second waits here until the first has committed or failed.
WAIT = "SELECT pg_advisory_xact_lock(hashtextextended('idempotency ' || $1::text, 0))"
FIND = """
SELECT call_hash, made_id FROM idempotency_key
WHERE principal = $1 AND key_hash = $2 AND at > app_now() - interval '24 hours'
"""
FORGET = "DELETE FROM idempotency_key WHERE principal = $1 AND at <= app_now() - interval '24 hours'"
REMEMBER = """
INSERT INTO idempotency_key (id, principal, key_hash, call_hash, made_id, at) VALUES ($1, $2, $3, $4, $5, app_now())
"""


async def once(
    request: Request[Any, Any, Any],
    actor: Actor,
    make: Callable[[], Awaitable[Answer]],
    again: Callable[[UUID], Awaitable[Answer]],
    file_hash: bytes = b"",
) -> Answer:
    """What `make` answers; sent again with the same key within 24 hours, what `again` reads by the `id` made then.

    `file_hash`: SHA-256 of a file that was sent, instead of the body. Without a key it is `make`. A call that was refused keeps nothing, and its key may be used again.
    Raises: Refused for a key that is none, or that this person in this membership used for another call.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await make()
    if not (key.strip() and len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise Refused({HEADER: BAD_KEY})
    call_hash = file_hash or await _call_hash(request)
    async with acting_together(actor, "create_once") as act:
        mine, key_hash = _principal(act), sha256(key.encode()).digest()
        await act.run(WAIT, f"{mine} {key_hash.hex()}")
        if known := await act.row(FIND, mine, key_hash):
            if known["call_hash"] != call_hash:
                raise Refused({HEADER: USED_KEY})
            return await again(known["made_id"])
        answer = await make()
        await act.run(FORGET, mine)
        await act.run(REMEMBER, new_id(), mine, key_hash, call_hash, answer["id"])
        return answer


def _principal(act: Act) -> UUID:
    return act.who.membership_id or act.who.person_id


async def _call_hash(request: Request[Any, Any, Any]) -> bytes:
    """SHA-256 over address and body; the same JSON written in another order is the same call."""
    body = json.dumps(json.loads(await request.body() or b"null"), sort_keys=True)
    return sha256(f"{request.url.path}\n{body}".encode()).digest()
