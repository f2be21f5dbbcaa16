import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.pupils.identifiers import (
    laestab_problem,
    nhs_number_problem,
    postcode_problem,
    tidy_laestab,
    tidy_number,
    tidy_postcode,
    uln_problem,
    year_group_in_words,
)
from ecm.pupils.words import YEAR_LABELS

TEN = st.from_regex("[0-9]{10}", fullmatch=True)


def left(number: str) -> int:
    """What is left of the sum weighted 10 to 1 when it is divided by 11: 0 for an NHS number, 10 for a ULN."""
    return sum((10 - place) * int(digit) for place, digit in enumerate(number)) % 11


# Worked by hand in the sources, the third from the range for tests.
@pytest.mark.parametrize("good", ["9434765919", "9876543210", "9990000018", "943 476 5919", "943-476-5919"])
def test_an_nhs_number_fits_and_no_mistyped_digit_passes(good: str) -> None:
    number = tidy_number(good)
    assert nhs_number_problem(good) is None
    assert number.isdigit()
    for place in range(10):
        for digit in set("0123456789") - {number[place]}:
            assert "does not fit" in (nhs_number_problem(number[:place] + digit + number[place + 1 :]) or "")


@given(TEN)
def test_a_number_is_of_a_patient_or_of_a_learner_or_of_nobody(number: str) -> None:
    assert (nhs_number_problem(number) is None) == (left(number) == 0 and len(set(number)) > 1)
    assert (uln_problem(number) is None) == (left(number) == 10 and number[0] != "0")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("927630868", "10 digits"),
        ("92763086866", "10 digits"),
        ("927630868٦", "10 digits"),
        ("9.27631E+09", "shortened"),
        ("9434765919", "NHS number and not a ULN"),
        ("0000000019", "does not begin with 0"),
        ("9276308685", "does not fit"),
    ],
)
def test_a_wrong_learner_number_is_refused_in_words(bad: str, says: str) -> None:
    assert uln_problem("9276308686") is None
    assert says in (uln_problem(bad) or "")


def test_the_number_of_a_school_has_an_authority() -> None:
    for good in ("8012000", "801/2000", " 801 2000 ", "801-2000"):
        assert (laestab_problem(good), tidy_laestab(good)) == (None, "8012000")
    assert laestab_problem("9994001", synthetic=True) is None
    for bad, says in (
        ("9994001", "authority"),
        ("0004001", "authority"),
        ("801200", "7 digits"),
        ("801200A", "7 digits"),
    ):
        assert says in (laestab_problem(bad) or "")


@pytest.mark.parametrize(
    "good",
    ["M1 1AE", "m11ae", "B33 8TH", "CR2 6XH", "DN55 1PT", "EC1A 1BB", "W1A 0AX", "GIR 0AA", "ZZ99 3VZ", "ZZ993WZ"],
)
def test_a_postcode_of_each_form_is_one_however_it_is_spaced(good: str) -> None:
    assert postcode_problem(good) is None
    assert postcode_problem(tidy_postcode(good)) is None
    assert tidy_postcode(good)[-4] == " "


@pytest.mark.parametrize(
    "bad", ["", "M1", "M1 1A", "Q1 1AE", "M1 1AC", "MI 1AE", "M1 1AEE", "1AE M1", "M111 1AE", " " * 30]
)
def test_what_is_no_postcode_is_told(bad: str) -> None:
    assert "M1 1AE" in (postcode_problem(bad) or "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Year 4", "4"),
        ("year four", None),
        ("Y4", "4"),
        ("Yr. 4", "4"),
        ("NC Year 11", "11"),
        ("Year Group 9", "9"),
        ("04", "4"),
        (" 14 ", "14"),
        ("15", None),
        ("R", "R"),
        ("Reception", "R"),
        ("YR", "R"),
        ("Year R", "R"),
        ("Year 0", "R"),
        ("N1", "N1"),
        ("Nursery 2", "N2"),
        ("Nursery", "N2"),
        ("x", "X"),
        ("-1", None),
        ("3/4", None),
        ("Year 3 and 4", None),
        ("4W", None),
        ("", None),
    ],
)
def test_a_year_group_in_a_schools_own_words(words: str, code: str | None) -> None:
    assert year_group_in_words(words) == code


def test_every_year_group_is_known_by_its_code_and_by_its_label() -> None:
    for code, label in YEAR_LABELS.items():
        assert year_group_in_words(code) == code
        assert year_group_in_words(label) == code
