"""Who looks after sharing sees what ends soon, overrides, and what waits for a review; of other organisations nothing."""

from typing import Any

import pytest

from ecm.errors import NotAllowed
from ecm.oversight.sharing import sharing_to_look_after
from tests.actions.story import HEALTH, NURSE, SENCO, bring_in, open_story

OFFICER, MANAGER = "dpo@oakfield.example", "therapist@community-health.example"


async def ending(db: Any, email: str) -> list[tuple[str, str]]:
    found = await sharing_to_look_after(await db.act_as(email))
    return [(each["category"], each["basis"]) for each in found["ending"]]


async def test_what_ends_soon_and_nothing_follows(db: Any) -> None:
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education", "health")
    for email in (OFFICER, MANAGER):
        assert await ending(db, email) == []
    async with db.admin() as admin:
        await admin.execute(
            "UPDATE case_access SET valid_until = now() + interval '9 days' WHERE basis = 'consent' AND category = 'health'"
        )
    for email in (OFFICER, MANAGER, "dsl@oakfield.example"):
        assert await ending(db, email) == [("health", "consent")], email
    assert await ending(db, "manager@childrens-services.example") == []
    for email in (SENCO, NURSE, "auditor@partnership.example", "amina.yusuf@home.example"):
        with pytest.raises(NotAllowed):
            await sharing_to_look_after(await db.act_as(email))
    async with db.admin() as admin:  # another yes that goes on: nothing ends
        await admin.execute(
            """INSERT INTO case_access SELECT case_id, principal, category, 'statutory', basis_id, valid_from, 'infinity'
               FROM case_access WHERE basis = 'consent' AND category = 'health'"""
        )
    assert await ending(db, OFFICER) == []
