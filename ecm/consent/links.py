"""The carer's link. It is only an invitation: what opens the question is a code on a telephone checked in person.

Nothing here tells an unknown link from a used, an expired or a barred one: same pages, same time. Looking at the link,
or pressing Start any number of times, uses nothing up; only codes that are typed do.
Source: design 5; OWASP ASVS 5.0, 6.5 and 6.6.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from secrets import randbelow, token_urlsafe
from uuid import UUID

from asyncpg import Record

from ecm.accounts.commands import token_hash
from ecm.accounts.rules import CODE_DIGITS, CODE_LIFETIME, blocks_online_consent, code_is_usable, read_code, tries_left
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.consent.rules import LINK_SESSION, MOST_CODES
from ecm.database import Act, acting_for, keyed_hash, outside_the_log, proof
from ecm.notifications.letters import LinkCode
from ecm.notifications.outbox import queue

# Longer than the longest of the answers takes by itself, so that the wait says nothing.
ANSWER_SECONDS = 0.25
FACTS = "SELECT * FROM consent_link_facts($1, $2)"


async def start_link(secret: str, browser: str) -> None:
    """Send a code to the telephone behind this link, usable in this browser; do nothing for a link that is none.

    Records consent_link:opened. Always takes the same time.
    """
    token = sha256(secret.encode()).digest()
    async with _taking_the_same_time(), _at_link(token, "start") as (act, facts):
        trouble = _trouble(facts) or ("many_codes" if facts["codes_sent"] >= MOST_CODES else "")
        if not trouble:
            code = f"{randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
            kept = _code_hash(token, code)
            await act.run(
                "SELECT send_link_code($1, $2, $3, $4)",
                token, sha256(browser.encode()).digest(), kept, proof("link-code", (token + kept).hex()),
            )  # fmt: skip
            await queue(act, LinkCode(facts["phone"], code, int(CODE_LIFETIME.total_seconds()) // 60))
        _record(act, Event.CONSENT_LINK_OPENED, facts, trouble)


async def note_looked_at(secret: str) -> None:
    """Remember when the page behind a link was first looked at; nothing is used up. Records message:opened, once.

    Programs that look at links in mail for their readers count too: this says that the address is alive, not who read.
    """
    token = sha256(secret.encode()).digest()
    async with outside_the_log("consent_link") as act:
        message = await act.value("SELECT unopened_message($1, $2)", token, proof("unopened", token.hex()))
    if message is None:
        return
    async with acting_for("consent_link", "look") as act:
        await act.run("SELECT open_message($1, $2)", message, proof("opened", message))
        act.record(Event.MESSAGE_OPENED, subject=message)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened for the one request of a link: its secret goes to the browser and is kept nowhere here."""

    secret: str
    request_id: UUID


async def open_link(secret: str, browser: str, typed: str) -> Opened | None:
    """A session of 20 minutes for the one request of this link, if the code is right; else None.

    Every code typed for the link counts, whatever browser it comes from; after five none is right any more, and a
    code that was right opens nothing twice. Records consent_link:verified or consent_link:refused.
    Always takes the same time.
    """
    token, code = sha256(secret.encode()).digest(), read_code(typed)
    async with _taking_the_same_time(), _at_link(token, "open") as (act, facts):
        trouble = _trouble(facts) or _code_trouble(facts, token, sha256(browser.encode()).digest(), code)
        if code:
            await act.run(
                "SELECT count_link_try($1, $2, $3)",
                token,
                not trouble,
                proof("link-try", token.hex(), int(not trouble)),
            )
        _record(act, Event.CONSENT_LINK_REFUSED if trouble else Event.CONSENT_LINK_VERIFIED, facts, trouble)
        return None if trouble else await _open_session(act, facts)
    return None


async def _open_session(act: Act, facts: Record) -> Opened:
    secret = token_urlsafe(32)
    kept, person, request = token_hash(secret), facts["person_id"], facts["request_id"]
    await act.run(
        "SELECT open_session($1, $2, 'link', $3, $4, $5, $6)",
        new_id(), person, kept, request, LINK_SESSION, proof("session", person, "link", kept.hex(), request),
    )  # fmt: skip
    return Opened(secret, request)


class _NoLink(Exception):
    """There is no such link."""


@asynccontextmanager
async def _at_link(token: bytes, purpose: str) -> AsyncIterator[tuple[Act, Record]]:
    """A transaction with what there is to know of a link, which stays locked to the end: tries are counted in turn.

    An address that is no link is looked up and left out of the log, so that nobody can fill the log from outside.
    Raises: _NoLink.
    """
    async with outside_the_log("consent_link") as act:
        if await act.row(FACTS, token, proof("link", token.hex())) is None:
            raise _NoLink
    async with acting_for("consent_link", purpose) as act:
        facts = await act.row(FACTS, token, proof("link", token.hex()))
        assert facts is not None  # links are never taken away
        yield act, facts


def _trouble(facts: Record) -> str:
    """Why this link sends and opens nothing; '' when it does. For the log only: nobody at a screen is told."""
    if facts["at"] >= facts["expires_at"]:
        return "expired"
    if facts["barred"]:
        return "barred"
    if not facts["phone"] or facts["phone_verified_at"] is None:
        return "no_phone"
    if blocks_online_consent(facts["phone_changed_at"], facts["at"]):
        return "phone_changed"
    return "" if tries_left(facts["tries"]) else "tries_used"


def _code_trouble(facts: Record, token: bytes, browser: bytes, code: str | None) -> str:
    if code is None:
        return "no_code"
    if facts["code_hash"] is None or not code_is_usable(facts["code_sent_at"], facts["at"], facts["tries"]):
        return "code_expired"
    if not hmac.compare_digest(facts["browser_hash"], browser):
        return "other_browser"
    return "" if hmac.compare_digest(facts["code_hash"], _code_hash(token, code)) else "wrong_code"


def _code_hash(token: bytes, code: str) -> bytes:
    """Keyed, because a million codes are quickly tried against a plain hash."""
    return keyed_hash(f"link code|{token.hex()}|{code}")


def _record(act: Act, event: str, facts: Record, trouble: str) -> None:
    act.record(event, subject=facts["request_id"], outcome="denied" if trouble else "done", why=trouble or None)


@asynccontextmanager
async def _taking_the_same_time() -> AsyncIterator[None]:
    """Wait, with the connection given back, until the fixed time is over; where there is no link, do only that."""
    clock = asyncio.get_running_loop().time
    until = clock() + ANSWER_SECONDS
    try:
        with suppress(_NoLink):
            yield
    finally:
        await asyncio.sleep(until - clock())
