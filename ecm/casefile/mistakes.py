"""What of a case's texts the reader may say was entered in error."""

from uuid import UUID

from ecm.database import Act

MISTAKES = """
SELECT id FROM note WHERE case_id = $1 AND may_correct(case_id, category, author_membership_id, NULL)
UNION ALL SELECT id FROM case_view WHERE case_id = $1 AND may_correct(case_id, category, author_membership_id, author_person_id)
UNION ALL SELECT id FROM review_contribution WHERE case_id = $1 AND may_correct(case_id, category, author_membership_id, NULL)
"""


async def mistakes(act: Act, case_id: UUID) -> set[UUID]:
    """Notes, views and parts of reviews that the reader may say should not be there; empty if none."""
    return {row["id"] for row in await act.rows(MISTAKES, case_id)}
