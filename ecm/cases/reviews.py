"""Reviews as a case shows them: each contribution only as far as the reader may see it."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.database import Act

REVIEWS = """
SELECT r.id, r.held_on, r.next_review_on, w.name, m.role
FROM review r JOIN membership m ON m.id = r.held_by_membership_id JOIN person w ON w.id = m.person_id
WHERE r.case_id = $1 ORDER BY r.held_on DESC, r.id DESC
"""
CONTRIBUTIONS = """
SELECT x.id, x.review_id, x.category, x.text, x.written_at, w.name, m.role, a.id AS agency_id, a.name AS agency_name
FROM review_contribution x JOIN agency a ON a.id = x.author_agency_id
JOIN membership m ON m.id = x.author_membership_id JOIN person w ON w.id = m.person_id
WHERE x.case_id = $1 ORDER BY x.written_at, x.id
"""


async def reviews_of(act: Act, case_id: UUID) -> list[dict[str, Any]]:
    """The reviews of a case, newest first, with what was said about each kind of information the reader may see."""
    heads = await act.rows(REVIEWS, case_id)
    said = await act.rows(CONTRIBUTIONS, case_id) if heads else []
    return [_review(head, [row for row in said if row["review_id"] == head["id"]]) for head in heads]


def _review(head: Record, said: list[Record]) -> dict[str, Any]:
    return {
        "id": head["id"],
        "held_on": head["held_on"],
        "next_review_on": head["next_review_on"],
        "held_by": {"name": head["name"], "role": head["role"]},
        "contributions": [
            {
                "id": row["id"],
                "category": row["category"],
                "text": row["text"],
                "written_at": row["written_at"],
                "author": {
                    "name": row["name"],
                    "role": row["role"],
                    "agency": {"id": row["agency_id"], "name": row["agency_name"]},
                },
            }
            for row in said
        ],
    }
