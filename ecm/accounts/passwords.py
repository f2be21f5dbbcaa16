"""Passwords: hashing, checking, and which ones are accepted.

Argon2id with 32 MiB, 2 passes, 1 lane: about 50 ms on the machine this was written on. The memory is above OWASP's
minimum for 2 passes (19 MiB); RFC 9106's second recommended set (64 MiB, 3 passes, 4 lanes) takes 100 to 150 ms
there, and a school server that checks 30 people at nine o'clock has two cores.
Source: RFC 9106, section 4; OWASP Password Storage Cheat Sheet; NIST SP 800-63B-4, 3.1.1.2.
"""

import asyncio
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type

MEMORY_KIB = 32 * 1024
PASSES = 2
LANES = 1
SHORTEST = 15
LONGEST = 128
AT_ONCE = 2

# Longer than any accepted password in any spelling: what is typed beyond it cannot be right.
_LONGEST_TYPED = 8 * LONGEST
_LEAST_UNGUESSABLE = 6
_CONTEXT_WORDS = ("everychildmatters", "safeguarding", "password", "welcome", "letmein", "admin", "login", "ecm")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_STEPS = {a + b for row in _ROWS for a, b in pairwise(row)}

_hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, hash_len=32, salt_len=16, type=Type.ID)
# A well-formed hash that no password has: checking against it costs what checking a real one costs.
_NOBODY = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")


def hash_password(password: str) -> str:
    """The password's hash as a PHC string with a fresh salt. Does not judge the password."""
    return _hasher.hash(_stable(password))


def verify_password(phc: str | None, password: str) -> bool:
    """Whether the password belongs to this hash. None (no such account) takes as long and is False.

    Raises: argon2 errors for a hash that is not one: a damaged database, not a wrong password.
    """
    if len(password) > _LONGEST_TYPED:
        phc, password = None, ""
    try:
        _hasher.verify(phc or _NOBODY, _stable(password))
    except VerifyMismatchError:
        return False
    return phc is not None


def needs_rehash(phc: str) -> bool:
    """Whether the hash was made with other parameters than today's: hash again while the password is at hand."""
    return _hasher.check_needs_rehash(phc)


async def hash_password_aside(password: str) -> str:
    """`hash_password` in one of two threads: argon2 lets go of the interpreter, so the loop goes on."""
    return await asyncio.get_running_loop().run_in_executor(_threads, hash_password, password)


async def verify_password_aside(phc: str | None, password: str) -> bool:
    """`verify_password` in one of two threads. Who goes away while waiting for a thread leaves the queue."""
    return await asyncio.get_running_loop().run_in_executor(_threads, verify_password, phc, password)


def password_problem(password: str, email: str = "") -> str | None:
    """Why this password cannot be chosen by whoever signs in with `email`, as one sentence; None if it can.

    15 to 128 characters (code points, as hashed), any characters, no composition rules; and more than guessable
    parts: with the e-mail address, this service's name, common words and runs taken away, 6 characters must remain.
    Source: NIST SP 800-63B-4, 3.1.1.2 (a password that stands alone); OWASP ASVS 5.0, 6.1.2, 6.2.5, 6.2.9, 6.2.11.
    """
    length = len(unicodedata.normalize("NFKC", password[: _LONGEST_TYPED + 1]))
    if length < SHORTEST:
        return f"Use at least {SHORTEST} characters. Three or four words together are easy to remember."
    if length > LONGEST:
        return f"Use at most {LONGEST} characters."
    if len(_unguessable(password, email)) < _LEAST_UNGUESSABLE:
        return "Choose something harder to guess than your e-mail address, the name of this service, repeats or runs."
    return None


def _stable(password: str) -> bytes:
    """The bytes to hash: the same for every way a keyboard composes the same text (NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _unguessable(password: str, email: str) -> str:
    rest = _plain(password)
    own = {_plain(email), *map(_plain, re.split(r"[@.+_-]", email))}
    for word in sorted({*own, *_CONTEXT_WORDS}, key=len, reverse=True):
        rest = rest.replace(word, "") if len(word) > 2 else rest
    return _without_runs(re.sub(r"(.+?)\1+", r"\1", rest, flags=re.DOTALL))


def _plain(text: str) -> str:
    return re.sub(r"[\s@._-]+", "", unicodedata.normalize("NFKC", text).casefold())


def _without_runs(text: str) -> str:
    """Each run along the alphabet, the digits or a keyboard row, either way, shortened to its first character."""
    kept = text[:1]
    for before, each in pairwise(text):
        if before + each not in _STEPS and each + before not in _STEPS:
            kept += each
    return kept
