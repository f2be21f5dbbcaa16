"""Standing in for a colleague: by the clock, exactly what the absent one sees, and never for who may not."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from ecm.agencies.permissions import CATEGORIES, GRANTS
from ecm.cases.queries import show_case
from ecm.clock import LONDON, midnight, new_id, now, today
from ecm.consent.commands import answer_consent, ask_consent
from ecm.consent.schemas import Answers, Asking, NewDecision, NewProposal
from ecm.database import Actor, acting_as
from ecm.denials.restrictions import lift_restriction, restrict_case
from ecm.denials.schemas import NewRestriction
from ecm.errors import NotAllowed, NotFound, Refused
from ecm.home.queries import home
from ecm.involvements.commands import accept_invitation, invite_agency
from ecm.involvements.schemas import Acceptance, Invitation
from ecm.people.handover import end_cover, set_cover
from ecm.people.rules import may_cover
from ecm.people.schemas import NewCover
from ecm.pupils.queries import matching_pupils
from ecm.seeds import known
from tests.actions.story import HEALTH, NURSE, bring_in, open_story
from tests.client import application
from tests.people.pages import ADMIN, DSL, SENCO, TEACHER, boxes, browse, letters

STANDS_IN = "system@partnership.example"  # somebody without a case, made a second practitioner at the nurse's service
THERAPIST = "therapist@community-health.example"


async def second_nurse(db) -> Actor:
    """A practitioner of the nurse's service, acting in that role; `seat second` is the membership."""
    async with db.admin() as behind:
        await behind.execute(
            "INSERT INTO membership (id, person_id, agency_id, role, started_at) VALUES ($1, $2, $3, 'practitioner', now())",
            known("seat second"), known(STANDS_IN), HEALTH,
        )  # fmt: skip
    actor = await db.act_as(STANDS_IN)
    async with db.admin() as behind:
        await behind.execute(
            "UPDATE session SET membership_id = $1, expires_at = now() + interval '3 years' WHERE token_hash = $2",
            known("seat second"), actor.token_hash,
        )  # fmt: skip
    return actor


async def sees(actor: Actor) -> tuple[set, set, tuple[str, ...]]:
    """Cases and notes in sight, and for whom somebody stands in."""
    async with acting_as(actor, "look") as act:
        cases = {row[0] for row in await act.rows("SELECT id FROM support_case")}
        notes = {row[0] for row in await act.rows("SELECT text FROM note")}
        act.record("cases:listed", outcome="shown")
        return cases, notes, act.who.covering


async def bring_in_for_ewa(db, story, email=THERAPIST) -> None:
    """The same service works on another pupil's case, given to somebody else there, or to this one."""
    asked = Invitation(agency_id=HEALTH, reason_code="advice", categories=["education"])
    involvement = (await invite_agency(story.senco, story.case_id, asked))["id"]
    await accept_invitation(await db.act_as(email), involvement, Acceptance())
    scope = NewProposal(agency_id=HEALTH, categories=["education"], purpose="support")
    request = await ask_consent(
        story.senco, story.case_id, Asking(carer_id=known("carer ewa"), proposals=[scope], how="in_person")
    )
    yes = [NewDecision(proposal_id=each["id"], decision="given") for each in request["proposals"]]
    said = Answers(channel="in_person", decisions=yes, witness="Martin Hale", given_by="Ewa Wiśniewska")
    await answer_consent(story.senco, request["id"], said)
    assert story.case_id in (await sees(await db.act_as(email)))[0]


async def reads(actor: Actor, story, pupil: str) -> tuple[set, set, set, tuple[bool, bool]]:
    """Cases in sight; of this one what is read by the relation and worked with by the walls; whether the pupil is found,
    whether an emergency is all there is."""
    async with acting_as(actor, "look") as act:
        cases = {row[0] for row in await act.rows("SELECT id FROM support_case")}
        relation = await act.rows(
            "SELECT category FROM case_access WHERE case_id = $1 AND basis <> 'own_record'", story.case_id
        )
        works = await act.rows(
            "SELECT k FROM unnest($2::text[]) k WHERE works_in($1, k)", story.case_id, list(CATEGORIES)
        )
        found = known(f"pupil {pupil}") in await matching_pupils(act, pupil)
        emergency = await act.value("SELECT only_in_emergency($1)", story.case_id)
        act.record("cases:listed", outcome="shown")
        return cases, {row[0] for row in relation}, {row[0] for row in works}, (found, emergency)


def days(first: int, last: int, covering="seat second") -> NewCover:
    return NewCover(
        covering_id=known(covering), from_on=today() + timedelta(days=first), until_on=today() + timedelta(days=last)
    )


async def test_whoever_covers_sees_exactly_what_the_absent_one_does_while_it_lasts(db):
    with_nurse, other = await open_story(db), await open_story(db, "Łukasz Wiśniewski")
    await bring_in(db, with_nurse, NURSE, HEALTH, "education")
    await bring_in_for_ewa(db, other)
    stand_in, nurse = await second_nurse(db), await db.act_as(NURSE)
    nobody = (set(), set(), ())
    assert await sees(stand_in) == nobody
    absent = known(f"seat {NURSE}")
    await set_cover(nurse, absent, days(1, 2))
    assert await sees(stand_in) == nobody  # not before the first day
    begins = midnight(today() + timedelta(days=1)) - now()
    await db.put_clock_forward(begins + timedelta(seconds=2))
    stand_in_sees = await sees(stand_in)
    assert stand_in_sees == ({with_nurse.case_id}, set(), ("Beth Lawson",))
    async with db.admin() as behind:
        await behind.execute("UPDATE session SET expires_at = now() + interval '3 years'")
    nurse_sees = await sees(nurse)
    assert nurse_sees[:2] == stand_in_sees[:2]
    ends = midnight(today() + timedelta(days=3)) - now()
    await db.put_clock_forward(ends - timedelta(seconds=20))
    assert await sees(stand_in) == stand_in_sees
    await db.put_clock_forward(ends + timedelta(seconds=2))
    assert await sees(stand_in) == nobody
    await db.put_clock_forward(begins + timedelta(seconds=2))
    async with db.admin() as behind:  # the absent one's own end is the cover's end
        await behind.execute("UPDATE membership SET ended_at = app_now() WHERE id = $1", absent)
    assert await sees(stand_in) == nobody


async def test_a_running_emergency_is_for_whoever_opened_it_and_not_for_who_covers(db):
    with_nurse, urgent = await open_story(db), await open_story(db, "Łukasz Wiśniewski")
    await bring_in(db, with_nurse, NURSE, HEALTH, "education")
    stand_in, nurse, absent = await second_nurse(db), await db.act_as(NURSE), known(f"seat {NURSE}")
    await set_cover(nurse, absent, days(0, 5))
    async with db.admin() as behind:
        await behind.execute(
            """INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
               VALUES ($1, $2, $3, $4, 'missing', 'Not home since five.', now(), now() + interval '4 hours', now() + interval '2 days')""",
            new_id(), urgent.case_id, absent, HEALTH,
        )  # fmt: skip
    assert (await sees(nurse))[0] == {with_nurse.case_id, urgent.case_id}
    assert (await sees(stand_in))[0] == {with_nurse.case_id}
    counts = [{what: many for many, what, _ in (await home(each))["counts"]} for each in (nurse, stand_in)]
    assert [each.get("open cases", each.get("open case")) for each in counts] == ["2", "1"]
    with pytest.raises(NotFound):
        await show_case(stand_in, urgent.case_id)
    async with db.admin() as behind:
        log = "SELECT entry ->> 'basis' FROM audit_event WHERE event = 'case:shown' AND actor = $1"
        await show_case(stand_in, with_nurse.case_id)
        assert [row[0] for row in await behind.fetch(log, known(STANDS_IN))] == ["assignment"]


async def test_being_named_on_a_restricted_case_is_not_passed_on_to_who_covers(db):
    story, other = await open_story(db), await open_story(db, "Łukasz Wiśniewski")
    await bring_in(db, story, NURSE, HEALTH, "education")
    await bring_in_for_ewa(db, other, NURSE)
    stand_in, nurse, dsl = await second_nurse(db), await db.act_as(NURSE), await db.act_as(DSL)
    await set_cover(nurse, known(f"seat {NURSE}"), days(0, 5))
    both, given = {story.case_id, other.case_id}, {"core", "education"}
    working = (both, given, given, (True, False))
    assert await reads(stand_in, story, "Leila Reid") == working
    named = [known(f"seat {each}") for each in (DSL, NURSE)]
    await restrict_case(dsl, story.case_id, NewRestriction(reason_code="at_risk", named=named))
    assert await reads(nurse, story, "Leila Reid") == working
    shut = ({other.case_id}, set(), set(), (False, False))
    assert await reads(stand_in, story, "Leila Reid") == shut
    with pytest.raises(NotFound):
        await show_case(stand_in, story.case_id)
    async with db.admin() as behind:
        # In an emergency of their own they read what an emergency opens to anybody, and nothing as the colleague.
        await behind.execute(
            """INSERT INTO emergency_access (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, review_by_at)
               VALUES ($1, $2, $3, $4, 'missing', 'Not home since five.', now(), now() + interval '4 hours', now() + interval '2 days')""",
            new_id(), story.case_id, known("seat second"), HEALTH,
        )  # fmt: skip
        assert await reads(stand_in, story, "Leila Reid") == (
            both, {"core", "safeguarding"}, set(), (True, True)
        )  # fmt: skip
        await behind.execute("UPDATE emergency_access SET ended_at = now()")
        assert await reads(stand_in, story, "Leila Reid") == shut
        # Named themselves, they cover here too; and again everywhere once it is lifted.
        await behind.execute(
            """INSERT INTO named_reader (id, restriction_id, case_id, membership_id, from_at)
               SELECT $1, id, case_id, $2, now() FROM case_restriction""", new_id(), known("seat second"),
        )  # fmt: skip
        assert await reads(stand_in, story, "Leila Reid") == working
        await behind.execute("UPDATE named_reader SET ended_at = now() WHERE membership_id = $1", known("seat second"))
        assert await reads(stand_in, story, "Leila Reid") == shut
    await lift_restriction(dsl, story.case_id)
    assert await reads(stand_in, story, "Leila Reid") == working


async def test_who_may_not_come_near_a_pupil_never_covers(db):
    story = await open_story(db)
    await bring_in(db, story, NURSE, HEALTH, "education")
    stand_in, nurse, absent = await second_nurse(db), await db.act_as(NURSE), known(f"seat {NURSE}")
    await set_cover(nurse, absent, days(0, 5))
    assert story.case_id in (await sees(stand_in))[0]
    async with db.admin() as behind:
        carer = await behind.fetchval(
            "INSERT INTO carer (id, pupil_id, person_id, relationship, has_parental_responsibility) "
            "VALUES ($1, $2, $3, 'aunt', false) RETURNING id", new_id(), known("pupil Leila Reid"), known(STANDS_IN),
        )  # fmt: skip
        assert (await sees(stand_in))[0] == set()  # a member of the family
        cover = await behind.fetchval("UPDATE cover SET ended_at = now() RETURNING id")
        with pytest.raises(Refused, match="cannot cover"):
            await set_cover(nurse, absent, days(0, 5))
        await behind.execute("UPDATE cover SET ended_at = NULL WHERE id = $1", cover)
        await behind.execute("UPDATE carer SET pupil_id = $2 WHERE id = $1", carer, known("pupil Mair Ll"))
        assert story.case_id in (await sees(stand_in))[0]
        await behind.execute(
            "INSERT INTO contact_bar (id, pupil_id, person_id, reason_code, from_at) VALUES ($1, $2, $3, 'safety', now())",
            new_id(), known("pupil Mair Ll"), known(STANDS_IN),
        )  # fmt: skip
    assert (await sees(stand_in))[0] == set()


async def test_a_cover_is_set_by_the_absent_or_the_administrator_and_only_for_a_role_that_does_as_much(db):
    senco, dsl = (known(f"seat {each}") for each in (SENCO, DSL))
    admin, grace, priya = await db.act_as(ADMIN), await db.act_as(SENCO), await db.act_as(TEACHER)
    with pytest.raises(Refused, match="cannot cover"):  # a SENCO does not read the safeguarding desk
        await set_cover(admin, dsl, days(0, 1, f"seat {SENCO}"))
    with pytest.raises(Refused, match="cannot cover"):  # nobody of another service
        await set_cover(admin, senco, days(0, 1, f"seat {NURSE}"))
    with pytest.raises(NotFound):
        await set_cover(priya, senco, days(0, 1, f"seat {DSL}"))
    with pytest.raises(NotFound):
        await set_cover(admin, known(f"seat {NURSE}"), days(0, 1, f"seat {DSL}"))
    with pytest.raises(NotAllowed):
        await set_cover(await db.act_as("amina.yusuf@home.example"), senco, days(0, 1, f"seat {DSL}"))
    for wrong in (days(3, 1), days(-9, -1), days(0, 900), days(-900, 1)):
        with pytest.raises(Refused):
            await set_cover(admin, senco, wrong)
    async with application() as client:
        page, browser = f"/people/{senco}/cover", await browse(client, SENCO)
        shown = await browser.get(page)
        assert "Martin Hale" in shown
        assert "Priya Nair" not in shown
        typed = {"covering_id": str(dsl), **boxes("from_on", today()), **boxes("until_on", today() + timedelta(days=3))}
        assert await browser.done(page, **typed) == "/people"
        assert "covers on some of these days already" in await browser.refused(page, **typed)
        assert "Away" in await (await browse(client, TEACHER)).get("/people")
        martin = await browse(client, DSL)
        assert "Also covering for Grace Okafor" in (await martin.client.get("/people", headers=martin.headers)).text
        assert (await letters(client, DSL))[0]["subject"] == "You cover for a colleague"
    async with db.admin() as behind:
        cover = await behind.fetchval("SELECT id FROM cover")
    with pytest.raises(NotFound):
        await end_cover(priya, cover)
    assert await end_cover(grace, cover) == senco
    with pytest.raises(NotFound):
        await end_cover(admin, cover)


async def test_the_database_judges_roles_as_the_rule_does(db):
    async with db.admin() as behind:
        agencies = dict(await behind.fetch("SELECT kind, (array_agg(id))[1] FROM agency GROUP BY kind"))
        for kind, absent in GRANTS:
            for of, covering in GRANTS:
                if of == kind:
                    found = await behind.fetchval("SELECT may_cover($1, $2, $3)", agencies[kind], absent, covering)
                    assert bool(found) == may_cover(kind, absent, covering), (kind, absent, covering)
    assert may_cover("school", "teacher", "senco")
    assert not may_cover("school", "teacher", "agency_admin")
    assert not may_cover("health", "manager", "practitioner")


async def test_days_are_londons_when_the_clocks_change(db):
    """A cover for one day lasts 23 hours when they go forward, 25 when they go back, from midnight to midnight."""
    ahead = [today() + timedelta(days=each) for each in range(1, 365)]
    changes = [day for day, after in pairwise(ahead) if midnight(after) - midnight(day) != timedelta(hours=24)]
    stand_in, nurse = await second_nurse(db), await db.act_as(NURSE)
    lengths = []
    for day in changes:
        await set_cover(
            nurse, known(f"seat {NURSE}"), NewCover(covering_id=known("seat second"), from_on=day, until_on=day)
        )
        first, last = midnight(day), midnight(day + timedelta(days=1))
        lengths.append(last - first)
        for instant, covers in (
            (first - timedelta(seconds=20), False), (first + timedelta(seconds=1), True),
            (last - timedelta(seconds=20), True), (last + timedelta(seconds=1), False),
        ):  # fmt: skip
            await db.put_clock_forward(instant - now())
            assert bool((await sees(stand_in))[2]) is covers, instant.astimezone(LONDON)
        await db.put_clock_forward(timedelta())
    assert sorted(lengths) == [timedelta(hours=23), timedelta(hours=25)]
    assert all(isinstance(each, datetime) for each in map(midnight, changes))
