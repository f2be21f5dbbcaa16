"""Which characters a file's bytes stand for, and what it is when it is no text at all."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import BinaryIO, TextIO

from ecm.imports.shapes import Unreadable

AS_CSV = "Open it, choose Save as, then CSV UTF-8 (comma delimited), and send that file."
SIGNS = {
    b"PK\x03\x04": f"This is a spreadsheet or a zip file and not a CSV file, whatever its name. {AS_CSV}",
    b"\xd0\xcf\x11\xe0": f"This is an Excel workbook and not a CSV file, whatever its name. {AS_CSV}",
    b"%PDF": "This is a PDF and not a list that can be read. Ask your school’s system for a CSV or CTF file.",
    b"\x1f\x8b": "This file is compressed. Unpack it and send the file that was inside.",
    b"{\\rtf": "This is a word-processor document. Send a CSV file or a Common Transfer File.",
    b"\xff\xfe\x00\x00": f"The characters of this file are stored as UTF-32, which is not read. {AS_CSV}",
    b"\x00\x00\xfe\xff": f"The characters of this file are stored as UTF-32, which is not read. {AS_CSV}",
}
CHUNK = 2**20
LOOK = 4096


def encoding_of(file: BinaryIO) -> str:
    """The codec that reads this file: of its byte order mark, else UTF-16 when every other byte is nought, else UTF-8
    when all of it is, else Windows-1252.

    Raises: Unreadable for an empty file and for what is no text.
    """
    file.seek(0)
    start = file.read(LOOK)
    if not start.strip():
        raise Unreadable("The file is empty.")
    for sign, sentence in SIGNS.items():
        if start.startswith(sign):
            raise Unreadable(sentence)
    return _marked(start) or _every_other_nought(start) or ("utf-8" if _is_utf8(file) else "cp1252")


def _marked(start: bytes) -> str | None:
    marks = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    return next((name for mark, name in marks.items() if start.startswith(mark)), None)


def _every_other_nought(start: bytes) -> str | None:
    """Plain letters have a nought as the second byte of two, or as the first: most of a header is plain letters."""
    pairs = len(start) // 2
    first, second = start[0::2].count(0), start[1::2].count(0)
    if pairs >= 4 and second > pairs * 0.7 and first < pairs * 0.05:
        return "utf-16-le"
    return "utf-16-be" if pairs >= 4 and first > pairs * 0.7 and second < pairs * 0.05 else None


def _is_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def text_of(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    """The file as text from its beginning, line ends as they are; bytes that mean nothing become U+FFFD."""
    file.seek(0)
    text = TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()
