"""Lists taken away as CSV: what a spreadsheet would run comes back as text, and nothing is lost."""

import csv
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.web.sheet import RUNS, sheet, sheet_answer

ATTACKS = (
    "=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "=HYPERLINK(\"http://x\",\"y\")",
    "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "＝1+1", "＠x",
    "\0=1+1", "\u00a0=1+1", "\u2003@x", "|x", "%x", "a\n=1+1", "a\r\n=1+1", 'a","=1+1', "a;=1+1", "a\t=1+1", "'=1+1",
)  # fmt: skip


def back(body: bytes) -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(body.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_begins_with_what_a_spreadsheet_runs(attack: str) -> None:
    heads, row = back(sheet(["Title", attack], [[attack, "after"]]))
    assert len(heads) == len(row) == 2
    for each in (*heads, *row):
        assert not each.lstrip().startswith(RUNS)
        assert not set(each) & set("\r\n\t\0")
    assert row[1] == "after"
    assert row[0].removeprefix("'").split() == attack.replace("\0", "").removeprefix("'").split()


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=4))
def test_any_text_comes_back_in_its_cell(rows: list[list[str]]) -> None:
    found = back(sheet(["One", "Two"], rows))
    assert len(found) == len(rows) + 1
    for row, typed in zip(found[1:], rows, strict=True):
        for cell, text in zip(row, typed, strict=True):
            assert cell.lstrip("'").split() == text.replace("\0", "").lstrip("'").split() or cell.startswith("'")
            assert not cell.startswith(RUNS)


def test_days_numbers_and_what_is_missing_stay_usable_and_a_cut_list_says_so() -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    found = back(sheet(["A", "B", "C", "D"], [[date(2026, 12, 18), -3, None, at]], cut=True))
    assert found[1] == ["2026-12-18", "-3", "", "2026-07-02 00:30"]
    assert found[2] == ["There is more: only the first 5,000 rows are here."]
    answer = sheet_answer(b"", "cases", date(2026, 12, 18))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cases-2026-12-18.csv"'
