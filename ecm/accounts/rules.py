"""Sign-in rules: how long a session lives, how guessing is slowed, when a code by text may be used. Pure."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

IDLE_LIMIT = timedelta(minutes=15)
ABSOLUTE_LIMIT = timedelta(hours=10)
WARNING = timedelta(minutes=2)

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 5
PHONE_SETTLES = timedelta(days=14)


# ------------------------------------------------------------------------------------------------------- sessions


def session_ends_at(opened_at: datetime, seen_at: datetime) -> datetime:
    """When a browser session ends if nothing more happens: 15 minutes idle, and in any case 10 hours after sign-in.

    The session's row decides; this words the countdown. The end itself is outside the session.
    Source: NIST SP 800-63B-4, 2.2.3 (at most 24 h and 1 h idle); NHS login (12 h and 30 min); the stricter for staff.
    """
    return min(opened_at + ABSOLUTE_LIMIT, seen_at + IDLE_LIMIT)


def session_warns_at(opened_at: datetime, seen_at: datetime) -> datetime:
    """When to offer to stay signed in: 2 minutes before the end.

    Source: WCAG 2.2, success criterion 2.2.1 (at least 20 seconds to extend with one simple action).
    """
    return session_ends_at(opened_at, seen_at) - WARNING


SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "an Android device"), ("CrOS", "a Chromebook"),
    ("Windows", "Windows"), ("Macintosh", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip


def device_words(user_agent: str) -> str:
    """What a list of sessions calls a browser, such as `Firefox on Windows`; '' when it does not say.

    Family names only, so that nobody is told apart by them. Source: OWASP ASVS 5.0, 7.5.2 (see and end one's sessions).
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser or 'A browser'} on {system}" if system else browser


# ------------------------------------------------------------------------------------------------- slowing guesses


@dataclass(frozen=True)
class Brake:
    """`free` failures in 24 hours cost nothing; then the wait doubles from 1 second up to `longest` seconds."""

    free: int
    longest: int


HERE = Brake(free=5, longest=900)  # one account from one place
ACCOUNT = Brake(free=100, longest=900)  # one account from all places that do not know it
ADDRESS = Brake(free=50, longest=60)  # one address, all accounts that it does not know: a whole school may share it


def retry_after(
    now: datetime,
    *,
    failures_here: int,
    failures_from_address: int,
    failures_elsewhere: int,
    known: bool,
    last_here: datetime | None = None,
    last_from_address: datetime | None = None,
    last_elsewhere: datetime | None = None,
) -> int:
    """Whole seconds (0 to 900) until a password may be tried again on this account from this place; 0 means now.

    Counts are failures of the last 24 hours. *Here* is this account from this device if it is a known one, else
    from this address. *Known*: somebody has signed in to this account from this device or address before.

    Promises: more failures never shorten a wait; a known place waits for its own failures only, so no stranger
    can keep a person out; no wait is longer than 15 minutes. In any 24 hours at most 109 guesses are let through
    from one known place, 204 from all unknown places together on one account, and 1,494 from one address on all
    accounts that do not know it. The price: while a large attack lasts, somebody on a new device *and* a new
    address may find the turn taken; any device or address they have used before stays open.
    A try that has to wait is not counted as a failure.

    Source: OWASP ASVS 5.0, 6.1.1 and 6.3.1 (slow guessing; no malicious lock-out); OWASP, "Slow down online
    guessing attacks with device cookies". NIST SP 800-63B-4, 3.2.2 wants an account disabled after 100 failures
    in a row: not done, because anybody could then disable anybody.
    """
    here = _wait(HERE, failures_here, last_here, now)
    if known:
        return here
    latest = max((at for at in (last_here, last_elsewhere) if at), default=None)
    account = _wait(ACCOUNT, failures_here + failures_elsewhere, latest, now)
    return max(here, account, _wait(ADDRESS, failures_from_address, last_from_address, now))


def _wait(brake: Brake, failures: int, last_at: datetime | None, now: datetime) -> int:
    if last_at is None or failures < brake.free:
        return 0
    delay = min(brake.longest, 1 << min(failures - brake.free, 16))
    # A clock that runs behind the one that wrote `last_at` must not lengthen the wait.
    passed = max(0.0, (now - last_at).total_seconds())
    return max(0, ceil(delay - passed))


def address_group(text: str) -> str:
    """The part of a network address that one person or household holds: an IPv4 address whole, an IPv6 /64.

    An IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is that IPv4 address. Anything unreadable is one group, 'unknown'.
    Source: RFC 6177 and RFC 7421 (a subscriber gets at least a /64, and can use every address in it).
    """
    try:
        address = ip_address(text.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((int(address), 64), strict=False))
        address = address.ipv4_mapped
    return str(address)


# --------------------------------------------------------------------------------------------------- codes by text


def read_mobile(text: str) -> str | None:
    """A mobile number as it is kept, `+` and the country first; a number with 0 before it is British. None: it is none.

    Source: ITU-T E.164 (at most 15 digits).
    """
    plain = "".join(each for each in text if not each.isspace() and each not in "()-.\u2010\u2011\u2013")
    plain = f"+44{plain[1:]}" if plain.startswith("0") and not plain.startswith("00") else plain
    plain = f"+{plain[2:]}" if plain.startswith("00") else plain
    digits = plain[1:]
    known = plain.startswith("+") and digits.isascii() and digits.isdecimal() and not digits.startswith("0")
    return plain if known and 7 <= len(digits) <= 15 else None


def read_code(text: str) -> str | None:
    """The six digits somebody typed, in any script and with spaces or hyphens between; None if it is not that.

    Source: design, section 5; OWASP ASVS 5.0, 6.5.4 (at least six random digits).
    """
    kept = [each for each in text if not each.isspace() and each not in "-\u2010\u2011\u2013"]
    digits = [unicodedata.decimal(each, -1) for each in kept]
    return "".join(map(str, digits)) if len(digits) == CODE_DIGITS and -1 not in digits else None


def code_is_usable(sent_at: datetime, now: datetime, tries: int) -> bool:
    """Whether the code of a link can still be tried: within 10 minutes of sending, fewer than 5 tries on that link.

    `tries` counts over all codes sent for the link, so that asking for a new code buys no new guesses: somebody
    with the link but without the telephone succeeds at most 5 times in a million.
    Source: design, section 5; OWASP ASVS 5.0, 6.5.5, 6.6.2 and 6.6.3.
    """
    return timedelta(0) <= now - sent_at < CODE_LIFETIME and tries < CODE_TRIES


def tries_left(tries: int) -> int:
    """How many codes may still be tried on this link, 0 to 5. Source: design, section 5."""
    return max(0, CODE_TRIES - tries)


def blocks_online_consent(phone_changed_at: datetime | None, now: datetime) -> bool:
    """Whether a telephone number changed too recently (14 days) to carry a code for consent; None: never changed.

    Then consent is given in person, and the workers are warned: a fresh number may be somebody else's.
    Source: design, section 5.
    """
    return phone_changed_at is not None and now < phone_changed_at + PHONE_SETTLES
