"""Reading a school's file: every awkward one comes out as it must, and nothing but a sentence is ever raised."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing, suppress
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecm.imports.csv_reader import GUARDED
from ecm.imports.headers import NAMES, what_of
from ecm.imports.reading import ROOT, Head, Tail, Unreadable, answers, read, read_file
from ecm.imports.rows import Row
from ecm.pupils.rules import name_problem, tidy_name
from ecm.web.sheet import RUNS, sheet
from tests.imports.corpus import HEADER, LEILA, LISTS, UPN, Awkward
from tests.imports.corpus_ctf import FILES, bomb, contact, ctf, head, pupil
from tests.imports.corpus_values import VALUES

TODAY = date(2026, 11, 22)


class Lazy(io.RawIOBase):
    """A file whose bytes are made while it is read; it can go back to its beginning."""

    def __init__(self, make: Callable[[], Iterable[bytes]]) -> None:
        self._make = make
        self._rewind()

    def _rewind(self) -> None:
        self._parts: Iterator[bytes] = iter(self._make())
        self._left = memoryview(b"")

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        self._rewind()
        return 0

    def readinto(self, room: Any) -> int:
        while not self._left:
            try:
                self._left = memoryview(next(self._parts))
            except StopIteration:
                return 0
        size = min(len(room), len(self._left))
        room[:size], self._left = self._left[:size], self._left[size:]
        return size


def opened(build: Callable[[], bytes | Iterable[bytes]]) -> io.BufferedIOBase:
    made = build()
    return io.BytesIO(made) if isinstance(made, bytes) else io.BufferedReader(Lazy(build))  # type: ignore[arg-type]


def outcome(file: Any) -> dict[str, Any]:
    """What a file comes to: the head, the rows by number, the tail, the sentence it is refused with."""
    told: dict[str, Any] = {"head": None, "rows": {}, "tail": None, "refused": None}
    for kind, content in answers(file, TODAY):
        if kind == b"B":
            rows = json.loads(content)["rows"]
            assert 0 < len(rows) <= 1_000
            told["rows"] |= {row["row"]: row for row in rows}
        elif kind == b"U":
            told["refused"] = content.decode()
        else:
            part = "head" if kind == b"H" else "tail"
            assert told[part] is None
            told[part] = json.loads(content)
    return told


def sentences(rows: dict[int, dict[str, Any]], kind: str) -> dict[tuple[int, str], str]:
    """All problems, or all warnings, by row and field."""
    found: dict[tuple[int, str], str] = {}
    for number, row in rows.items():
        for each in row[kind]:
            found[number, each["field"]] = f"{found.get((number, each['field']), '')} {each['message']}".strip()
    return found


CORPUS = [*LISTS, *VALUES, *FILES]


@pytest.mark.parametrize("file", [pytest.param(each, id=each.name) for each in CORPUS])
def test_an_awkward_file_comes_out_as_it_must(file: Awkward) -> None:
    told = outcome(opened(file.build))
    if file.refused:
        assert file.refused in (told["refused"] or "nothing")
        assert told["refused"].endswith(".")
        assert len(told["refused"]) < 300
        assert told["tail"] is None
        return
    assert told["refused"] is None
    for kind, expected in (("problems", file.problems), ("warnings", file.warnings)):
        found = sentences(told["rows"], kind)
        assert set(found) == set(expected), kind
        for place, part in expected.items():
            assert part in found[place]
            assert found[place].endswith(".")
    for number, said in file.said.items():
        assert told["rows"][number]["said"] | said == told["rows"][number]["said"]
    for number, carers in file.carers.items():
        assert told["rows"][number]["carers"] == carers
    for number, raw in file.raw.items():
        assert told["rows"][number]["raw"] == raw
    assert told["head"] | file.head == told["head"]
    assert told["tail"]["rows"] == len(told["rows"])
    assert file.tail in " ".join(told["tail"]["warnings"])
    assert bool(file.tail) == bool(told["tail"]["warnings"])


def test_a_transfer_file_has_no_more_pupils_than_a_school(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecm.imports.ctf.MOST_PUPILS", 2)
    assert outcome(io.BytesIO(ctf(pupil(), pupil())()))["refused"] is None
    assert "more than 2 pupils" in outcome(io.BytesIO(ctf(pupil(), pupil(), pupil())()))["refused"]


def test_the_page_about_files_names_columns_that_are_understood() -> None:
    rows = [line for line in (ROOT / "docs/pupil-files.md").read_text().splitlines() if line.startswith("| `")]
    told: set[str] = set()
    for row in rows:
        fields, names = row.strip("| ").split(" | ")
        known = set(re.findall("`(.+?)`", fields)) | ({"need2", "need3"} if "need1" in fields else set())
        assert {what_of(name) for name in re.split(" · |, ", names)} == known
        told |= known
    assert told == set(NAMES)


# ------------------------------------------------------------------------------------------- anything at all

WORDS = st.sampled_from(
    [*(f"{name}" for names in NAMES.values() for name in names), "contact 1 name", "pr (contact 2)", "1", "=", "'", '"', "\r",
     "\n", "\0", "\ufeff", "<", "&", UPN, "14/02/2018", "Zoë", "Reid", "ASD", "K", "N/A", ";", ",", "\t", "9276308686"]
)  # fmt: skip
TEXTS = st.lists(WORDS | st.text(max_size=6), max_size=60).map(",".join)
MARKUP = st.lists(
    st.sampled_from(["<Pupil>", "</Pupil>", "<Contacts>", "</Contacts>", "<Contact>", "</Contact>", "<Surname>", "</Surname>",
                     "<SENhistory>", "</SENhistory>", "<SEN>", "</SEN>", "<Header>", "</Header>", "<SENprovision>K", "</SENprovision>",
                     "<DOB>2018-02-14</DOB>", "<UPN>", "</UPN>", "<!DOCTYPE x>", "&lt;", "<a/>", "<![CDATA[x]]>"])
    | st.text(max_size=4), max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=150)
@given(
    TEXTS.map(lambda text: f"First name,Last name,{text}")
    | TEXTS
    | MARKUP.map(lambda text: f"<CTfile>{text}</CTfile>"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"]),
)
def test_no_text_does_more_than_be_refused(text: str, encoding: str) -> None:
    with suppress(Unreadable):
        _judge_all(text.encode(encoding, errors="replace"))


@settings(max_examples=100)
@given(st.binary(max_size=300), st.sampled_from([b"", b"First name,Last name,DOB,UPN\n", b"<Pupil>", b"\xff\xfe"]))
def test_no_bytes_do_more_than_be_refused(content: bytes, start: bytes) -> None:
    with suppress(Unreadable):
        _judge_all(start + content)


def _judge_all(content: bytes) -> None:
    """Read all of it, and check that PostgreSQL can keep what was read."""
    for found in read(io.BytesIO(content), TODAY):
        if isinstance(found, Row):
            kept = json.dumps(found.document(), ensure_ascii=False)
            assert "\\u0000" not in kept
            assert kept.encode()


NAME = st.text("abcXYZéëñöüçåøèíÉÓ -'’", min_size=1, max_size=12).filter(
    lambda name: name_problem(name) is None and not name.startswith("'-")  # that is a guarded hyphen
)


@settings(max_examples=100)
@given(
    st.lists(st.tuples(NAME, NAME, st.dates(date(2005, 1, 1), date(2022, 1, 1))), min_size=1, max_size=5),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_what_the_csv_module_writes_is_read_back(
    rows: list[tuple[str, str, date]], encoding: str, delimiter: str, quoting: Any
) -> None:
    writer = csv.writer(text := io.StringIO(), delimiter=delimiter, quoting=quoting)
    writer.writerow(["First name", "Last name", "DOB"])
    writer.writerows((first, last, f"{born:%d/%m/%Y}") for first, last, born in rows)
    told = outcome(io.BytesIO(text.getvalue().encode(encoding)))
    assert [row["said"] for row in told["rows"].values()] == [
        {"first_name": tidy_name(first), "last_name": tidy_name(last), "date_of_birth": born.isoformat()}
        for first, last, born in rows
    ]


def test_the_guard_of_our_own_lists_is_taken_off_again() -> None:
    rows = [["First name", "Last name", "Class"], ["-Marie", "'Amr", "-4"], ["Ann", "'-Lee", "+4"]]
    told = outcome(io.BytesIO(sheet(rows[0], rows[1:])))
    assert told["rows"][2]["said"] == {"first_name": "-Marie", "last_name": "'Amr", "class_name": "-4"}
    assert set(RUNS) == set(GUARDED)


# ------------------------------------------------------------------------------------------- the real process


async def everything(path: Path, **limits: Any) -> list[Any]:
    async with aclosing(read_file(path, TODAY, **limits)) as answers:
        return [answer async for answer in answers]


def children() -> set[int]:
    return {int(each) for task in Path("/proc/self/task").iterdir() for each in (task / "children").read_text().split()}


def of_process(number: int, what: str) -> list[str]:
    return list(filter(None, Path(f"/proc/{number}/{what}").read_text().split("\0")))


async def test_a_process_of_its_own_reads_in_batches_with_nothing_in_hand(tmp_path: Path) -> None:
    path = tmp_path / "pupils.csv"
    path.write_text(f"{HEADER}\n" + f"{LEILA}\n" * 2_500)
    before = children()
    async with aclosing(read_file(path, TODAY)) as answers:
        head = await anext(answers)
        (reader,) = children() - before
        assert {line.split("=")[0] for line in of_process(reader, "environ")} == {"PATH", "LANG"}
        batches_and_tail = [answer async for answer in answers]
    assert isinstance(head, Head)
    assert head.columns_understood["First name"] == "first_name"
    sizes = [len(json.loads(batch)["rows"]) for batch in batches_and_tail if isinstance(batch, bytes)]
    assert sizes == [200] * 12 + [100]
    assert batches_and_tail[-1] == Tail(2_500, [])
    assert not children() - before

    async with aclosing(read_file(path, TODAY)) as answers:
        await anext(answers)
    assert not children() - before  # who stops listening ends it


async def test_a_process_is_ended_that_takes_too_long_or_too_much(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bomb())
    began = perf_counter()
    with pytest.raises(Unreadable, match="definitions of its own"):
        await everything(path)
    assert perf_counter() - began < 5

    path.write_bytes(b"x" * 50_000_000)
    with pytest.raises(Unreadable, match="Line 1 has more than 100,000 characters"):
        await everything(path, megabytes=64)

    path.write_text(f"{HEADER}\n" + f"{LEILA}\n" * 100)
    with pytest.raises(Unreadable, match="took too long"):
        await everything(path, seconds=0.001)

    # Each new name of an element takes memory inside the parser, and no other limit is met before this one.
    path.write_text("<CTfile>" + "".join(f"<e{n}/>" for n in range(400_000)) + "</CTfile>")
    with pytest.raises(Unreadable, match="more memory"):
        await everything(path, megabytes=64)
    assert not [each for each in children() if "ecm.imports.reading" in of_process(each, "cmdline")]


async def test_memory_stays_flat_however_many_pupils_there_are(tmp_path: Path) -> None:
    path = tmp_path / "file.xml"
    one = pupil(
        f"<Contacts>{contact('PAM')}</Contacts><Attendance>{'<Month><Possible>20</Possible></Month>' * 60}</Attendance>"
    )
    path.write_text(f"<CTfile>{head()}{one * 4_000}</CTfile>")
    assert path.stat().st_size > 9_000_000
    answers = await everything(path, megabytes=64)
    assert answers[-1] == Tail(4_000, [])
