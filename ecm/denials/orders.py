"""Orders of a court about an adult and a pupil, as the pupil's school has seen them. Each step is one transaction."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.clock import new_id, today
from ecm.database import Act, Actor, acting_as
from ecm.denials.rules import order_problems
from ecm.denials.schemas import NewOrder
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.pupils.queries import read_pupil

NO_CARER = "Choose a parent or carer of this pupil."

ORDERS = """
SELECT o.id, o.kind, o.made_on, o.until_on, o.contact_bar_id, o.recorded_at, k.id AS carer_id, n.name AS carer,
       w.name AS recorded_by, o.until_on < $2 AS over
FROM court_order o JOIN carer k ON k.pupil_id = o.pupil_id AND k.person_id = o.person_id JOIN person n ON n.id = o.person_id
JOIN membership m ON m.id = o.recorded_by_membership_id JOIN person w ON w.id = m.person_id
WHERE o.pupil_id = $1 AND o.ended_at IS NULL ORDER BY o.made_on DESC, o.id DESC
"""


async def record_order(actor: Actor, pupil_id: UUID, new: NewOrder) -> dict[str, Any]:
    """An order of a court stands; one that bars sharing makes a contact bar until its last day, in force when answered.

    Records order:recorded. Raises: NotFound; NotAllowed; Refused.
    """
    if problems := order_problems(new.made_on, new.until_on, today()):
        raise Refused(problems)
    async with acting_as(actor, "record_order") as act:
        await read_pupil(act, pupil_id, lock=True)
        if not act.who.may("order:record"):
            raise NotAllowed
        order_id, bar_id = new_id(), await _bar(act, pupil_id, new) if new.bars_sharing else None
        done = await act.run(
            """INSERT INTO court_order (id, pupil_id, person_id, kind, made_on, until_on, contact_bar_id)
               SELECT $1, k.pupil_id, k.person_id, $4, $5, $6, $7 FROM carer k WHERE k.id = $3 AND k.pupil_id = $2""",
            order_id, pupil_id, new.carer_id, new.kind, new.made_on, new.until_on, bar_id,
        )  # fmt: skip
        if not done:
            raise Refused({"carer_id": NO_CARER})
        act.record(
            Event.ORDER_RECORDED, subject=order_id, pupils=[pupil_id], reason=new.kind, barred=bar_id is not None
        )
    return {"id": order_id, "contact_bar_id": bar_id, **new.model_dump()}


async def _bar(act: Act, pupil_id: UUID, new: NewOrder) -> UUID:
    bar_id = new_id()
    await act.run(
        """INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
           SELECT $1, k.pupil_id, k.person_id, 'court_order', app_now(), london_midnight($4::date + 1), $5
           FROM carer k WHERE k.id = $3 AND k.pupil_id = $2""",
        bar_id, pupil_id, new.carer_id, new.until_on, act.who.membership_id,
    )  # fmt: skip
    return bar_id


async def discharge_order(actor: Actor, pupil_id: UUID, order_id: UUID) -> None:
    """The order has ended, and with it its contact bar; other bars stay. Records order:discharged.

    Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "discharge_order") as act:
        await read_pupil(act, pupil_id, lock=True)
        if not act.who.may("order:record"):
            raise NotAllowed
        live = "id = $1 AND pupil_id = $2 AND ended_at IS NULL"
        bar_id = await act.value(f"SELECT contact_bar_id FROM court_order WHERE {live}", order_id, pupil_id)
        if not await act.run(f"UPDATE court_order SET ended_at = app_now() WHERE {live}", order_id, pupil_id):
            raise NotFound
        await act.run(
            "UPDATE contact_bar SET until_at = app_now() WHERE id = $1 AND (until_at IS NULL OR until_at > app_now())",
            bar_id,
        )
        act.record(Event.ORDER_DISCHARGED, subject=order_id, pupils=[pupil_id])


async def orders(actor: Actor, pupil_id: UUID) -> list[dict[str, Any]]:
    """The orders of a court about this pupil, the latest first, for the leads of the school; discharged ones are not.

    Records pupil:shown. Raises: NotFound; NotAllowed.
    """
    async with acting_as(actor, "show_orders") as act:
        await read_pupil(act, pupil_id)
        if not act.who.may("order:record"):
            raise NotAllowed
        rows = await act.rows(ORDERS, pupil_id, today())
        act.record(Event.PUPIL_SHOWN, pupils=[pupil_id], outcome="shown")
        return [_order(row) for row in rows]


def _order(row: Record) -> dict[str, Any]:
    keys = ("id", "kind", "made_on", "until_on", "carer_id", "carer", "recorded_by", "recorded_at", "contact_bar_id")
    return {key: row[key] for key in keys} | {"over": bool(row["over"])}
