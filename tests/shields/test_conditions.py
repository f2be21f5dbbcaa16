"""Who is told who else reads a shielded fact: one thing changed at a time, in the database itself."""

from uuid import UUID

from ecm.seeds import known
from tests.actions.story import HEALTH, SENCO, bring_in, open_story
from tests.asked import asking
from tests.grounds.story import CARE, DSL, MANAGER, SAFE, SOCIAL

FACT, OTHER, LEILA = known("fact"), known("other fact"), known("pupil Leila Reid")


def seat(email: str) -> UUID:
    return known(f"seat {email}")


async def test_a_reader_is_told_of_readers_whose_organisation_they_may_know_of_on_that_pupils_case(db):
    story, other = await open_story(db), await open_story(db, "Niamh O’Neill")
    await bring_in(db, story, MANAGER, CARE, "education")
    actors = {each: await db.act_as(each) for each in (SENCO, DSL)}
    facts = "".join(
        f"""INSERT INTO shielded_fact (id, pupil_id, kind, text, set_by_membership_id, from_at)
            SELECT '{fact}', pupil_id, 'address', 'x', '{seat(DSL)}', app_now() FROM support_case WHERE id = '{case}';"""
        for fact, case in ((FACT, story.case_id), (OTHER, other.case_id))
    )
    reads = "INSERT INTO shielded_reader (id, fact_id, membership_id, from_at) VALUES (gen_random_uuid(), '{}', '{}', app_now());".format
    named = facts + "".join(reads(FACT, seat(each)) for each in (SENCO, DSL))
    refuge = f"UPDATE membership SET agency_id = '{SAFE}' WHERE id = '{seat(SOCIAL)}';"
    hers = f"""INSERT INTO case_access (case_id, principal, category, basis, basis_id, valid_from, valid_until)
        VALUES ('{other.case_id}', '{seat(SENCO)}', 'safeguarding', 'emergency', '{other.case_id}', app_now(), 'infinity');"""
    bare = f"DELETE FROM case_access WHERE case_id = '{other.case_id}';"
    same = f"UPDATE support_case SET pupil_id = '{LEILA}', school_id = '{HEALTH}' WHERE id = '{other.case_id}';"
    table = [
        (True, SENCO, named, MANAGER), (True, DSL, named + refuge, SOCIAL), (False, SENCO, named + refuge, SOCIAL),
        (False, SENCO, facts + reads(FACT, seat(DSL)), MANAGER), (False, SENCO, named + refuge + hers, SOCIAL),
        (True, SENCO, named + refuge + hers + same, SOCIAL), (False, SENCO, named + refuge + bare + hers + same, SOCIAL),
    ]  # fmt: skip
    async with asking(db, "SELECT knows_reader($1, $2)") as ask:
        for told, who, change, reader in table:
            assert await ask(actors[who], change, FACT, seat(reader)) is told, (who, change, reader)
