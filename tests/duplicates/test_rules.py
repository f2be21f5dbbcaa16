"""When two records may be one pupil, and when never; the same in SQL; what a merge keeps; which carers are one person."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecm.clock import new_id
from ecm.database import acting_as
from ecm.duplicates.rules import (
    FIELDS,
    CarerLine,
    Known,
    better_kept,
    birth_slip,
    choices,
    chosen,
    first_names_alike,
    former_upn,
    joinable,
    why_alike,
)
from ecm.pupils.rules import search_key
from tests.actions.story import OAKFIELD, SENCO

BORN = date(2018, 2, 11)
LEILA = Known("Leila", "Reid", "", BORN, {"upn": "A1"})
TWINS = [
    ("Mia", "Lia"), ("Jayden", "Hayden"), ("Zara", "Lara"), ("Eva", "Ava"), ("Ella", "Emma"), ("Hassan", "Hussain"),
    ("Louis", "Louise"), ("Paul", "Paula"), ("Daniel", "Danielle"), ("Gabriel", "Gabriela"), ("Ali", "Alia"),
    ("Ana", "Anya"), ("Tia", "Tea"), ("Niamh", "Fiadh"), ("Thị", "Thu"), ("Joseph", "Josephine"), ("Jon", "Jan"),
]  # fmt: skip
names = st.text(st.characters(codec="utf-8", categories=["L"]), min_size=1, max_size=8)
days = st.dates(date(2000, 1, 1), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("other", "whys"),
    [
        (LEILA, ("same_names_and_birth",)),
        (replace(LEILA, first_name="Laila", preferred_name="LEILA"), ("same_names_and_birth",)),
        (replace(LEILA, first_name="Reid", last_name="Leila"), ("names_swapped",)),
        (replace(LEILA, last_name="Reid-Yusuf"), ("alike_names",)),
        (replace(LEILA, last_name="Ried"), ("alike_names",)),
        (replace(LEILA, last_name=""), ("alike_names",)),
        (replace(LEILA, first_name="Leilla", numbers={}), ("alike_names",)),
        (replace(LEILA, first_name="Leilla", numbers={"upn": "B2"}), ()),  # both have a number, and it is another
        (replace(LEILA, date_of_birth=date(2018, 11, 2)), ("birth_slip",)),
        (replace(LEILA, date_of_birth=date(2013, 2, 11)), ("birth_slip",)),
        (replace(LEILA, date_of_birth=date(2018, 3, 12)), ()),
        (replace(LEILA, date_of_birth=None), ("no_birth",)),
        (replace(LEILA, first_name="Sara"), ()),
        (Known("Zoë", numbers={"upn": "B2"}, former_upns=frozenset({"A1"})), ("former_upn",)),
        (Known("Zoë", date_of_birth=BORN, numbers={"uln": "7"}), ()),
    ],
)
def test_why_two_records_may_be_one_pupil(other: Known, whys: tuple[str, ...]) -> None:
    assert why_alike(LEILA, other) == why_alike(other, LEILA) == whys


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_twins_are_never_offered(one: str, other: str) -> None:
    a, b = Known(one, "Reid", "", BORN), Known(other, "Reid", "", BORN)
    assert why_alike(a, b) == why_alike(b, a) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mohamed", "Mohammed"), ("Oliver", "Olvier"), ("Sarah", "Sarahh"), ("Connor", "Conor"), ("Łukasz", "Lukasz")],
)
def test_a_first_name_survives_one_slip(one: str, other: str) -> None:
    assert first_names_alike(one, other)
    assert first_names_alike(other, one)


@given(st.text("abcdefghij", min_size=1, max_size=9), st.integers(0, 8), st.sampled_from("klmnop"), names, days)
def test_another_letter_in_the_first_name_is_another_child(
    one: str, place: int, letter: str, last: str, born: date
) -> None:
    place %= len(one)
    other = one[:place] + letter + one[place + 1 :]
    if last.casefold() not in (one, other):
        assert why_alike(Known(one, last, "", born), Known(other, last, "", born)) == ()


async def test_a_slip_in_a_date_is_the_same_in_sql(db) -> None:
    near = [BORN + timedelta(days=n) for n in range(-400, 400, 7)]
    pairs = [
        (BORN, BORN),
        (BORN, date(2018, 11, 2)),
        (date(2018, 2, 3), date(2018, 3, 2)),
        (date(2019, 1, 30), date(2019, 1, 3)),
    ]
    pairs += [(a, b) for a in near[::9] for b in near]
    async with db.admin() as admin:
        sql = "SELECT birth_slip(to_char(a, 'YYYYMMDD'), to_char(b, 'YYYYMMDD')) FROM unnest($1::date[], $2::date[]) WITH ORDINALITY x (a, b, n) ORDER BY n"
        said = [row[0] for row in await admin.fetch(sql, [a for a, _ in pairs], [b for _, b in pairs])]
    assert said == [birth_slip(a, b) for a, b in pairs]
    assert {True, False} == set(said)


EMPTY = dict.fromkeys(FIELDS) | {"last_name": "", "needs": [], "year_group": "X", "sen_provision": "N"}
SAID = EMPTY | {
    "first_name": "Leila",
    "date_of_birth": BORN,
    "upn": "A1",
    "sen_provision": "K",
    "needs": [{"type": "SLCN", "rank": 1}],
}


def test_what_the_kept_record_does_not_say_is_filled_and_the_rest_is_asked() -> None:
    kept = EMPTY | {"first_name": "Layla", "year_group": "4", "date_of_birth_known": False}
    gone = SAID | {"date_of_birth_known": True}
    usual = choices(kept, gone)
    assert usual == {
        "first_name": "kept", "date_of_birth": "gone", "upn": "gone", "year_group": "kept", "sen_provision": "gone", "needs": "gone"
    }  # fmt: skip
    result = chosen(kept, gone, {})
    assert (result["first_name"], result["date_of_birth"], result["date_of_birth_known"]) == ("Layla", BORN, True)
    assert chosen(kept, gone, {"first_name": "gone", "date_of_birth": "kept"})["date_of_birth_known"] is False
    assert former_upn(kept, gone, "A1") is None
    assert former_upn(SAID, gone | {"upn": "B2"}, "B2") == "A1"


def test_the_record_with_the_work_in_it_is_the_one_to_keep() -> None:
    plain = {"cases": [], "upn": None, "since": date(2026, 9, 1)}
    order = [plain | {"cases": [{"status": "open"}]}, plain | {"cases": [{"status": "closed"}]}, plain | {"upn": "A1"},
             plain, plain | {"since": date(2026, 10, 1)}]  # fmt: skip
    for better, worse in pairwise(order):
        assert better_kept(better, worse)
        assert not better_kept(worse, better)


def line(
    name: str = "Amina Yusuf", *, free: bool = True, reached: str | None = None, person: UUID | None = None
) -> CarerLine:
    return CarerLine(new_id(), new_id(), person or new_id(), name, free, reached)


@settings(max_examples=25)
@given(st.booleans(), st.booleans(), st.sampled_from([None, "x", "y"]), st.sampled_from([None, "x", "y"]))
def test_of_two_lines_for_one_carer_one_on_which_nothing_hangs_ends(mine: bool, theirs: bool, a, b) -> None:
    ours, other = line(free=mine, reached=a), line("AMINA YUSUF", free=theirs, reached=b)
    found = joinable([ours, line("Daniel Reid")], [other])
    if not (mine or theirs) or (a and b and a != b):
        assert found == {}
    else:
        assert found == ({other.id: ours.id} if theirs else {ours.id: other.id})
    assert joinable([ours], [line(person=ours.person_id)]) == {}  # one person already: joined without being asked


async def test_the_database_offers_exactly_what_the_rules_offer(db) -> None:
    dice = random.Random(11)
    firsts = ["Leila", "Leilla", "Lelia", "Layla", "Ana", "Anna", "Louis", "Louise", "Yusuf", "Reid", "Mary Ann", "Ærø"]
    lasts = ["Reid", "Ried", "Read", "Reid-Yusuf", "Yusuf", "", "", "Leila", "O’Neill", "Ångström", "Leila Reid"]
    births = [date(2018, 2, 11), date(2018, 11, 2), date(2018, 2, 1), date(2013, 2, 11), None]
    roll = {}
    async with db.admin() as admin:
        await admin.execute("DELETE FROM match_mark")
        for number in range(160):
            known_as = dice.choice(["", "", "Leila", "Lulu"])
            one = Known(
                dice.choice(firsts),
                dice.choice(lasts),
                known_as,
                dice.choice(births),
                dice.choice([{}, {"upn": f"U{number}"}]),
            )
            roll[new_id()] = one
        await admin.executemany(
            """INSERT INTO pupil (id, first_name, last_name, preferred_name, date_of_birth, search_key) VALUES ($1, $2, $3, $4, $5, $6)""",
            [(key, p.first_name, p.last_name, p.preferred_name or None, p.date_of_birth,
              search_key(p.first_name, p.last_name, p.preferred_name)) for key, p in roll.items()],
        )  # fmt: skip
        await admin.executemany(
            "INSERT INTO enrolment (id, pupil_id, school_id, upn, year_group, from_on) VALUES ($1, $2, $3, $4, '4', '2026-09-01')",
            [(new_id(), key, OAKFIELD, p.numbers.get("upn")) for key, p in roll.items()],
        )
    wanted = {frozenset(pair) for pair in combinations(roll, 2) if why_alike(roll[pair[0]], roll[pair[1]])}
    async with acting_as(await db.act_as(SENCO), "test") as act:
        found = {frozenset(row) for row in await act.rows("SELECT * FROM duplicate_candidates(100000)")}
        act.record("duplicates:listed")
    assert len(wanted) > 100
    assert [[roll[each] for each in pair] for pair in wanted - found] == []
    assert len(found) < 12 * len(wanted)
