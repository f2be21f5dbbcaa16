import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.pupils.rules import (
    age_on,
    birthday,
    display_name,
    make_upn,
    name_key,
    name_problem,
    school_year_starts,
    search_key,
    search_words,
    tidy_name,
    tidy_upn,
    upn_problem,
    year_group,
    year_group_code,
    year_group_label,
)

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


# Permanent and temporary, worked by hand; the last is the example two suppliers print with letter Q.
@pytest.mark.parametrize("good", ["B801200005001", "G80120024501A", "P207000016049"])
def test_a_number_fits_its_letter_and_no_other(good: str) -> None:
    assert upn_problem(good) is None
    assert upn_problem(f" {good[:4].lower()} {good[4:]} ") is None
    assert tidy_upn(f" {good.lower()} ") == good
    for letter in set(LETTERS) - {good[0]}:
        assert "first letter" in (upn_problem(letter + good[1:]) or "")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("", "13 characters"),
        ("B80120000500", "13 characters"),
        ("B8012000050011", "13 characters"),
        ("I801200005001", "never has I, O or S"),
        ("B80120000500S", "never has I, O or S"),
        ("B80120000A001", "letter and 12 numbers"),
        ("B80120000500١", "letter and 12 numbers"),
        ("B000200005001", "local authority"),
        ("B999200005001", "local authority"),
    ],
)
def test_a_wrong_number_is_refused_in_words(bad: str, says: str) -> None:
    assert says in (upn_problem(bad) or "")


@given(st.integers(0, 9999), st.integers(2000, 2099), st.integers(0, 999), st.integers(1, 12), st.integers(1, 9))
def test_an_invented_number_is_valid_when_invented_ones_are_allowed_and_every_mistyped_digit_is_seen(
    establishment: int, year: int, serial: int, at: int, by: int
) -> None:
    number = make_upn(establishment, year, serial)
    assert upn_problem(number, synthetic=True) is None
    assert "local authority" in (upn_problem(number) or "")
    mistyped = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert upn_problem(mistyped, synthetic=True) is not None


def test_numbers_cannot_be_made_from_parts_that_do_not_fit() -> None:
    assert make_upn(2000, 2005, 1, la="801") == "B801200005001"
    for establishment, serial, la in ((10_000, 1, "801"), (2000, 1000, "801"), (2000, 1, "80A"), (2000, 1, "8010")):
        with pytest.raises(ValueError, match="three-digit authority"):
            make_upn(establishment, 2005, serial, la=la)


def test_born_on_a_leap_day() -> None:
    leap = date(2008, 2, 29)
    assert birthday(leap, 16) == date(2024, 2, 29)
    assert birthday(leap, 18) == date(2026, 3, 1)
    assert [age_on(leap, date(2026, 2, 28)), age_on(leap, date(2026, 3, 1))] == [17, 18]


@given(DAYS, st.integers(0, 25))
def test_an_age_is_reached_on_its_birthday_and_not_the_day_before(born: date, age: int) -> None:
    day = birthday(born, age)
    assert (age_on(born, day), age_on(born, day - timedelta(days=1))) == (age, age - 1)


@pytest.mark.parametrize(
    ("born", "on", "group", "label"),
    [
        (date(2017, 9, 1), date(2026, 11, 22), 4, "Year 4"),  # the oldest of Year 4
        (date(2018, 8, 31), date(2026, 11, 22), 4, "Year 4"),  # the youngest
        (date(2018, 9, 1), date(2026, 11, 22), 3, "Year 3"),
        (date(2017, 8, 31), date(2026, 11, 22), 5, "Year 5"),
        (date(2021, 9, 1), date(2026, 9, 1), 0, "Reception"),
        (date(2021, 9, 1), date(2026, 8, 31), -1, "Nursery"),
        (date(2024, 1, 1), date(2026, 9, 1), -2, "Nursery"),
        (date(2025, 1, 1), date(2026, 9, 1), None, ""),
        (date(2007, 10, 1), date(2026, 9, 1), 14, "Year 14"),
        (date(2006, 10, 1), date(2026, 9, 1), None, ""),
    ],
)
def test_year_group(born: date, on: date, group: int | None, label: str) -> None:
    assert year_group(born, on) == group
    assert year_group_label(year_group_code(group)) == label


@given(DAYS, st.integers(0, 8000))
def test_a_year_group_changes_on_1_september_only(born: date, days: int) -> None:
    on = born + timedelta(days=days)
    start = school_year_starts(on)
    assert start <= on
    assert (start.month, start.day) == (9, 1)
    assert year_group(born, start) == year_group(born, on)
    before, after = year_group(born, start - timedelta(days=1)), year_group(born, start)
    assert before is None or after is None or after == before + 1


def test_names_are_shown_preferred_first_and_one_name_is_enough() -> None:
    assert display_name("Leila", "Reid") == "Leila Reid"
    assert display_name("Leila", "Reid", "Lei") == "Lei Reid"
    assert display_name("Suharto", "") == "Suharto"
    assert display_name("Nguyễn", "Thị Ánh", "Ánh") == "Nguyễn Thị Ánh"
    assert display_name("Anne-Marie", "Marieson", "Marie") == "Marie Marieson"


def test_a_name_may_be_in_any_script_but_not_hide_anything() -> None:
    for good in ("Zoë", "O’Neill", "Anne-Marie", "Nguyễn", "X", "李", "محمد", "می\u200cنا", "X Æ A-12", "a" * 100):
        assert name_problem(good) is None
    for bad in ("", " ", "123", "'", "a" * 101, "Ann\x00", "Ann\u202enimda", "Ann\ud800", "\ufeffAnn\u200b"):
        assert name_problem(bad) is not None
    assert tidy_name("  Zoe\u0308   van\tDyk ") == "Zoë van Dyk"


def test_what_people_type_finds_the_name() -> None:
    one_key = ("O'Neill", "O’Neill", "Oʼneill", "O`NEILL", "O-Neill", "o neill", "ONeill")
    assert {name_key(each) for each in one_key} == {"oneill"}
    assert name_key("Neill") != "oneill"
    plain = {"Zoë": "zoe", "Łukasz": "lukasz", "Søren": "soren", "Đặng": "dang", "Strauß": "strauss", "Işık": "isik"}
    assert {name: name_key(name) for name in plain} == plain

    def finds(q: str, *names: str) -> bool:
        return bool(search_words(q)) and all(word in search_key(*names) for word in search_words(q))

    assert finds("neill siobhan", "Siobhán", "O’Neill")
    assert finds("o neil", "Siobhán", "O’Neill")
    assert finds("van anh nguyen", "Văn Anh", "Nguyễn")
    assert finds("lei", "Leila", "Reid", "Lei")
    assert finds("anne marie", "Annemarie", "Day")
    assert finds("suharto", "Suharto", "")
    assert not finds("neill zoe", "Siobhán", "O’Neill")
    assert not finds(" - ", "Siobhán", "O’Neill")


@given(st.text(max_size=30))
def test_the_key_of_a_key_is_itself_and_spelling_does_not_matter(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert {name_key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD", "NFKC", "NFKD")} == {key}
