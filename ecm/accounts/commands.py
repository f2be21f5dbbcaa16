"""Signing in and out, and choosing the hat to wear."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4

from ecm.accounts.passwords import verify_password_aside
from ecm.accounts.rules import ABSOLUTE_LIMIT, address_group, retry_after
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, acting_for, keyed_hash, outside_the_log, proof
from ecm.errors import NotFound, NotSignedIn, TooMany

API_LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened: its secret goes to the browser or into a token and is kept nowhere here."""

    person_id: UUID
    secret: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a password, by keyed hashes of account, address and device: the table names nobody."""

    id: UUID
    account: bytes
    address: bytes
    device: bytes


async def sign_in(
    email: str, password: str, *, kind: str, address: str, device: str = "", program: str = ""
) -> SignedIn:
    """Open a session of this kind (browser or api) for whoever has this e-mail address and password.

    `program` is what the session list calls the browser. Unknown, left and wrong take the same time and give the same
    answer. Records session:opened or session:refused.
    Raises: NotSignedIn; TooMany while guesses from here are being slowed.
    """
    name = tidy_email(email)
    try_ = new_try(name, address, device)
    person_id, phc = await count_and_look_up(name, try_, bool(device))
    right = await verify_password_aside(phc, password)
    lifetime = API_LIFETIME if kind == "api" else ABSOLUTE_LIMIT
    secret = str(uuid4()) if kind == "api" else token_urlsafe(32)
    async with acting_for("sign_in", "sign_in") as act:
        if right:
            token = token_hash(secret)
            await act.run("SELECT sign_in_succeeded($1, $2)", try_.id, proof("succeeded", try_.id))
            await act.run(
                "SELECT open_session($1, $2, $3, $4, NULL, $5, $6, $7)",
                new_id(), person_id, kind, token, lifetime, proof("session", person_id, kind, token.hex()), program,
            )  # fmt: skip
            act.record(Event.SESSION_OPENED, subject=person_id, kind=kind)
        else:
            act.record(Event.SESSION_REFUSED, outcome="denied", account=try_.account.hex(), address=try_.address.hex())
    if not right or person_id is None:
        raise NotSignedIn("The e-mail address or the password is wrong.")
    return SignedIn(person_id, secret, lifetime)


def tidy_email(email: str) -> str:
    """An e-mail address as it is kept and looked up."""
    return email.strip().casefold()


def new_try(name: str, address: str, device: str, what: str = "") -> Try:
    """A try at something (`what`; nothing is a password) for this account, from this address and device."""
    words = (f"account|{name}", f"address|{address_group(address)}", f"device|{device}")
    return Try(new_id(), *(keyed_hash(what + each) for each in words))


async def count_and_look_up(name: str, try_: Try, from_device: bool) -> tuple[UUID | None, str | None]:
    """Count this try as failed before it is judged, one at a time for an account and for an address, so that a
    hundred tries at once are a hundred tries. Raises: TooMany, not counted."""
    async with outside_the_log("sign_in") as act:
        await count_try(act, try_, from_device)
        facts = await act.row("SELECT * FROM sign_in_facts($1, $2)", name, proof("facts", name))
    return (facts["person_id"], facts["password_hash"]) if facts else (None, None)


async def count_try(act: Act, try_: Try, from_device: bool) -> None:
    """Count it, unless it has to wait. Raises: TooMany."""
    device = try_.device if from_device else None
    history = await act.row(
        "SELECT * FROM sign_in_history($1, $2, $3, $4)",
        try_.account, try_.address, device, proof("history", try_.account.hex()),
    )  # fmt: skip
    assert history is not None  # an aggregate always has a row
    if seconds := retry_after(**dict(history)):
        raise TooMany(seconds)
    await act.run(
        "SELECT sign_in_tried($1, $2, $3, $4, $5)",
        try_.id, try_.account, try_.address, device, proof("tried", try_.account.hex()),
    )  # fmt: skip


async def sign_out(actor: Actor) -> None:
    """End this session, for the next request already. Records session:ended."""
    async with acting_as(actor, "sign_out") as act:
        await act.run("SELECT end_session()")
        act.record(Event.SESSION_ENDED, subject=act.who.person_id)


async def choose_membership(actor: Actor, membership_id: UUID | None) -> None:
    """Act in another of one's own memberships, or as oneself (None). Records membership:chosen.

    Raises: NotFound for a membership that is not one's own, or has ended.
    """
    async with acting_as(actor, "choose_membership") as act:
        if not await act.value("SELECT choose_membership($1)", membership_id):
            raise NotFound
        act.record(Event.MEMBERSHIP_CHOSEN, subject=membership_id)


def token_hash(secret: str) -> bytes:
    """What the database keeps of a session's secret."""
    return sha256(secret.encode()).digest()
