"""What stands above every page of a case: whom it is about, what matters for safety, and where else one can go."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.cases.queries import CAREFUL, display, warnings_of
from ecm.cases.rules import tidy_reference
from ecm.clock import today
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound
from ecm.pupils.rules import age_on, year_group, year_group_code, year_group_label

HEAD = f"""
SELECT c.id, c.reference, c.status, c.opened_at, c.next_review_on, c.pupil_id, c.school_id, s.name AS school_name, b.level,
       m.id AS lead_id, w.name AS lead_name, m.role AS lead_role,
       u.first_name, u.last_name, u.preferred_name, u.date_of_birth, u.date_of_birth_known, u.died_on,
       holds_case(c.id) AS held, access_log_scope(c.id) AS log_scope,
       {CAREFUL},
       e.id AS emergency_id, e.until_at AS emergency_until_at, e.minutes_left, e.id IS NOT NULL AND only_in_emergency(c.id) AS only_in_emergency
FROM support_case c JOIN agency s ON s.id = c.school_id JOIN pupil u ON u.id = c.pupil_id
JOIN membership m ON m.id = c.lead_membership_id JOIN person w ON w.id = m.person_id
LEFT JOIN case_brief b ON b.case_id = c.id
LEFT JOIN LATERAL (SELECT x.id, x.until_at, ceil(extract(epoch FROM x.until_at - app_now()) / 60)::int AS minutes_left
    FROM emergency_access x WHERE x.case_id = c.id
    AND x.membership_id = (context() ->> 'membership')::uuid AND x.ended_at IS NULL AND app_now() < x.until_at
    ORDER BY x.until_at DESC LIMIT 1) e ON true
"""
STATUSES = {"closed": "Closed", "voided": "Opened in error"}


@dataclass(frozen=True, slots=True)
class Emergency:
    """The reader has opened this case in an emergency. `alone`: and has no other reason to see it."""

    id: UUID
    until_at: datetime
    minutes_left: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one case, as far as its reader may see it. `held`: the reader keeps the case."""

    id: UUID
    reference: str
    status: str
    opened_at: datetime
    next_review_on: date | None
    pupil_id: UUID
    pupil_name: str
    school_id: UUID
    school_name: str
    lead: dict[str, Any]
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    held: bool
    sees_log: bool
    is_worker: bool
    died: bool
    emergency: Emergency | None

    @property
    def takes_entries(self) -> bool:
        """Something can be written here: the case is open, and not open to the reader in an emergency alone."""
        return self.status == "open" and not (self.emergency and self.emergency.alone)

    @property
    def tabs(self) -> tuple[tuple[str, str], ...]:
        """Address and name of every page of this case that the reader may open."""
        base = f"/cases/{self.reference}"
        found = [(base, "Overview"), (f"{base}/actions", "Actions")]
        if not (self.emergency and self.emergency.alone):
            found.insert(1, (f"{base}/plans", "Plan"))
        found += [(f"{base}/sharing", "People and sharing")] if self.is_worker else []
        found.append((f"{base}/timeline", "Timeline"))
        return (*found, (f"{base}/access", "Access")) if self.sees_log else tuple(found)


async def show_head(actor: Actor, key: UUID | str, part: str = "") -> Head:
    """The head of a case by id or reference, for a page of it. Records case:shown, with the part. Raises: NotFound."""
    async with acting_as(actor, "show_case") as act:
        head = await read_head(act, key)
        act.record(Event.CASE_SHOWN, case=head.id, pupils=[head.pupil_id], outcome="shown", part=part or None)
        return head


async def read_head(act: Act, key: UUID | str) -> Head:
    """The same within a transaction. Raises: NotFound, for a case absent or hidden alike."""
    column, value = ("id", key) if isinstance(key, UUID) else ("reference", tidy_reference(key))
    row = await act.row(f"{HEAD} WHERE c.{column} = $1", value)
    if row is None:
        raise NotFound
    return Head(
        row["id"], row["reference"], row["status"], row["opened_at"], row["next_review_on"], row["pupil_id"], display(row),
        row["school_id"], row["school_name"],
        {"id": row["lead_id"], "name": row["lead_name"], "role": row["lead_role"]},
        tuple(filter(None, _facts(row))), tuple(warnings_of(row)), row["held"], row["log_scope"] is not None,
        act.who.membership_id is not None, row["died_on"] is not None, _emergency(row),
    )  # fmt: skip


def _emergency(row: Record) -> Emergency | None:
    if row["emergency_id"] is None:
        return None
    return Emergency(row["emergency_id"], row["emergency_until_at"], row["minutes_left"], row["only_in_emergency"])


def _facts(row: Record) -> list[str]:
    born, died = row["date_of_birth"], row["died_on"]
    age = f"Aged {age_on(born, today())}" if born and row["date_of_birth_known"] else ""
    return [
        "Has died" if died else age,
        "" if died or not born else year_group_label(year_group_code(year_group(born, today()))),
        row["school_name"],
        row["reference"],
        f"Level {row['level']}" if row["level"] else "",
        STATUSES.get(row["status"], ""),
    ]
