"""Lists to take away: CSV that opens in any spreadsheet, and in which nothing runs."""

import csv
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


def sheet(heads: Sequence[str], rows: Iterable[Sequence[Cell]], cut: bool = False) -> bytes:
    """The whole file: UTF-8 with a byte order mark, every cell in quotes. `cut`: a last line says that there is more."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(head) for head in heads])
    writer.writerows([cell(each) for each in row] for row in rows)
    if cut:
        writer.writerow([f"There is more: only the first {MOST_ROWS:,} rows are here."])
    return out.getvalue().encode("utf-8-sig")


def sheet_answer(body: bytes, name: str, day: date) -> Response[bytes]:
    """The file, to be saved. Its name says what and when, never whom about."""
    kept = {"Content-Disposition": f'attachment; filename="{name}-{day.isoformat()}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=kept)
