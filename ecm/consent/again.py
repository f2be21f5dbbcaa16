"""A question that names another school than the one that has the case now: it is put again, in the name of this one."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.consent.commands import put_question
from ecm.consent.drafts import addresses_of, needs_of
from ecm.consent.queries import messages_about, states_of
from ecm.consent.rules import NOT_ASKED
from ecm.consent.schemas import Asking, How, NewProposal
from ecm.database import Act
from ecm.errors import Refused

# Only about agencies that are still asked to help: the school that took the case over may have been one of them.
ASKED_ELSEWHERE = """
SELECT p.id, p.request_id, r.carer_id, p.agency_id, p.purpose, p.category
FROM consent_proposal p JOIN consent_request r ON r.id = p.request_id
JOIN support_case c ON c.id = r.case_id JOIN membership m ON m.id = r.asked_by_membership_id
JOIN involvement i ON i.case_id = c.id AND i.agency_id = p.agency_id AND i.status IN ('invited', 'accepted')
WHERE c.id = $1 AND m.agency_id <> c.school_id ORDER BY p.request_id DESC, p.agency_id, p.purpose, p.category
"""


async def ask_again(act: Act, case_id: UUID) -> None:
    """Put what another school asked and nobody answered to the same carers, in the name of the actor's school.

    Who was written to is written to again, if a code still reaches them; whom the school may not ask is not asked.
    Records consent:requested for each. Source: docs/states.md, consent.
    """
    found = await states_of(act, [case_id])
    rows = await act.rows(ASKED_ELSEWHERE, case_id)
    waiting = _newest([row for row in rows if found.get(row["id"], NOT_ASKED).word == "requested"])
    written_to = await messages_about(act, list({row["request_id"] for row in waiting}))
    for request_id, parts in groupby(waiting, lambda row: row["request_id"]):
        asked = list(parts)
        carer_id = asked[0]["carer_id"]
        with suppress(Refused):
            how = await _way(act, carer_id) if request_id in written_to else "in_person"
            await put_question(act, case_id, Asking(carer_id=carer_id, proposals=_proposals(asked), how=how))


def _newest(rows: Sequence[Record]) -> list[Record]:
    """Each scope once for each carer: asked twice, it waits in the newest request."""
    seen: dict[tuple[Any, ...], Record] = {}
    for row in rows:
        seen.setdefault((row["carer_id"], row["agency_id"], row["purpose"], row["category"]), row)
    return list(seen.values())


def _proposals(rows: Sequence[Record]) -> list[NewProposal]:
    return [
        NewProposal(agency_id=agency_id, categories=[row["category"] for row in parts], purpose=purpose)
        for (agency_id, purpose), parts in groupby(rows, lambda row: (row["agency_id"], row["purpose"]))
    ]


async def _way(act: Act, carer_id: UUID) -> How:
    try:
        await needs_of(act, carer_id)
        await addresses_of(act, carer_id)
    except Refused:
        return "in_person"
    return "link"
