"""The check of an installation says when no school could invite anybody, and that it is no fault."""

from dataclasses import replace
from typing import Any

import pytest

from ecm.config import settings
from ecm.installation import NOBODY_TO_INVITE, cautions

LEFT = {
    "ended": "UPDATE sharing_agreement SET ended_at = now()",
    "a draft": "UPDATE sharing_agreement SET approved_at = NULL",
    "not of a school": "DELETE FROM agreement_party p USING agency a WHERE a.id = p.agency_id AND a.kind = 'school'",
}


@pytest.mark.parametrize("left", LEFT)
async def test_the_doctor_says_that_nobody_can_be_invited(db: Any, left: str) -> None:
    config = replace(settings(), database_url=db.app_url)
    assert await cautions(config) == []
    async with db.admin() as admin:
        await admin.execute(LEFT[left])
    assert await cautions(config) == [NOBODY_TO_INVITE]
