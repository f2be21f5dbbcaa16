"""API access tokens, and the only file that imports jose.

python-jose 3.5.0, left to decide for itself, accepts HS256 forged with a public key in DER, an empty HMAC key and
an unknown `crit`. So it decides nothing here: a token is read only if its header is byte for byte one that
`issue` writes under a key we hold, and its claims are byte for byte what `issue` would write for what they say.
Only then, and only for ES256 with an EC key built from a JWK, is jose asked whether the signature is right.

A token alone opens nothing: it names a session, and the session's row is the truth.
Source: RFC 7515, RFC 7519, RFC 8725 (best practice), RFC 9068 (`at+jwt`), RFC 7638 (`kid`).
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from ecm.accounts.rules import ABSOLUTE_LIMIT
from ecm.clock import new_id
from ecm.errors import NotSignedIn

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"
LONGEST_TOKEN = 2048
LONGEST_ISSUER = 200
SECOND = timedelta(seconds=1)
LEEWAY = 5 * SECOND

# Reasons, for the log; each is a sentence fit for the screen and none helps a forger.
MALFORMED = "The access token is malformed."
FOREIGN_HEADER = "The access token has a header that this service does not write."
WRONG_SIGNATURE = "The access token has a wrong signature."
FOREIGN_CLAIMS = "The access token has claims that this service does not write."
NOT_YET_VALID = "The access token is not valid yet."
EXPIRED = "The access token has expired."

_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})", re.ASCII)
_MEMBERS = {"kty", "crv", "x", "y", "d", "kid", "alg", "use"}
_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class TokenClaims:
    """What a valid token says. The instants are aware UTC, whole seconds."""

    session_id: UUID
    person_id: UUID
    token_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Keyring:
    """The keys of one installation: one that signs, and every one whose tokens are still read, by header."""

    issuer: str
    kid: str
    signing: Key = field(repr=False)
    accepted: Mapping[str, Key] = field(repr=False)


def new_key() -> str:
    """A fresh private key: JSON text of an EC P-256 JWK. Keep it in a file only the server can read."""
    key = jwk.construct(ec.generate_private_key(ec.SECP256R1()), ALGORITHM)
    return json.dumps(key.to_dict() | {"kid": thumbprint(key)})


def read_keys(text: str, issuer: str) -> Keyring:
    """The keyring of `issuer` (1 to 200 characters) from JSON text.

    The text is one private JWK, or `{"keys": [...]}`: the first one signs, the others (private or public) are
    older keys whose tokens are still read while keys are being changed.

    Raises: ValueError, never showing key material, for anything but consistent EC P-256 keys.
    """
    if not 0 < len(issuer) <= LONGEST_ISSUER:
        raise ValueError(f"The token issuer must have 1 to {LONGEST_ISSUER} characters.")
    try:
        found = json.loads(text)
        keys = [_key(each) for each in found.get("keys", [found])]
        signing = keys[0]
    except (ValueError, TypeError, LookupError, AttributeError, JOSEError):
        raise ValueError("The token key must be a consistent EC P-256 key as JWK (JSON), or a list of them.") from None
    if signing.is_public():
        raise ValueError("The first token key must be a private one: it signs.")
    accepted = {_header(thumbprint(each)): each.public_key() for each in keys}
    return Keyring(issuer, thumbprint(signing), signing, accepted)


def issue(keys: Keyring, session_id: UUID, person_id: UUID, now: datetime, lifetime: timedelta) -> str:
    """A signed token for this session, valid from `now` for `lifetime` (over 0, at most 10 hours; whole seconds).

    Raises: ValueError for any other lifetime.
    """
    issued_at = now.astimezone(UTC).replace(microsecond=0)
    claims = TokenClaims(session_id, person_id, new_id(), issued_at, issued_at + lifetime // SECOND * SECOND)
    if not _is_writable(claims):
        raise ValueError("A token lives for more than 0 seconds and at most 10 hours.")
    headers = {"typ": TOKEN_TYPE, "kid": keys.kid}
    return _with_low_s(jws.sign(_payload(keys.issuer, claims), keys.signing, headers, ALGORITHM))


def read(keys: Keyring, token: str, now: datetime) -> TokenClaims:
    """What the token says, if this installation issued it and it is valid now.

    A clock may be 5 seconds behind the issuer's; expiry is exact. One token has exactly one spelling: the other
    ECDSA signature of the same words (high s) and any other base64url spelling are refused.

    Raises: NotSignedIn for everything else, saying why.
    """
    header, signature = _parts(token)
    key = keys.accepted.get(header)
    if key is None:
        raise NotSignedIn(FOREIGN_HEADER)
    try:
        words = jws.verify(token, key, algorithms=[ALGORITHM])
    except JOSEError:
        raise NotSignedIn(WRONG_SIGNATURE) from None
    if _s(signature) > _ORDER_P256 // 2:
        raise NotSignedIn(WRONG_SIGNATURE)
    claims = _claims(keys.issuer, words)
    if claims.issued_at > now + LEEWAY:
        raise NotSignedIn(NOT_YET_VALID)
    if claims.expires_at <= now:
        raise NotSignedIn(EXPIRED)
    return claims


def thumbprint(key: Key) -> str:
    """The key's `kid`. Source: RFC 7638, section 3.2."""
    point = key.to_dict()
    members = {name: point[name] for name in ("crv", "kty", "x", "y")}
    return _base64url(sha256(_json(members)).digest())


def _key(members: dict[str, Any]) -> Key:
    if not set(members) <= _MEMBERS or members["crv"] != "P-256":
        raise ValueError("not an EC P-256 JWK")
    key = jwk.construct(members, ALGORITHM)
    if members.get("alg", ALGORITHM) != ALGORITHM or members.get("kid", thumbprint(key)) != thumbprint(key):
        raise ValueError("alg or kid does not belong to this key")
    return key


def _header(kid: str) -> str:
    return _base64url(_json({"alg": ALGORITHM, "kid": kid, "typ": TOKEN_TYPE}))


def _payload(issuer: str, claims: TokenClaims) -> bytes:
    return _json(
        {
            "aud": f"{issuer}/api/v1",
            "exp": int(claims.expires_at.timestamp()),
            "iat": int(claims.issued_at.timestamp()),
            "iss": issuer,
            "jti": str(claims.token_id),
            "sid": str(claims.session_id),
            "sub": str(claims.person_id),
        }
    )


def _claims(issuer: str, words: bytes) -> TokenClaims:
    """Read, then write again: wrong types, other issuers, extra, missing or doubled members all differ somewhere."""
    try:
        body = json.loads(words)
        session_id, person_id, token_id = (UUID(body[name]) for name in ("sid", "sub", "jti"))
        issued_at, expires_at = (datetime.fromtimestamp(body[name], UTC) for name in ("iat", "exp"))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, OSError, RecursionError):
        raise NotSignedIn(FOREIGN_CLAIMS) from None
    claims = TokenClaims(session_id, person_id, token_id, issued_at, expires_at)
    if not _is_writable(claims) or _payload(issuer, claims) != words:
        raise NotSignedIn(FOREIGN_CLAIMS)
    return claims


def _is_writable(claims: TokenClaims) -> bool:
    return timedelta(0) < claims.expires_at - claims.issued_at <= ABSOLUTE_LIMIT


def _parts(token: str) -> tuple[str, bytes]:
    """Header segment and signature of a token whose payload and signature are spelt canonically."""
    shape = _SHAPE.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
    if shape is None:
        raise NotSignedIn(MALFORMED)
    header, payload, signature = shape.groups()
    _from_base64url(payload)
    return header, _from_base64url(signature)


def _with_low_s(token: str) -> str:
    """The same token with the smaller of its two equally valid signatures."""
    words, _, tail = token.rpartition(".")
    signature = _from_base64url(tail)
    s = min(_s(signature), _ORDER_P256 - _s(signature))
    return f"{words}.{_base64url(signature[:32] + s.to_bytes(32))}"


def _s(signature: bytes) -> int:
    return int.from_bytes(signature[32:])


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    """Raises: NotSignedIn unless `text` is the one canonical spelling of its bytes (no padding, no stray bits)."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if _base64url(data) != text:
        raise NotSignedIn(MALFORMED)
    return data
