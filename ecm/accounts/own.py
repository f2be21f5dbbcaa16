"""What somebody does with their own account: details, password, address, sessions, and what has happened with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.accounts.commands import count_and_look_up, new_try
from ecm.accounts.links import ADDRESS_LIFETIME, new_link, proof_of
from ecm.accounts.passwords import hash_password_aside, password_problem, verify_password_aside
from ecm.accounts.rules import read_mobile
from ecm.accounts.schemas import AddressChange, Details, PasswordChange
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import Act, Actor, acting_as, acting_for, keyed_hash, outside_the_log, proof
from ecm.errors import NotFound, Refused
from ecm.notifications.letters import AddressLink, PasswordChanged
from ecm.notifications.outbox import queue

MOST_SHOWN = 200
NOT_MOBILE = "Enter a mobile number such as 07700 900101, or leave it empty."
NOT_YOURS = "This is not the password you have now."
SAME_ADDRESS = "This is the e-mail address you have already."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from, so that guesses can be slowed: network address and known device ('' for none)."""

    address: str
    device: str


async def show_details(actor: Actor) -> dict[str, Any]:
    """One's own name, address and numbers. Records account:shown."""
    async with acting_as(actor, "account") as act:
        row = await _mine(act)
        act.record(Event.ACCOUNT_SHOWN, outcome="shown")
        return {
            "name": act.who.person_name,
            "worker": act.who.membership_id is not None,
            **{key: row[key] for key in ("email", "phone", "phone_verified_at", "telephone", "is_carer")},
        }


async def change_details(actor: Actor, details: Details) -> None:
    """Change name and numbers. A carer's new number carries no codes until somebody has checked it in person.

    Records account:changed. Raises: Refused for a mobile number that is none.
    """
    phone = read_mobile(details.phone)
    if details.phone and phone is None:
        raise Refused({"phone": NOT_MOBILE})
    async with acting_as(actor, "change_details") as act:
        me = act.who.person_id
        changed = (await _mine(act))["phone"] != phone
        await act.run(
            "SELECT change_my_details($1, $2, $3, $4)",
            details.name, phone, details.telephone or None, proof("details", me, details.name),
        )  # fmt: skip
        act.record(Event.ACCOUNT_CHANGED, subject=me, phone=changed or None)


async def change_password(actor: Actor, change: PasswordChange, place: Place) -> None:
    """Set another password and end every other session of this person. Records password:changed.

    Raises: Refused for a wrong current password or one that may not be chosen; TooMany.
    """
    email = await check_password(actor, change.current, place)
    if problem := password_problem(change.password, email):
        raise Refused({"password": problem})
    kept = await hash_password_aside(change.password)
    async with acting_as(actor, "change_password") as act:
        me = act.who.person_id
        await act.run("SELECT set_my_password($1, $2)", kept, proof("password", me, kept))
        await queue(act, PasswordChanged(email))
        act.record(Event.PASSWORD_CHANGED, subject=me)


async def ask_address(actor: Actor, change: AddressChange, place: Place) -> None:
    """Send a link to another e-mail address; nothing changes before it is followed. Records address:asked.

    Whether somebody else has that address is not told. Raises: Refused; TooMany.
    """
    if change.email == await check_password(actor, change.current, place):
        raise Refused({"email": SAME_ADDRESS})
    secret, kept = new_link()
    async with acting_as(actor, "change_address") as act:
        me = act.who.person_id
        if await act.value(
            "SELECT make_address_link($1, $2, $3, $4, $5)",
            new_id(), change.email, kept, ADDRESS_LIFETIME, proof("address", me, change.email, kept.hex()),
        ):  # fmt: skip
            hours = int(ADDRESS_LIFETIME.total_seconds()) // 3600
            await queue(act, AddressLink(change.email, secret, hours))
        act.record(Event.ADDRESS_ASKED, subject=me)


async def check_password(actor: Actor, typed: str, place: Place, field: str = "current") -> str:
    """One's e-mail address, if this is one's password. Tries count as those of signing in.

    Raises: Refused, with the problem at `field`; TooMany.
    """
    async with acting_as(actor, "check_password") as act:
        email = str((await _mine(act))["email"])
        act.record(Event.ACCOUNT_SHOWN, outcome="shown")
    try_ = new_try(email, place.address, place.device)
    _, phc = await count_and_look_up(email, try_, bool(place.device))
    if await verify_password_aside(phc, typed):
        async with outside_the_log("sign_in") as act:
            await act.run("SELECT sign_in_succeeded($1, $2)", try_.id, proof("succeeded", try_.id))
        return email
    async with acting_for("sign_in", "check_password") as act:
        act.record(Event.SESSION_REFUSED, outcome="denied", account=try_.account.hex(), address=try_.address.hex())
    raise Refused({field: NOT_YOURS})


async def _mine(act: Act) -> Record:
    row = await act.row("SELECT * FROM my_account($1)", proof("my_account", act.who.person_id))
    assert row is not None  # whoever has entered is somebody
    return row


async def my_sessions(actor: Actor) -> list[Record]:
    """Where somebody is signed in, this session first. Records sessions:listed."""
    async with acting_as(actor, "sessions") as act:
        rows = await act.rows("SELECT * FROM my_sessions()")
        act.record(Event.SESSIONS_LISTED, outcome="shown", count=len(rows))
    return rows


async def end_my_sessions(actor: Actor, session_id: UUID | None = None) -> bool:
    """End one of one's own sessions, or all of them; whether this one was among them. Records sessions:ended.

    Raises: NotFound for a session that is not one's own or is over.
    """
    async with acting_as(actor, "end_sessions") as act:
        ended = await act.value("SELECT end_my_sessions($1)", session_id)
        if not ended:
            raise NotFound
        act.record(Event.SESSIONS_ENDED, subject=act.who.person_id, count=ended)
        return session_id in (None, act.who.session_id)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened with an account; role and agency where somebody chose what to act as."""

    event: str
    at: datetime
    role: str | None
    agency: str | None


async def my_activity(actor: Actor) -> list[Happened]:
    """What happened with one's own account in the last 90 days, newest first, at most 200. Records activity:shown."""
    async with acting_as(actor, "activity") as act:
        me, email = act.who.person_id, (await _mine(act))["email"]
        account = keyed_hash(f"account|{email}").hex()
        rows = await act.rows(
            "SELECT * FROM my_activity($1, $2, $3)", account, MOST_SHOWN, proof_of("activity", me, account)
        )
        act.record(Event.ACTIVITY_SHOWN, outcome="shown", count=len(rows))
    return [Happened(**dict(row)) for row in rows]
