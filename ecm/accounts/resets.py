"""What is done by a link from a letter: a forgotten password, a new address. Nobody is signed in here."""

from ecm.accounts.commands import count_try, new_try, tidy_email
from ecm.accounts.links import RESET_LIFETIME, new_link, taking_the_same_time, token_hash
from ecm.accounts.own import Place
from ecm.accounts.passwords import hash_password_aside, password_problem
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import acting_for, outside_the_log, proof
from ecm.errors import NotFound, Refused
from ecm.notifications.letters import AddressChanged, PasswordChanged, PasswordLink
from ecm.notifications.outbox import queue


async def forget_password(email: str, place: Place) -> None:
    """Send a link for a new password to this address if somebody signs in with it; the same answer, at the same time.

    Records password:forgotten, where there is an account. Raises: TooMany, by the rules of signing in, for anybody.
    """
    name = tidy_email(email)
    secret, kept = new_link()
    async with taking_the_same_time():
        async with outside_the_log("sign_in") as act:
            await count_try(act, new_try(name, place.address, place.device, "reset|"), bool(place.device))
        async with outside_the_log("reset") as act:
            person = await act.value("SELECT find_for_reset($1, $2)", name, proof("find_reset", name))
        if person is None:
            return
        async with acting_for("reset", "forget_password") as act:
            made = await act.value(
                "SELECT make_reset_link($1, $2, $3, $4, $5)",
                new_id(), name, kept, RESET_LIFETIME, proof("reset", name, kept.hex()),
            )  # fmt: skip
            if made:
                await queue(act, PasswordLink(name, secret, int(RESET_LIFETIME.total_seconds()) // 60))
            act.record(Event.PASSWORD_FORGOTTEN, subject=person)


async def check_link(secret: str, purpose: str) -> str:
    """The address that a link was sent to, if it still works. Uses nothing up. Raises: NotFound."""
    kept = token_hash(secret)
    async with outside_the_log("account_link") as act:
        row = await act.row(
            "SELECT * FROM live_account_link($1, $2, $3)", kept, purpose, proof("link", purpose, kept.hex())
        )
    if row is None:
        raise NotFound
    return str(row["email"])


async def reset_password(secret: str, password: str) -> None:
    """Set a new password by a link, once; every session of this person is over. Records password:reset.

    Raises: NotFound for a link that does not work; Refused for a password that may not be chosen, link unused.
    """
    email = await check_link(secret, "password")
    if problem := password_problem(password, email):
        raise Refused({"password": problem})
    kept, phc = token_hash(secret), await hash_password_aside(password)
    async with acting_for("reset", "reset_password") as act:
        person = await act.value("SELECT use_reset_link($1, $2, $3)", kept, phc, proof("use_reset", kept.hex(), phc))
        if person is None:
            raise NotFound
        await queue(act, PasswordChanged(email))
        act.record(Event.PASSWORD_RESET, subject=person)


async def confirm_address(secret: str) -> None:
    """The address this link was sent to is the one to sign in with from now on. Records address:changed.

    Raises: NotFound for a link that does not work.
    """
    kept = token_hash(secret)
    await check_link(secret, "email")
    async with acting_for("reset", "confirm_address") as act:
        row = await act.row("SELECT * FROM use_address_link($1, $2)", kept, proof("use_address", kept.hex()))
        if row is None:
            raise NotFound
        if row["old_email"]:
            await queue(act, AddressChanged(row["old_email"]))
        act.record(Event.ADDRESS_CHANGED, subject=row["person_id"])
