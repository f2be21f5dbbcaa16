"""Links that are sent to somebody: a secret in a letter, of which the database keeps SHA-256 alone.

Looking at a link, any number of times, uses nothing up; only the form behind it does. An unknown, a used and an expired
link get the same page. Source: design 5; OWASP ASVS 5.0, 6.4.3 and 6.5.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from secrets import token_urlsafe

from ecm.accounts.commands import token_hash as token_hash
from ecm.database import proof

RESET_LIFETIME = timedelta(minutes=30)
ADDRESS_LIFETIME = timedelta(hours=24)
# Longer than the longest of the answers takes by itself, so that the wait says nothing.
ANSWER_SECONDS = 0.25


def new_link() -> tuple[str, bytes]:
    """The secret for a letter, 43 characters, and what the database keeps of it."""
    secret = token_urlsafe(32)
    return secret, token_hash(secret)


def proof_of(*words: object) -> bytes:
    """The app's proof over words, None left out, as `concat_ws` in the database leaves it out."""
    return proof(*(each for each in words if each is not None))


@asynccontextmanager
async def taking_the_same_time() -> AsyncIterator[None]:
    """Wait until the fixed time is over, whatever was found."""
    clock = asyncio.get_running_loop().time
    until = clock() + ANSWER_SECONDS
    try:
        yield
    finally:
        await asyncio.sleep(until - clock())
