"""Every refusal here is of a token that is accepted as soon as its one flaw is taken away.

Tokens are forged with `cryptography` and `hmac` alone, so that the forger does not share the reader's code.
"""

import hmac
import json
import random
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from jose import jwt

from ecm.accounts import tokens
from ecm.accounts.tokens import Keyring, issue, new_key, read, read_keys
from ecm.errors import NotSignedIn

ISSUER = "https://ecm.example"
NOW = datetime(2026, 11, 22, 9, 30, 0, 250_000, UTC)
HOUR = timedelta(hours=1)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

KEY_TEXT = new_key()
JWK = json.loads(KEY_TEXT)
KEYS = read_keys(KEY_TEXT, ISSUER)
SESSION, PERSON = uuid4(), uuid4()


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def private_key(members: dict[str, Any]) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(members["d"])), ec.SECP256R1())


PRIVATE = private_key(JWK)
DER = PRIVATE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
PEM = PRIVATE.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": JWK["kid"]}
CLAIMS = {
    "iss": ISSUER,
    "aud": f"{ISSUER}/api/v1",
    "sub": str(PERSON),
    "sid": str(SESSION),
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + HOUR).timestamp()),
    "jti": str(uuid4()),
}


def signature(words: bytes, key: ec.EllipticCurvePrivateKey = PRIVATE, high: bool = False) -> tuple[int, int]:
    r, s = decode_dss_signature(key.sign(words, ec.ECDSA(hashes.SHA256())))
    return r, (max if high else min)(s, ORDER - s)


def raw(pair: tuple[int, int]) -> bytes:
    return pair[0].to_bytes(32) + pair[1].to_bytes(32)


def forge(
    header: bytes | dict[str, Any] = HEADER,
    claims: bytes | dict[str, Any] = CLAIMS,
    sign: Callable[[bytes], bytes] = lambda words: raw(signature(words)),
) -> str:
    parts = [each if isinstance(each, bytes) else compact(each) for each in (header, claims)]
    words = ".".join(map(b64, parts))
    return f"{words}.{b64(sign(words.encode()))}"


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def refusal(token: str, keys: Keyring = KEYS, now: datetime = NOW) -> str:
    """Why this token is refused; fails if the same token without its flaw would be refused too."""
    assert read(KEYS, forge(), NOW).session_id == SESSION
    with pytest.raises(NotSignedIn) as refused:
        read(keys, token, now)
    return str(refused.value)


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda words: hmac.digest(secret, words, "sha256")


def hs512(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda words: hmac.digest(secret, words, "sha512")


def test_what_is_issued_is_read_until_it_expires() -> None:
    token = issue(KEYS, SESSION, PERSON, NOW, HOUR)
    claims = read(KEYS, token, NOW)
    start = NOW.replace(microsecond=0)
    assert (claims.session_id, claims.person_id) == (SESSION, PERSON)
    assert (claims.issued_at, claims.expires_at) == (start, start + HOUR)
    assert read(KEYS, token, start + HOUR - timedelta(microseconds=1)) == claims
    assert refusal(token, now=start + HOUR) == tokens.EXPIRED
    assert read(KEYS, issue(KEYS, SESSION, PERSON, NOW, HOUR), NOW).token_id != claims.token_id
    # What an outsider sees in it: exactly these members, and nothing about the person but ids.
    header, payload, _ = token.split(".")
    assert json.loads(unb64(header)) == HEADER
    assert set(json.loads(unb64(payload))) == set(CLAIMS)


def test_lifetimes_have_bounds() -> None:
    assert read(KEYS, issue(KEYS, SESSION, PERSON, NOW, timedelta(hours=10)), NOW)
    for wrong in (timedelta(0), timedelta(milliseconds=900), -HOUR, timedelta(hours=10, seconds=1)):
        with pytest.raises(ValueError, match="at most 10 hours"):
            issue(KEYS, SESSION, PERSON, NOW, wrong)


def test_public_keys_used_as_hmac_secrets_open_nothing() -> None:
    secrets = {
        "DER": DER,
        "PEM": PEM,
        "one line": PEM.strip(),
        "x": unb64(JWK["x"]),
        "kid": JWK["kid"].encode(),
        "": b"",
    }
    for algorithm in ("HS256", "ES256"):
        for secret in secrets.values():
            token = forge(HEADER | {"alg": algorithm}, sign=hs256(secret))
            assert refusal(token) == tokens.MALFORMED  # 32 bytes cannot be an ES256 signature
            padded = forge(HEADER | {"alg": algorithm}, sign=hs512(secret))
            assert refusal(padded) == (tokens.FOREIGN_HEADER if algorithm == "HS256" else tokens.WRONG_SIGNATURE)
    # The danger is real: the library alone takes the first of them, also with a mixed list of algorithms.
    token, mixed = forge(HEADER | {"alg": "HS256"}, sign=hs256(DER)), ["ES256", "HS256"]
    skip = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
    assert (
        jwt.decode(token, DER, options=skip)["sid"]
        == jwt.decode(token, DER, mixed, options=skip)["sid"]
        == str(SESSION)
    )


NUMBERS = count()


def in_turn(_: object) -> str:
    """A name for a case that is the same in every process: the keys in it are not."""
    return str(next(NUMBERS))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS256", "RS256", "ES384", "es256", ["ES256"]]
)
def test_no_other_algorithm_is_known(algorithm: object) -> None:
    assert refusal(forge(HEADER | {"alg": algorithm})) == tokens.FOREIGN_HEADER
    assert refusal(forge(HEADER | {"alg": algorithm}, sign=lambda _: b"")) == tokens.MALFORMED
    assert refusal(forge(HEADER | {"alg": algorithm}, sign=lambda _: b"\0" * 64)) == tokens.FOREIGN_HEADER


def test_the_signature_stands_alone_if_the_header_check_is_ever_lost() -> None:
    for algorithm, sign in (("HS256", hs256(DER)), ("HS512", hs512(DER))):
        token = forge(HEADER | {"alg": algorithm}, sign=sign)
        careless = replace(KEYS, accepted={token.split(".")[0]: KEYS.signing.public_key()})
        assert refusal(token, careless) in (tokens.MALFORMED, tokens.WRONG_SIGNATURE)
    renamed = forge(HEADER | {"alg": "ES384"})
    careless = replace(KEYS, accepted={renamed.split(".")[0]: KEYS.signing.public_key()})
    assert refusal(renamed, careless) == tokens.WRONG_SIGNATURE
    assert refusal(forge(sign=lambda _: b"\0" * 64)) == tokens.WRONG_SIGNATURE
    assert refusal(forge(sign=lambda words: raw(signature(words + b" ")))) == tokens.WRONG_SIGNATURE


OTHER = json.loads(new_key())
WIDE = ec.generate_private_key(ec.SECP384R1()).private_numbers()
P384 = {"kty": "EC", "crv": "P-384"} | {
    name: b64(number.to_bytes(48))
    for name, number in {"x": WIDE.public_numbers.x, "y": WIDE.public_numbers.y, "d": WIDE.private_value}.items()
}


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"crit": ["exp"], "exp": 1},
        HEADER | {"crit": []},
        HEADER | {"b64": False, "crit": ["b64"]},
        HEADER | {"b64": True},
        HEADER | {"jku": "https://evil.example/keys"},
        HEADER | {"x5u": "https://evil.example/certificate"},
        HEADER | {"jwk": without(OTHER, "d")},
        HEADER | {"jwk": without(JWK, "d")},
        HEADER | {"cty": "JWT"},
        HEADER | {"kid": OTHER["kid"]},
        HEADER | {"kid": JWK["kid"].lower()},
        HEADER | {"kid": ""},
        HEADER | {"kid": "../../dev/null"},
        HEADER | {"kid": [JWK["kid"]]},
        HEADER | {"typ": "JWT"},
        HEADER | {"typ": "AT+JWT"},
        HEADER | {"typ": "application/at+jwt"},
        without(HEADER, "kid"),
        without(HEADER, "typ"),
        without(HEADER, "alg"),
        compact(HEADER).replace(b'"alg":"ES256"', b'"alg":"none","alg":"ES256"'),
        compact(HEADER).replace(b'"alg":"ES256"', b'"alg":"ES256","alg":"none"'),
        compact(HEADER).replace(b'"kid"', b'"kid":"","kid"'),
        compact(HEADER).replace(b":", b": "),
        compact(HEADER) + b" ",
        compact([HEADER]),
        b"\xef\xbb\xbf" + compact(HEADER),
    ],
    ids=in_turn,
)
def test_no_other_header_is_read_even_under_the_right_key(header: bytes | dict[str, Any]) -> None:
    assert refusal(forge(header)) == tokens.FOREIGN_HEADER
    # Nor under the key the header itself brings.
    assert refusal(forge(header, sign=lambda words: raw(signature(words, private_key(OTHER))))) == tokens.FOREIGN_HEADER


@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS | {"iss": "https://ecm.example.evil"},
        CLAIMS | {"iss": ISSUER + "/"},
        CLAIMS | {"aud": ISSUER},
        CLAIMS | {"aud": [CLAIMS["aud"]]},
        CLAIMS | {"aud": [CLAIMS["aud"], "https://other.example"]},
        CLAIMS | {"sub": str(PERSON).upper()},
        CLAIMS | {"sub": PERSON.hex},
        CLAIMS | {"sub": f"urn:uuid:{PERSON}"},
        CLAIMS | {"sub": PERSON.int},
        CLAIMS | {"sub": None},
        CLAIMS | {"sid": "nonsense"},
        CLAIMS | {"sid": [str(SESSION)]},
        CLAIMS | {"jti": ""},
        CLAIMS | {"iat": float(CLAIMS["iat"])},  # type: ignore[arg-type]
        CLAIMS | {"iat": str(CLAIMS["iat"])},
        CLAIMS | {"iat": True},
        CLAIMS | {"exp": float(CLAIMS["exp"])},  # type: ignore[arg-type]
        CLAIMS | {"exp": CLAIMS["iat"]},
        CLAIMS | {"exp": CLAIMS["iat"] + 36_001},  # type: ignore[operator]
        CLAIMS | {"exp": 10**30},
        CLAIMS | {"exp": None},
        CLAIMS | {"nbf": CLAIMS["iat"]},
        CLAIMS | {"role": "senco"},
        *(without(CLAIMS, name) for name in CLAIMS),
        compact(CLAIMS).replace(b'"exp"', b'"exp":99999999999,"exp"'),
        compact(CLAIMS).replace(b'"sid"', b'"sid":"' + str(SESSION).encode() + b'","sid"'),
        compact(CLAIMS).replace(b'"sub"', b'"\\u0073ub"'),
        compact(CLAIMS) + b"\n",
        json.dumps(CLAIMS).encode(),
        compact(CLAIMS).replace(str(CLAIMS["exp"]).encode(), b"NaN"),
        compact(CLAIMS).replace(str(CLAIMS["exp"]).encode(), b"1e400"),
        compact([CLAIMS]),
        compact("text"),
        b"[" * 1200,
        b"\xff\xfe",
        b"{",
    ],
    ids=in_turn,
)
def test_no_other_claims_are_read_even_under_the_right_key(claims: bytes | dict[str, Any]) -> None:
    assert refusal(forge(claims=claims)) == tokens.FOREIGN_CLAIMS


def test_another_installation_or_audience_with_the_same_key_is_another_issuer() -> None:
    staging = read_keys(KEY_TEXT, "https://staging.ecm.example")
    token = issue(staging, SESSION, PERSON, NOW, HOUR)
    assert read(staging, token, NOW)
    assert refusal(token) == tokens.FOREIGN_CLAIMS


def test_tokens_from_the_future_are_refused_beyond_five_seconds() -> None:
    whole = NOW.replace(microsecond=0)
    ahead = forge(claims=CLAIMS | {"iat": CLAIMS["iat"] + 5})  # type: ignore[operator]
    assert read(KEYS, ahead, whole)
    assert refusal(ahead, now=whole - timedelta(seconds=1)) == tokens.NOT_YET_VALID


def test_a_token_has_one_spelling_and_one_signature() -> None:
    token = forge()
    words, _, tail = token.rpartition(".")
    r, s = decode_dss_signature(
        encode_dss_signature(int.from_bytes(unb64(tail)[:32]), int.from_bytes(unb64(tail)[32:]))
    )
    PRIVATE.public_key().verify(encode_dss_signature(r, ORDER - s), words.encode(), ec.ECDSA(hashes.SHA256()))
    assert refusal(f"{words}.{b64(raw((r, ORDER - s)))}") == tokens.WRONG_SIGNATURE
    assert refusal(forge(sign=lambda each: raw(signature(each, high=True)))) == tokens.WRONG_SIGNATURE
    for other in ((r, s + ORDER), (r + ORDER, s), (0, s), (r, 0), (0, 0)):
        if max(other) < 2**256:
            assert refusal(f"{words}.{b64(raw(other))}") == tokens.WRONG_SIGNATURE
    assert refusal(forge(sign=lambda each: encode_dss_signature(*signature(each)))) == tokens.MALFORMED  # DER
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    same_bytes = token[:-1] + letters[letters.index(token[-1]) + 1]
    assert unb64(same_bytes.rpartition(".")[2]) == unb64(tail)
    assert refusal(same_bytes) == tokens.MALFORMED
    loose = words[:-1] + letters[letters.index(words[-1]) + 1]
    assert unb64(loose.partition(".")[2]) == unb64(words.partition(".")[2])
    assert refusal(f"{loose}.{b64(raw(signature(loose.encode())))}") == tokens.MALFORMED  # signed, but spelt loosely
    spellings = (
        token + "==",
        token + "\n",
        " " + token,
        "Bearer " + token,
        token + ".",
        "." + token,
        token[:9] + "\n" + token[9:],
    )
    for wrong in (
        *spellings,
        token.replace(".", ". ", 1),
        words,
        words + ".",
        "",
        "..",
        "é" + token[1:],
        token + "." + tail,
    ):
        assert refusal(wrong) == tokens.MALFORMED
    standard = next(
        each for each in (forge(claims=CLAIMS | {"jti": str(uuid4())}) for _ in range(999)) if set("-_") & set(each)
    )
    assert read(KEYS, standard, NOW)
    assert refusal(standard.replace("-", "+").replace("_", "/")) == tokens.MALFORMED
    assert refusal(forge(claims=CLAIMS | {"jti": "x" * 3000})) == tokens.MALFORMED


def test_every_issued_signature_is_the_low_one() -> None:
    for _ in range(64):
        token = issue(KEYS, SESSION, PERSON, NOW, HOUR)
        assert int.from_bytes(unb64(token.rpartition(".")[2])[32:]) <= ORDER // 2
        assert read(KEYS, token, NOW)


def lenient(token: str) -> list[bytes] | None:
    """What a careless base64 decoder makes of it: stray characters dropped, unused bits ignored."""
    try:
        return [unb64(each) for each in token.split(".")]
    except ValueError:
        return None


def mutate(token: str, dice: random.Random) -> str:
    letters = string.ascii_letters + string.digits + "-_"
    at = dice.randrange(len(token))
    header, payload, tail = token.split(".")
    kind = dice.randrange(10)
    if kind == 0:  # one bit of one decoded segment
        segments = [header, payload, tail]
        which = dice.randrange(3)
        data = bytearray(unb64(segments[which]))
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        segments[which] = b64(bytes(data))
        return ".".join(segments)
    if kind == 1:  # one claim, signature kept
        claims = json.loads(unb64(payload))
        name = dice.choice(list(claims))
        claims[name] = dice.choice(
            [str(UUID(int=dice.getrandbits(128))), dice.getrandbits(33), None, "", [claims[name]]]
        )
        return f"{header}.{b64(compact(claims))}.{tail}"
    if kind == 2:  # one header member, signature kept
        members = json.loads(unb64(header))
        members[dice.choice([*members, "crit", "jwk", "b64"])] = dice.choice(["none", "HS256", None, "", []])
        return f"{b64(compact(members))}.{payload}.{tail}"
    if kind == 3:
        return token[:at] + token[at + 1 :]
    if kind == 4:
        return token[:at] + dice.choice(letters + ".=+/ \n\x00é") + token[at:]
    if kind == 5:
        return token[:at] + token[at:].swapcase()
    if kind == 6:
        return token[:at] + "".join(dice.sample(token[at:], len(token) - at))
    if kind == 7:  # the last characters carry unused bits
        return token[:-1] + dice.choice(letters)
    if kind == 8:
        return f"{header}.{payload}.{b64(dice.randbytes(64))}"
    return token[:at] + dice.choice(letters) + token[at + 1 :]


def test_ten_thousand_mutations_of_a_valid_token_open_nothing() -> None:
    dice = random.Random(20261122)
    token = issue(KEYS, SESSION, PERSON, NOW, HOUR)
    assert read(KEYS, token, NOW).session_id == SESSION
    tried, why, same_bytes = 0, Counter[str](), 0
    while tried < 10_000:
        mutated = mutate(token, dice)
        if mutated == token:
            continue
        tried += 1
        try:
            read(KEYS, mutated, NOW)
        except NotSignedIn as refused:
            why[str(refused)] += 1
            same_bytes += lenient(mutated) == lenient(token)
    assert sum(why.values()) == tried == 10_000
    # Each wall was reached often: the mutations were not all stopped at the first.
    assert min(why[tokens.MALFORMED], why[tokens.FOREIGN_HEADER], why[tokens.WRONG_SIGNATURE]) > 1000
    assert same_bytes > 100
    assert read(KEYS, token, NOW).session_id == SESSION


def test_an_old_key_is_read_while_keys_change_and_not_afterwards() -> None:
    old, new = KEY_TEXT, new_key()
    token = issue(KEYS, SESSION, PERSON, NOW, HOUR)
    public = without(json.loads(old), "d")
    for listed in (json.loads(old), public):
        both = read_keys(json.dumps({"keys": [json.loads(new), listed]}), ISSUER)
        fresh = issue(both, SESSION, PERSON, NOW, HOUR)
        assert read(both, token, NOW)
        assert read(both, fresh, NOW)
        assert refusal(fresh) == tokens.FOREIGN_HEADER
    assert refusal(token, read_keys(new, ISSUER)) == tokens.FOREIGN_HEADER
    # The new key under the old key's name, and the other way round.
    signed_by_new = forge(sign=lambda words: raw(signature(words, private_key(json.loads(new)))))
    assert refusal(signed_by_new, both) == tokens.WRONG_SIGNATURE


def test_the_kid_is_the_thumbprint_of_the_public_key() -> None:
    words = f'{{"crv":"P-256","kty":"EC","x":"{JWK["x"]}","y":"{JWK["y"]}"}}'
    assert KEYS.kid == JWK["kid"] == b64(sha256(words.encode()).digest())
    assert read_keys(json.dumps(without(JWK, "kid", "alg")), ISSUER).kid == KEYS.kid
    assert new_key() != new_key()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"keys": []}',
        PEM.decode(),
        json.dumps(without(JWK, "d")),
        json.dumps({"keys": [without(JWK, "d"), JWK]}),
        json.dumps(JWK | {"kid": OTHER["kid"]}),
        json.dumps(JWK | {"alg": "HS256"}),
        json.dumps(JWK | {"kty": "oct", "k": "c2VjcmV0"}),
        json.dumps(JWK | {"kty": "oct"}),
        json.dumps(JWK | {"crv": "P-384"}),
        json.dumps(P384),
        json.dumps(JWK | {"x5c": []}),
        json.dumps(JWK | {"x": OTHER["x"], "kid": None}),
        json.dumps(without(JWK, "kid") | {"d": OTHER["d"]}),
        json.dumps(without(JWK, "kid") | {"x": 5}),
    ],
    ids=in_turn,
)
def test_only_consistent_p256_keys_are_taken_and_errors_show_no_key(wrong: str) -> None:
    assert read_keys(KEY_TEXT, ISSUER).kid == KEYS.kid
    with pytest.raises(ValueError, match="token key") as refused:
        read_keys(wrong, ISSUER)
    assert JWK["d"] not in str(refused.value) + repr(KEYS)
    assert refused.value.__cause__ is None
    with pytest.raises(ValueError, match="issuer"):
        read_keys(KEY_TEXT, "x" * 201)
