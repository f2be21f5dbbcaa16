"""The elements of a transfer file: which of them are looked into, and a reader that follows them as a stream.

Elements are known by their names without namespace, in any case; what is wrapped around pupils does not matter, and
what is inside a pupil and not listed here is passed over whole. The file may bring no definitions of its own: the
first sign of a document type ends the reading, before any entity is looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from ecm.imports.shapes import Unreadable

CHUNK = 2**16
LONGEST_TOKEN = 2**20
"""Bytes of one tag, comment or the like."""
LONGEST_TEXT = 10_000
DEEPEST = 50
MOST_INSIDE = 50
"""Contacts, SEN entries or needs of one pupil."""
MOST_NAMES = 5_000
"""Names of elements that are remembered."""
_CODECS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE",
           "cp1252": "windows-1252"}  # fmt: skip


DEFINITIONS = (
    "The file has definitions of its own (a DOCTYPE), which a Common Transfer File never has. Nothing was read."
)
TOO_LONG = "The file has a value or a tag longer than any in a Common Transfer File, near line {}."
TWO_HEADERS = "The file has more than one header, or has it after its first pupil. Send one file for each school."

Texts = dict[str, str]


@dataclass(eq=False)
class Place:
    """A kind of element: the texts directly in it, by element, and the elements to look into."""

    texts: Mapping[str, str] = field(default_factory=dict)
    inside: dict[str, "Place"] = field(default_factory=dict)
    opens: str = ""
    """Begins a list entry of this name; otherwise texts belong to the element around it."""


@dataclass(slots=True)
class Found:
    """What was read of one pupil, school, contact or SEN entry."""

    texts: Texts = field(default_factory=dict)
    parts: dict[str, list["Found"]] = field(default_factory=dict)
    differ: set[str] = field(default_factory=set)


_PHONE = Place({"phoneno": "phone", "phonenumber": "phone"})
_PHONES = Place(inside={"phone": _PHONE})
_CONTACT = Place(
    {"order": "order", "title": "title", "surname": "last_name", "forename": "first_name", "email": "email",
     "relationship": "relationship", "responsibility": "responsibility", "parentalresponsibility": "responsibility"},
    {"phones": _PHONES, "phone": _PHONE, "name": Place({"surname": "last_name", "forename": "first_name"})},
    opens="contact",
)  # fmt: skip
_NEED = Place({"sentype": "type", "sentyperank": "rank"}, opens="need")
_SEN = Place({"startdate": "start", "enddate": "end", "senprovision": "provision"}, opens="sen")
_SEN_HISTORY = Place(inside={"sen": _SEN, "senneeds": Place(inside={"senneed": _NEED}), "senneed": _NEED})
_PUPIL = Place(
    {
        "upn": "upn", "formerupn": "former_upn", "uniquelearnernumber": "uln", "uln": "uln", "surname": "last_name",
        "forename": "first_name", "preferredforename": "preferred_name", "dob": "date_of_birth",
        "dateofbirth": "date_of_birth", "ncyearactual": "year_group",
    },
    {
        "senhistory": _SEN_HISTORY, "senneeds": Place(inside={"senneed": _NEED}),
        "contacts": Place(inside={"contact": _CONTACT}),
        "address": Place({"postcode": "postcode"}),
    },
    opens="pupil",
)  # fmt: skip
_DETAILS = Place(_PUPIL.texts, _PUPIL.inside)
_PUPIL.inside |= {"basicdetails": _DETAILS, "personaldetails": _DETAILS, "pupildetails": _DETAILS}
_SCHOOL = {"lea": "lea", "la": "lea", "estab": "estab", "urn": "urn", "schoolname": "name"}
_HEADER = Place(
    {"ctfversion": "version", "atfversion": "version"},
    {"sourceschool": Place(_SCHOOL, opens="source"), "destschool": Place(_SCHOOL, opens="destination"),
     "destinationschool": Place(_SCHOOL, opens="destination")},
    opens="header",
)  # fmt: skip
_OUTSIDE = Place()
_OUTSIDE.inside = {"header": _HEADER} | dict.fromkeys(("pupil", "ctfpupil", "atfpupil"), _PUPIL)


class Elements:
    """Follows the elements of one file, and keeps no more of it than the pupil it is in."""

    def __init__(self, encoding: str) -> None:
        self.header: Found | None = None
        self._begun = False
        self._done: list[Found] = []
        self._within: list[tuple[Place, Found]] = [(_OUTSIDE, Found())]
        self._names: dict[str, str] = {}
        self._leaf = ""
        self._text: list[str] = []
        self._passed = 0
        self._may_strip = not encoding.startswith("utf-16")
        self._parser = parser = expat.ParserCreate(_CODECS[encoding])
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def pupils(self, file: BinaryIO) -> Iterator[Found]:
        """Each pupil of the file. Raises: Unreadable."""
        file.seek(0)
        fed = 0
        while chunk := file.read(CHUNK):
            fed += len(chunk)
            self._feed(chunk.lstrip() if self._may_strip and fed == len(chunk) else chunk)
            if fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
                raise self._too_long()
            yield from self._taken()
        self._feed(b"", final=True)
        yield from self._taken()

    def _feed(self, chunk: bytes, final: bool = False) -> None:
        try:
            self._parser.Parse(chunk, final)
        except expat.ExpatError as error:
            if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
                raise MemoryError from None
            raise Unreadable(f"The file is damaged or breaks off in line {error.lineno}. Export it again.") from None

    def _taken(self) -> list[Found]:
        done, self._done = self._done, []
        return done

    def _too_long(self) -> Unreadable:
        return Unreadable(TOO_LONG.format(self._parser.CurrentLineNumber))

    def _doctype(self, *_: object) -> None:
        raise Unreadable(DEFINITIONS)

    def _start(self, name: str, _attributes: Mapping[str, str]) -> None:
        local = self._names.get(name) or self._local(name)
        place, found = self._within[-1]
        if inner := place.inside.get(local):
            self._enter(inner, Found() if inner.opens else found)
        elif local in place.texts:
            self._leaf = place.texts[local]
            self._parser.CharacterDataHandler = self._characters
            self._pass_over()
        elif place is _OUTSIDE:
            self._enter(_OUTSIDE, found)
        else:
            self._pass_over()

    def _local(self, name: str) -> str:
        """The name without a namespace, in small letters; remembered, while there are not too many of them."""
        local = name.rpartition(":")[2].lower()
        if len(self._names) < MOST_NAMES:
            self._names[name] = local
        return local

    def _enter(self, place: Place, found: Found) -> None:
        if len(self._within) > DEEPEST:
            raise Unreadable("The elements of the file are inside each other deeper than in any Common Transfer File.")
        self._begun = self._begun or place is _PUPIL
        self._within.append((place, found))

    def _end(self, _name: str) -> None:
        place, found = self._within.pop()
        if place.opens == "pupil":
            self._done.append(found)
        elif place.opens == "header":
            if self.header or self._begun:
                raise Unreadable(TWO_HEADERS)
            self.header = found
        elif place.opens:
            parts = self._within[-1][1].parts.setdefault(place.opens, [])
            parts.append(found)
            if len(parts) > MOST_INSIDE:
                raise Unreadable(f"A pupil has more than {MOST_INSIDE} contacts or SEN entries, near line"
                                 f" {self._parser.CurrentLineNumber}.")  # fmt: skip

    # Inside an element that holds a text, or nothing that is wanted, elements are only counted.

    def _pass_over(self) -> None:
        self._passed = 1
        self._parser.StartElementHandler = self._start_passed
        self._parser.EndElementHandler = self._end_passed

    def _start_passed(self, _name: str, _attributes: object) -> None:
        self._passed += 1

    def _end_passed(self, _name: str) -> None:
        self._passed -= 1
        if not self._passed:
            if self._leaf:
                self._say()
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end

    def _characters(self, text: str) -> None:
        self._text.append(text)
        if len(self._text) > 1 and sum(map(len, self._text)) > LONGEST_TEXT:
            raise self._too_long()

    def _say(self) -> None:
        text = " ".join("".join(self._text).split())
        name, self._leaf, self._text = self._leaf, "", []
        self._parser.CharacterDataHandler = None
        if text:
            _add(self._within[-1][1], name, text)


def _add(found: Found, name: str, text: str) -> None:
    """The first text counts. There can be many telephone numbers, and many addresses; what else differs is noted."""
    before = found.texts.setdefault(name, text)
    if name == "phone" and before is not text:
        found.texts[name] = f"{before};{text}"[:LONGEST_TEXT]
    elif before != text and name != "postcode":
        found.differ.add(name)
