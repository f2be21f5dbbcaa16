"""The actions of one case: by whom they are to be done, and what each of them may be changed to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecm.actions.queries import ACTIONS, LISTED, published
from ecm.actions.rules import is_open
from ecm.audit.events import Event
from ecm.casefile.rules import by_owner, is_new
from ecm.casefile.visits import last_visit
from ecm.cases.head import Head, read_head
from ecm.clock import today
from ecm.database import Actor, acting_as

OF_CASE = f"{ACTIONS.format(more=LISTED)} WHERE t.case_id = $1 ORDER BY t.updated_at DESC, t.id"
CHANGED_BY_ME = """
SELECT action_id FROM action_change WHERE case_id = $1 AND by_membership_id = $2 AND at > $3
UNION SELECT id FROM action WHERE case_id = $1 AND author_membership_id = $2 AND added_at > $3 AND version = 1
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Open actions by owner, and what has ended. `since`: the reader's last visit, None before the first."""

    head: Head
    owners: list[tuple[str, list[Any]]]
    ended: list[dict[str, Any]]
    since: datetime | None


async def work(actor: Actor, reference: str, since: datetime | None) -> Work:
    """The actions of a case that the reader may see, those marked that others changed since `since`, or else since the
    reader's last visit. Records actions:listed. Raises: NotFound."""
    async with acting_as(actor, "list_actions") as act:
        head = await read_head(act, reference)
        since = since or await last_visit(act, head.id)
        rows = await act.rows(OF_CASE, head.id)
        mine = {row[0] for row in await act.rows(CHANGED_BY_ME, head.id, act.who.membership_id, since)}
        may = act.who.may("action:change")
        act.record(Event.ACTIONS_LISTED, case=head.id, pupils=[head.pupil_id], outcome="shown", count=len(rows))
    found = [
        published(row) | {"changeable": row["changeable"] and may, "new": is_new(row["updated_at"], row["id"] in mine, since)}
        for row in rows
    ]  # fmt: skip
    ended = [each for each in found if not is_open(each["status"])]
    return Work(head, by_owner([each for each in found if is_open(each["status"])], today()), ended, since)
