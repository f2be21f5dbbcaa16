"""How people come, change and go, and whom to ring. Each is one transaction and one audit event."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import asyncpg

from ecm.accounts.links import new_link, proof_of
from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Actor, acting_as
from ecm.errors import NotFound, Refused
from ecm.notifications.letters import ColleagueLink, MembershipEnded, MembershipEnds
from ecm.notifications.outbox import queue, write_to_worker
from ecm.people.queries import must_manage, read_colleague, read_work
from ecm.people.rules import INVITATION_LIFETIME, classes_of, end_problem, roles_of, start_problem
from ecm.people.schemas import ColleagueInvitation, Ending, RoleChange

NO_SUCH_ROLE = "Choose a role from the list."
LAST = (
    "An organisation always has an administrator without a last day, and this is the only one. "
    "Invite another administrator first."
)
WORK_LEFT = "Work is left that nobody has taken over. Hand it over first, or tick that you end it without."
REFUSALS = {
    "role_of_agency": {"role": NO_SUCH_ROLE},
    "colleague_already": {"role": "This colleague has that role here already, or is invited to it."},
    "last_administrator": {"": LAST},
}


@contextmanager
def refusing() -> Iterator[None]:
    """A rule of the database, as a sentence. Raises: Refused."""
    try:
        yield
    except asyncpg.CheckViolationError as broken:
        if broken.constraint_name not in REFUSALS:
            raise
        raise Refused(REFUSALS[broken.constraint_name]) from None


def _refuse(field: str, problem: str | None) -> None:
    if problem:
        raise Refused({field: problem})


async def invite_colleague(actor: Actor, new: ColleagueInvitation) -> None:
    """Send somebody a link to join this agency; whether they have an account already is not told.

    Records colleague:invited. Raises: NotAllowed; Refused.
    """
    async with acting_as(actor, "invite_colleague") as act:
        must_manage(act)
        starts_on = new.starts_on or today()
        _refuse("role", None if new.role in roles_of(act.who.agency_kind or "") else NO_SUCH_ROLE)
        _refuse("starts_on", start_problem(starts_on, today()))
        _refuse("ends_on", end_problem(new.ends_on, starts_on, new.lasting == "temporary"))
        secret, kept = new_link()
        said = new.model_dump(include={"name", "role"}) | {
            "class_names": classes_of(new.role, new.class_names), "temporary": new.lasting == "temporary", "starts_on": str(starts_on),
            "ends_on": str(new.ends_on) if new.ends_on else None,
        }  # fmt: skip
        invitation_id = new_id()
        with refusing():
            await act.run(
                "SELECT invite_colleague($1, $2, $3, $4, $5, $6)",
                invitation_id, kept, new.email, json.dumps(said), INVITATION_LIFETIME,
                proof_of("invite", act.who.agency_id, new.email, kept.hex()),
            )  # fmt: skip
        await queue(act, ColleagueLink(new.email, secret, INVITATION_LIFETIME.days))
        act.record(Event.COLLEAGUE_INVITED, subject=invitation_id, role=new.role)


async def send_invitation_again(actor: Actor, invitation_id: UUID) -> None:
    """Another letter with another link; the old link works no longer. Records colleague:reminded.

    Raises: NotAllowed; NotFound.
    """
    async with acting_as(actor, "invite_colleague") as act:
        must_manage(act)
        secret, kept = new_link()
        email = await act.value(
            "SELECT renew_colleague_invitation($1, $2, $3, $4)",
            invitation_id, kept, INVITATION_LIFETIME, proof_of("renew", invitation_id, kept.hex()),
        )  # fmt: skip
        if email is None:
            raise NotFound
        await queue(act, ColleagueLink(email, secret, INVITATION_LIFETIME.days))
        act.record(Event.COLLEAGUE_REMINDED, subject=invitation_id)


async def cancel_invitation(actor: Actor, invitation_id: UUID) -> None:
    """Its link works no longer. Records colleague:uninvited. Raises: NotAllowed; NotFound."""
    async with acting_as(actor, "cancel_invitation") as act:
        must_manage(act)
        proof = proof_of("cancel", invitation_id)
        if not await act.value("SELECT cancel_colleague_invitation($1, $2)", invitation_id, proof):
            raise NotFound
        act.record(Event.COLLEAGUE_UNINVITED, subject=invitation_id)


async def change_role(actor: Actor, membership_id: UUID, change: RoleChange) -> UUID:
    """One membership ends, another begins, and every session in the old one is over; the new membership's id.

    Records membership:changed. Raises: NotAllowed; NotFound; Refused, also for the last administrator.
    """
    async with acting_as(actor, "change_role") as act:
        must_manage(act)
        old = await read_colleague(act, membership_id)
        _refuse("role", None if change.role in roles_of(act.who.agency_kind or "") else NO_SUCH_ROLE)
        _refuse("ends_on", end_problem(change.ends_on, today(), change.lasting == "temporary"))
        made = new_id()
        with refusing():
            done = await act.value(
                "SELECT change_role($1, $2, $3, $4, $5, $6, $7)",
                membership_id, made, change.role, classes_of(change.role, change.class_names),
                change.lasting == "temporary", change.ends_on,
                proof_of("role", membership_id, made, change.role),
            )  # fmt: skip
        if not done:
            raise NotFound
        act.record(Event.MEMBERSHIP_CHANGED, subject=membership_id, now=made, was=old["role"], role=change.role)
    return made


async def end_membership(actor: Actor, membership_id: UUID, ending: Ending) -> None:
    """End somebody's work here now, or after a day. Now: the next request they make is refused.

    Records membership:ended. Raises: NotAllowed; NotFound; Refused, also for the last administrator, and for work left
    that the ending does not say to leave.
    """
    async with acting_as(actor, "end_membership") as act:
        must_manage(act)
        if (await read_colleague(act, membership_id))["over"]:
            raise NotFound
        until = ending.ends_on if ending.when == "later" else None
        if ending.when == "later":
            _refuse("ends_on", end_problem(until, today(), temporary=True))
        left = await read_work(act, membership_id)
        if until is None and left and not ending.without_handover:
            raise Refused({"without_handover": WORK_LEFT})
        await write_to_worker(act, membership_id, MembershipEnds if until else MembershipEnded)
        with refusing():
            proof = proof_of("end", membership_id, until)
            if not await act.value("SELECT end_membership($1, $2, $3)", membership_id, until, proof):
                raise NotFound
        act.record(Event.MEMBERSHIP_ENDED, subject=membership_id, when=ending.when, left=bool(left))


async def change_telephone(actor: Actor, telephone: str) -> None:
    """Where this agency is rung. Records agency:changed. Raises: NotAllowed."""
    async with acting_as(actor, "change_agency") as act:
        must_manage(act)
        number = telephone or None
        proof = proof_of("telephone", act.who.agency_id, number)
        await act.run("SELECT set_agency_telephone($1, $2)", number, proof)
        act.record(Event.AGENCY_CHANGED, subject=act.who.agency_id)
