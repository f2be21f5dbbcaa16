"""Who must see nothing about a pupil."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Actor, acting_as
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.pupils.queries import read_pupil
from ecm.pupils.schemas import NewContactBar

LONGEST_BAR = timedelta(days=18 * 366)
BY_ORDER = "This bar rests on a court order. Say that the court order has ended: then the bar ends with it."


async def bar_contact(actor: Actor, pupil_id: UUID, new: NewContactBar) -> dict[str, Any]:
    """From now on this carer sees nothing of this pupil, whatever else would let them. Records contact:barred.

    In force when answered; until the end of `until_on` in London, or for good.
    Raises: NotFound; NotAllowed; Refused.
    """
    if new.until_on is not None and not today() <= new.until_on <= today() + LONGEST_BAR:
        raise Refused({"until_on": "The last day must be today or later, and within 18 years."})
    async with acting_as(actor, "bar_contact") as act:
        await read_pupil(act, pupil_id, lock=True)
        if not act.who.may("contact:bar"):
            raise NotAllowed
        bar_id = new_id()
        done = await act.run(
            """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
               SELECT $1, k.pupil_id, k.person_id, $4, app_now(), london_midnight($5::date + 1), $6
               FROM carer k WHERE k.id = $2 AND k.pupil_id = $3""",
            bar_id, new.carer_id, pupil_id, new.reason_code, new.until_on, act.who.membership_id,
        )  # fmt: skip
        if not done:
            raise Refused({"carer_id": "Choose a parent or carer of this pupil."})
        act.record(Event.CONTACT_BARRED, subject=new.carer_id, pupils=[pupil_id], reason=new.reason_code)
    return {"id": bar_id, "carer_id": new.carer_id, "reason_code": new.reason_code, "until_on": new.until_on}


async def lift_contact_bar(actor: Actor, pupil_id: UUID, bar_id: UUID) -> None:
    """End a contact bar now. Records contact:unbarred. Raises: NotFound; NotAllowed; Refused while a court order stands."""
    async with acting_as(actor, "lift_contact_bar") as act:
        if not await act.value("SELECT EXISTS (SELECT FROM pupil WHERE id = $1)", pupil_id):
            raise NotFound
        if not act.who.may("contact:bar"):
            raise NotAllowed
        live = "id = $1 AND pupil_id = $2 AND (until_at IS NULL OR until_at > app_now())"
        try:
            lifted = await act.run(f"UPDATE contact_bar SET until_at = app_now() WHERE {live}", bar_id, pupil_id)
        except asyncpg.CheckViolationError:
            raise Refused({"": BY_ORDER}) from None
        if not lifted:
            raise NotFound
        act.record(Event.CONTACT_UNBARRED, subject=bar_id, pupils=[pupil_id])
