"""An agreement from its draft to its end, and invitations that rest on it or are refused."""

from typing import Any

import asyncpg
import pytest

from ecm.agreements.commands import (
    add_clause,
    add_party,
    approve_agreement,
    draft_agreement,
    end_agreement,
    remove_party,
)
from ecm.agreements.queries import list_agreements, show_agreement
from ecm.agreements.schemas import NewAgreement, NewClause, NewParty
from ecm.audit.events import Event
from ecm.clock import today
from ecm.database import acting_as
from ecm.errors import NotAllowed, Refused
from ecm.involvements.commands import invite_agency, withdraw_invitation
from ecm.involvements.schemas import Invitation
from ecm.seeds import known
from tests.actions.story import open_story


async def test_an_invitation_rests_on_what_both_have_signed(db: Any) -> None:
    senco, officer = await db.act_as("senco@oakfield.example"), await db.act_as("dpo@partnership.example")
    case_id = (await open_story(db)).case_id
    asked = Invitation(agency_id=known("community-health"), reason_code="advice", categories=["education", "health"])

    async def invite(new: Invitation = asked) -> str:
        try:
            made = await invite_agency(senco, case_id, new)
        except Refused as refused:
            return next(iter(refused.problems.values()))
        await withdraw_invitation(senco, made["id"])
        return "invited"

    assert await invite() == "invited"
    everybody = (await list_agreements(officer))[0]["id"]
    with pytest.raises(NotAllowed):
        await end_agreement(senco, everybody)
    await end_agreement(officer, everybody)
    assert "signed no sharing agreement" in await invite()

    day = today()
    with pytest.raises(NotAllowed):
        await draft_agreement(senco, NewAgreement(title="Ours", from_on=day, until_on=day.replace(year=day.year + 1)))
    ours = await draft_agreement(
        officer, NewAgreement(title="Ours", from_on=day, until_on=day.replace(year=day.year + 1))
    )
    with pytest.raises(Refused):
        await approve_agreement(officer, ours)
    await add_clause(officer, ours, NewClause(number="3", categories=["education"], purposes=["advice"]))
    for agency in ("oakfield", "community-health"):
        await add_party(officer, ours, NewParty(agency_id=known(agency)))
    assert "signed no sharing agreement" in await invite()  # a draft carries nothing
    await approve_agreement(officer, ours)
    with pytest.raises(Refused):
        await add_clause(officer, ours, NewClause(number="4", categories=["health"], purposes=["advice"]))
    assert (
        await invite()
        == "Clause 3 of “Ours” does not cover “Health”. Untick it, or ask the data protection officer of your partnership."
    )
    assert await invite(asked.model_copy(update={"categories": ["education"]})) == "invited"

    party = next(x["id"] for x in (await show_agreement(officer, ours))["signed"] if x["name"].startswith("Northshire"))
    await remove_party(officer, ours, party)
    assert "signed no sharing agreement" in await invite(asked.model_copy(update={"categories": ["education"]}))


async def test_sql_of_ones_own_does_not_get_round_it(db: Any) -> None:
    """The trigger refuses too, not only the command; and nobody makes or approves an agreement but its manager."""
    senco, case_id = await db.act_as("senco@oakfield.example"), (await open_story(db)).case_id
    async with db.admin() as admin:
        await admin.execute("UPDATE agreement_party SET left_at = now() WHERE agency_id = $1", known("council"))
    for sql in (
        f"""INSERT INTO involvement (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id,
              reason_code, offered_categories, invited_at, updated_at)
            SELECT gen_random_uuid(), '{case_id}', 'core', '{known("council")}', '{known("oakfield")}',
              '{known("seat senco@oakfield.example")}', 'advice', '{{education}}', now(), now()""",
        "INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at) VALUES (gen_random_uuid(), 'x', '2026-01-01', '2027-01-01', now())",
    ):
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
            async with acting_as(senco, "test") as act:
                await act.run(sql)
    async with acting_as(senco, "test") as act:
        assert not await act.run("UPDATE agreement_party SET left_at = NULL")
        assert not await act.run("UPDATE sharing_agreement SET ended_at = now()")
        act.record(Event.AGREEMENTS_LISTED)
