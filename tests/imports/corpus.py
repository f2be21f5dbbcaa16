"""Awkward files, each made by a small function, each with what must come of it.

A file is refused with one sentence, or its rows are taken, with what they say, or rejected, with a problem for a field.
"""

import codecs
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

UPN = "B801200005001"
HEADER = "UPN,First name,Last name,Date of birth,Year"
LEILA = f"{UPN},Leila,Reid,14/02/2018,Year 4"


@dataclass(frozen=True)
class Awkward:
    """A file, and what must come of it: `refused` (part of the sentence), or else every problem and warning by row and
    field (part of the sentence), and, of the rows named in `said`, that they say this."""

    name: str
    build: Callable[[], bytes | Iterable[bytes]]
    refused: str = ""
    problems: Mapping[tuple[int, str], str] = field(default_factory=dict)
    warnings: Mapping[tuple[int, str], str] = field(default_factory=dict)
    said: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    carers: Mapping[int, list[dict[str, Any]]] = field(default_factory=dict)
    raw: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    head: Mapping[str, Any] = field(default_factory=dict)
    tail: str = ""


def csv(*rows: str, header: str = HEADER, encoding: str = "utf-8", end: str = "\r\n") -> Callable[[], bytes]:
    """These rows below a header."""
    return lambda: "".join(row + end for row in (header, *rows)).encode(encoding)


def cells(*cells: str, header: str) -> Callable[[], bytes]:
    """A row of the first and last name of Leila Reid and of these cells, below a header that names them."""
    return csv(f"Leila,Reid,{','.join(cells)}", header=f"First name,Last name,{header}")


def spreadsheet() -> bytes:
    """The beginning of every .xlsx: a zip archive."""
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


def many(first: bytes, each: bytes, times: int, last: bytes = b"") -> Callable[[], Iterator[bytes]]:
    """`each`, `times` over; made only while it is read."""

    def parts() -> Iterator[bytes]:
        at_once = max(1, 2**20 // len(each))
        yield first
        for done in range(0, times, at_once):
            yield each * min(at_once, times - done)
        yield last

    return parts


PLAIN: dict[str, Any] = {
    "upn": UPN, "first_name": "Leila", "last_name": "Reid", "date_of_birth": "2018-02-14", "year_group": "4",
}  # fmt: skip
ZOE = {"first_name": "Zoë", "last_name": "Núñez"}
ANNA = {"name": "Anna Reid", "relationship": "mother", "has_parental_responsibility": True}


def _encodings() -> Iterator[Awkward]:
    row = f"{UPN},Zoë,Núñez,14/02/2018,Year 4"
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        yield Awkward(f"{name} with accents", csv(row, encoding=name), said={2: PLAIN | ZOE})
    yield Awkward(
        "utf-16-be with its mark",
        lambda: codecs.BOM_UTF16_BE + csv(row, encoding="utf-16-be")(),
        said={2: ZOE},
    )
    yield Awkward(
        "accents only after many rows",
        lambda: csv(*[LEILA] * 2_000, row, encoding="cp1252")(),
        said={2: PLAIN, 2002: ZOE},
    )
    yield Awkward(
        "an accent as the very last byte",
        lambda: b"Last name,First name\nReid,Zo\xeb",
        said={2: {"first_name": "Zoë"}},
    )
    yield Awkward(
        "utf-8 and Windows mixed",
        lambda: csv(row)() + "B801200005001,Zoë,Reid,,\r\n".encode("cp1252"),
        problems={(2, "first_name"): "garbled", (2, "last_name"): "garbled"},
        said={3: {"first_name": "Zoë"}},
    )
    yield Awkward(
        "saved in the wrong encoding before",
        csv(row.encode().decode("cp1252")),
        problems={(2, "first_name"): "garbled", (2, "last_name"): "garbled"},
    )
    yield Awkward(
        "a letter lost before", csv(f"{UPN},Zo\ufffd,Reid,,"), problems={(2, "first_name"): "A letter was lost"}
    )
    yield Awkward(
        "a byte that is no letter, under a mark that promises utf-8",
        lambda: codecs.BOM_UTF8 + csv(f"{UPN},Zo~,Reid,,")().replace(b"~", b"\xff"),
        problems={(2, "first_name"): "A letter was lost"},
    )
    yield Awkward("utf-32", csv(LEILA, encoding="utf-32"), refused="UTF-32")


def _not_csv() -> Iterator[Awkward]:
    yield Awkward("nothing", lambda: b"", refused="The file is empty.")
    yield Awkward("only white space", lambda: b" \r\n\t\r\n", refused="The file is empty.")
    yield Awkward("only a byte order mark", lambda: codecs.BOM_UTF16_LE, refused="The file is empty.")
    yield Awkward("a spreadsheet renamed .csv", spreadsheet, refused="This is a spreadsheet or a zip file")
    yield Awkward("an old workbook renamed .csv", lambda: b"\xd0\xcf\x11\xe0" + bytes(600), refused="an Excel workbook")
    yield Awkward("a PDF renamed .csv", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", refused="This is a PDF")
    yield Awkward("a packed file", lambda: b"\x1f\x8b\x08\x00abcdef", refused="compressed")
    yield Awkward("a letter", lambda: b"{\\rtf1\\ansi First name}", refused="word-processor")
    yield Awkward("a web page", lambda: b"\n<HTML><table><tr><td>First name</td></tr></table>", refused="a web page")
    yield Awkward("a web page with a doctype", lambda: b"<!DOCTYPE html><title>x</title>", refused="a web page")
    yield Awkward(
        "a spreadsheet as XML",
        lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        refused="a spreadsheet stored as XML",
    )
    yield Awkward("noughts", lambda: bytes(5_000), refused="NUL")
    yield Awkward("a nought in a name", csv(LEILA, f"{UPN},Le\0ila,Reid,,"), refused="Line 3 has an empty character")
    yield Awkward("a picture", lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9, refused="NUL")


def _shapes() -> Iterator[Awkward]:
    for name, delimiter in (("semicolons", ";"), ("tabs", "\t")):
        yield Awkward(
            name,
            lambda d=delimiter: csv(LEILA.replace(",", d), header=HEADER.replace(",", d))(),  # type: ignore[misc]
            said={2: PLAIN},
        )
    yield Awkward("line ends of old Macs", csv(LEILA, LEILA, end="\r"), said={2: PLAIN, 3: PLAIN})
    yield Awkward("no last line end", lambda: f"{HEADER}\n{LEILA}".encode(), said={2: PLAIN})
    yield Awkward(
        "a line that names the delimiter",
        csv(LEILA.replace(",", ";"), header=f"sep=;\r\n{HEADER.replace(',', ';')}"),
        said={3: PLAIN},
    )
    yield Awkward("a title above", csv(LEILA, header=f"Class list 4W\r\n\r\n{HEADER}"), said={4: PLAIN})
    yield Awkward("empty rows between and below", csv("", LEILA, ",,,,", " , ,,,", LEILA), said={3: PLAIN, 6: PLAIN})
    yield Awkward(
        "a line end inside a cell",
        csv(f'{UPN},"Lei\nla","Reid",14/02/2018,Year 4', LEILA),
        said={2: {"first_name": "Lei la"}, 3: PLAIN},
    )
    yield Awkward("spaces before quotes", csv(f'{UPN}, "Leila", "Reid", 14/02/2018, "Year 4"'), said={2: PLAIN})
    yield Awkward(
        "quotes doubled inside", csv(f'{UPN},"Leila ""Lei""",Reid,,'), said={2: {"first_name": 'Leila "Lei"'}}
    )
    yield Awkward("text after a closing quote", csv(LEILA, f'{UPN},"Leila"x,Reid,,'), refused="In line 3 text goes on")
    yield Awkward("a quote never closed", csv(LEILA, f'{UPN},"Leila,Reid,,'), refused="mark in line 3 is opened")
    yield Awkward(
        "a quote never closed far from the end",
        csv(LEILA, f'{UPN},"Leila,Reid,,', *[LEILA] * 2_000),
        refused="mark in line 3 is opened",
    )
    yield Awkward(
        "a row that never ends, in short cells",
        many(f"{HEADER}\n".encode(), b'"x\n",', 2_000),
        refused="is opened and never closed",
    )
    yield Awkward("too many cells", csv(LEILA + ",x"), problems={(2, "row"): "6 cells and the first row 5"})
    yield Awkward("empty cells too many", csv(LEILA + ",, ,"), said={2: PLAIN})
    yield Awkward(
        "too few cells",
        csv(f"{UPN},Leila,Reid"),
        warnings={(2, "row"): "ends early, after 3 of 5"},
        said={2: {"upn": UPN}},
    )
    yield Awkward(
        "broken off in a name",
        lambda: csv(LEILA)() + f"{UPN},".encode(),
        problems={(3, "first_name"): "missing"},
        warnings={(3, "row"): "ends early"},
    )
    yield Awkward("a header only", csv(), refused="no pupils below")
    yield Awkward("a header and empty rows", csv(",,,,", ""), refused="no pupils below")
    yield Awkward("no header", lambda: f"{LEILA}\r\n{LEILA}".encode(), refused="none for the first name")
    yield Awkward("a million columns", many(HEADER.encode(), b",a", 1_000_000), refused="Line 1 has more than 100,000")
    yield Awkward("two thousand columns", many(HEADER.encode(), b",a", 2_000), refused="more than 1,000 columns")
    yield Awkward("one line of 200 megabytes", many(b"", b"x", 200_000_000), refused="Line 1 has more than 100,000")
    yield Awkward(
        "an endless line below", many(f"{HEADER}\n{UPN},".encode(), b"x", 1_000_000), refused="Line 2 has more than"
    )
    yield Awkward("an endless cell", csv(f'{UPN},"{"x" * 20_000}",Reid,,'), refused="mark in line 2 is opened")
    yield Awkward(
        "more rows than a school has pupils", many(f"{HEADER}\n{LEILA}".encode(), b"\n", 200_001), refused="200,000"
    )


def _columns() -> Iterator[Awkward]:
    yield Awkward(
        "other names for the same",
        csv(
            f"{UPN},Leila,Reid,2018-02-14 00:00:00,4,Willow",
            header="Unique_Pupil-Number,LEGAL FORENAME, Pupil surname:,D.O.B.,N.C. Year group,Reg. group",
        ),
        said={2: PLAIN | {"class_name": "Willow"}},
    )  # fmt: skip
    yield Awkward(
        "a column twice",
        csv(LEILA, header="UPN,Forename,Last name,First name,Year"),
        refused="“Forename” and “First name”",
    )
    yield Awkward("no last name", csv("Leila,4", header="First name,Year"), refused="none for the last name")
    yield Awkward(
        "no names at all", csv(UPN, header="UPN"), refused="first name (First name, Forename) or the last name"
    )
    yield Awkward("whole names", csv("Leila Reid,4", header="Pupil name,Year"), refused="“Pupil name” has whole names")
    yield Awkward(
        "a pupil with one name", csv("Suhaila,", header="First name,Last name"), said={2: {"first_name": "Suhaila"}}
    )
    yield Awkward(
        "a pupil without a first name",
        csv(",Reid", header="First name,Last name"),
        problems={(2, "first_name"): "missing"},
    )
    yield Awkward(
        "more than is needed",
        cells("WBRI", "Yes", "", "", header=f"Ethnicity,\x07F\u202eSM,,{'x' * 50}"),
        said={2: {"first_name": "Leila"}},
        head={"columns_ignored": ["Ethnicity", "F SM", "Column 5", "x" * 39 + "…"]},
    )
    for name, value in (("DfE number", "999/4001"), ("LAESTAB", "9994001")):
        yield Awkward(f"the school by {name}", cells(value, header=name), head={"source": {"laestab": "9994001"}})
    yield Awkward(
        "two schools", csv("Leila,Reid,9994001", "Ann,Lee,9994002", header="First name,Last name,LAESTAB"),
        refused="Row 3 names another school",
    )  # fmt: skip
    yield Awkward(
        "two school names", csv("Leila,Reid,Oakfield", "Ann,Lee,Hillside", header="First name,Last name,School"),
        refused="Row 3 names another school",
    )  # fmt: skip
    yield Awkward(
        "a school number with letters", cells("OAK", header="LAESTAB"), refused="Row 2: A DfE school number has 7"
    )
    yield Awkward(
        "a school of no authority", cells("000", "4001", header="LA,Estab"), refused="not the code of a local"
    )
    yield Awkward("the authority only", cells("999", header="LA"), said={2: {"first_name": "Leila"}})
    yield Awkward(
        "the school by its two parts", cells("999", "4001", header="LA,Estab"), head={"source": {"laestab": "9994001"}}
    )
    yield Awkward("the authority, and no school", cells("999", "", header="LA,Estab"), head={"source": {}})
    yield Awkward("a URN too long", cells("12345678", header="URN"), refused="a URN is a number with up to 7 digits")
    yield Awkward(
        "a school in the last column, and rows that end early",
        csv("Leila,Reid", "Ann,Lee,Oakfield", header="First name,Last name,School"),
        warnings={(2, "row"): "ends early"}, head={"source": {"name": "Oakfield"}},
    )  # fmt: skip
    yield Awkward(
        "names of columns too far down", csv(*["x"] * 9, HEADER, LEILA, header="x"), refused="none for the first"
    )
    yield Awkward("a URN with letters", cells("A1", header="URN"), refused="a URN is a number")


LISTS = [*_encodings(), *_not_csv(), *_shapes(), *_columns()]
