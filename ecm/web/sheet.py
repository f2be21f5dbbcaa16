"""Lists to take away: CSV that opens in any spreadsheet, and in which nothing runs."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import StringIO
from typing import TypeVar

from litestar import Response

from ecm.clock import LONDON

MOST_ROWS = 5_000
MOST_AT_ONCE = 1_000  # pupils in one event of the log
RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")
Cell = str | int | date | None
Each = TypeVar("Each")


def parts_of(rows: Sequence[Each]) -> list[Sequence[Each]]:
    """The rows in parts that one event of the log can name."""
    return [rows[first : first + MOST_AT_ONCE] for first in range(0, len(rows), MOST_AT_ONCE)]


def cell(value: Cell) -> str:
    """One cell as text: dates as YYYY-MM-DD, instants as YYYY-MM-DD HH:MM in London, text on one line.

    Text in which a spreadsheet could see a formula begins with an apostrophe instead.
    Source: OWASP, "CSV Injection"; white space before the sign does not help everywhere, so it does not count here.
    """
    if isinstance(value, datetime):
        return value.astimezone(LONDON).strftime("%Y-%m-%d %H:%M")
    if not isinstance(value, str):
        return "" if value is None else str(value)
    line = " ".join(value.replace("\0", "").split())
    return f"'{line}" if line.startswith(RUNS) or value[:1] in ("\t", "\r", "\n") else line


def paragraphs(text: str) -> str:
    """The same for a text of several lines, which stay."""
    whole = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return f"'{whole}" if whole.startswith(RUNS) else whole


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Cell]], cut: bool = False) -> bytes:
    """The whole file: UTF-8 with a byte order mark, every cell in quotes. `cut`: a last line says that there is more."""
    last = [[f"There is more: only the first {MOST_ROWS:,} rows are here."]] if cut else []
    return BOM_UTF8 + sheet_lines([heads, *rows, *last])


def sheet_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Lines of such a file, to follow others."""
    return quoted([cell(each) for each in row] for row in rows)


def quoted(rows: Iterable[Sequence[str]]) -> bytes:
    """Lines of cells that are safe already. Source: RFC 4180."""
    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def sheet_answer(body: bytes, name: str, day: date) -> Response[bytes]:
    """The file, to be saved. Its name says what and when, never whom about."""
    kept = {"Content-Disposition": f'attachment; filename="{name}-{day.isoformat()}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=kept)
