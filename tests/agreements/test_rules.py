"""What agreements cover: the rule in Python, the database's, and the sentence for what is not covered."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecm.agencies.permissions import CATEGORIES
from ecm.agencies.words import REASON_LABELS
from ecm.agreements.rules import Clause, covering, dates_problem, uncovered
from ecm.clock import new_id
from ecm.seeds import known
from tests.actions.story import HEALTH, open_story
from tests.asked import asking

KINDS, PURPOSES = CATEGORIES[1:], tuple(REASON_LABELS)
some = lambda of: st.frozensets(st.sampled_from(of), min_size=1)  # noqa: E731
clauses = st.lists(
    st.builds(Clause, st.just("Agreement"), st.sampled_from("1234"), some(KINDS), some(PURPOSES)), max_size=4
)


@given(clauses, some(CATEGORIES), st.sampled_from(PURPOSES))
def test_what_is_covered_is_covered_for_that_purpose_and_else_a_clause_is_named(
    found: list[Clause], wanted: frozenset[str], purpose: str
) -> None:
    carrying = covering(found, wanted, purpose)
    sentence = uncovered(found, wanted, purpose, "Safe Haven")
    assert (sentence is None) == bool(carrying)
    if carrying:
        assert all(purpose in c.purposes for c in carrying)
        assert wanted - {"core"} <= set().union(*(c.categories for c in carrying))
    else:
        assert not any(wanted - {"core"} <= c.categories and purpose in c.purposes for c in found)
        assert sentence is not None
        assert ("lause " in sentence) == bool(found)


def test_an_agreement_is_signed_anew_after_three_years() -> None:
    day = date(2026, 11, 22)
    assert dates_problem(day, day + timedelta(days=3 * 365)) is None
    assert dates_problem(day, day + timedelta(days=3 * 366 + 1))
    assert dates_problem(day, day)


async def test_the_database_says_the_same(db: Any) -> None:
    """Drawn clauses, written down between the two schools, asked in both ways round."""
    drawn: list[tuple[list[Clause], frozenset[str], str]] = []

    @settings(max_examples=40, database=None)
    @given(clauses, some(CATEGORIES), st.sampled_from(PURPOSES))
    def draw(found: list[Clause], wanted: frozenset[str], purpose: str) -> None:
        drawn.append((found, wanted, purpose))

    draw()
    covered = 0
    async with db.admin() as admin:
        await admin.execute("UPDATE sharing_agreement SET ended_at = now()")
        for found, wanted, purpose in drawn:
            await _sign(admin, found)
            says = await admin.fetchval(
                "SELECT agreement_covers($1, $2, $3, $4)", known("oakfield"), known("hillside"), list(wanted), purpose
            )
            assert says == bool(covering(found, wanted, purpose)), (found, wanted, purpose)
            covered += says
            other = await admin.fetchval(
                "SELECT agreement_covers($1, $2, $3, $4)", known("oakfield"), known("council"), list(wanted), purpose
            )
            assert other is False  # who has not signed
            await admin.execute("UPDATE sharing_agreement SET ended_at = now() WHERE ended_at IS NULL")
    assert 5 <= covered < len(drawn)


async def _sign(admin: Any, found: list[Clause]) -> None:
    agreement: UUID = new_id()
    await admin.execute(
        """INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at, approved_at)
           VALUES ($1, 'Drawn', current_date - 1, current_date + 1, now(), now())""", agreement,
    )  # fmt: skip
    for agency in ("oakfield", "hillside"):
        await admin.execute(
            "INSERT INTO agreement_party VALUES ($1, $2, $3, now())", new_id(), agreement, known(agency)
        )
    for place, clause in enumerate(found):
        await admin.execute(
            "INSERT INTO agreement_clause VALUES ($1, $2, $3, $4, $5)",
            new_id(), agreement, f"{clause.number}.{place}", list(clause.categories), list(clause.purposes),
        )  # fmt: skip


@pytest.mark.parametrize(("purpose", "says"), [
    ("advice", "Clause 7 of “Area” does not cover “Health”. Untick it, or ask"),
    ("assessment", "Clause 7 of “Area” is not for “assessment”. Choose"),
])  # fmt: skip
def test_the_nearest_clause_is_named(purpose: str, says: str) -> None:
    clause = Clause("Area", "7", frozenset({"education"}), frozenset({"advice"}))
    assert (uncovered([clause], ["education", "health"], purpose, "Safe Haven") or "").startswith(says)


async def test_an_agreement_covers_while_it_is_approved_in_force_and_signed_by_both(db: Any) -> None:
    story = await open_story(db)
    today, agreements = "(app_now() AT TIME ZONE 'Europe/London')::date", "UPDATE sharing_agreement SET {};"
    left = "UPDATE agreement_party SET left_at = app_now() WHERE agency_id = '{}';"
    apart = f"""UPDATE sharing_agreement SET ended_at = app_now();
        INSERT INTO sharing_agreement (id, title, from_on, until_on, made_at, approved_at)
        VALUES ('{known("apart")}', 'Apart', {today} - 9, {today} + 9, app_now(), app_now());
        INSERT INTO agreement_party VALUES (gen_random_uuid(), '{known("apart")}', '{known("oakfield")}', app_now());
        INSERT INTO agreement_party VALUES (gen_random_uuid(), '{known("apart")}', '{HEALTH}', app_now());"""
    some_, many = ["core", "education"], ["core", "education", "health"]
    clause = "UPDATE agreement_clause SET categories = '{education}';"
    table = [
        (True, "", some_), (False, agreements.format("approved_at = NULL"), some_), (False, agreements.format("ended_at = app_now()"), some_),
        (True, agreements.format(f"from_on = {today}"), some_), (False, agreements.format(f"from_on = {today} + 1"), some_),
        (True, agreements.format(f"until_on = {today}"), some_), (False, agreements.format(f"until_on = {today} - 1"), some_),
        (False, left.format(HEALTH), some_), (True, left.format(known("hillside")), some_), (False, apart, some_),
        (True, clause, some_), (False, clause, many), (True, clause, ["core"]),
    ]  # fmt: skip
    async with asking(db, "SELECT agreement_covers($1, $2, $3, 'advice')") as ask:
        for covers, change, wanted in table:
            assert await ask(story.senco, change, known("oakfield"), HEALTH, wanted) is covers, (change, wanted)
