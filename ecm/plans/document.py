"""What one reader may see of a plan, in reading order: rows in, a frozen document out.

Pure: no database, no clock, no drawing. The caller reads the rows as that reader, so nothing hidden ever gets here;
this page puts them in order, words the codes, and says which categories the finished document holds.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, Literal

from ecm.agencies.words import ACTION_STATUS_LABELS, CATEGORY_LABELS, HOW_LABELS, REASON_LABELS, ROLE_LABELS

Row = Mapping[str, Any]
Audience = Literal["family", "professionals"]
PlanType = Literal["sen_support"]


@dataclass(frozen=True)
class LeadPractitioner:
    """The one person to talk to. `role` is in words."""

    name: str
    role: str


@dataclass(frozen=True)
class Barrier:
    """What makes learning hard, how that is known (in words, may be empty), and what helps."""

    label: str
    detail: str
    source: str
    strategies: tuple[str, ...]


@dataclass(frozen=True)
class Action:
    """Something somebody will do. `status` is in words."""

    title: str
    owner: str
    due_on: date | None
    status: str


@dataclass(frozen=True)
class Involvement:
    """An agency that helps, the worker who comes from it if there is one, and why, in words."""

    agency: str
    worker: str
    why: str


@dataclass(frozen=True)
class Note:
    """A note for professionals, under the kind of information it is."""

    kind: str
    text: str
    author: str
    written_on: date


@dataclass(frozen=True)
class Sharing:
    """An agency and the kinds of information it may see, in words."""

    agency: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class PlanDocument:
    """A plan as one reader may see it. Equal documents are drawn as equal bytes.

    `categories` are those of everything in it: reading the finished document needs every one of them.
    """

    reference: str
    number: int
    made_on: date
    audience: Audience
    plan_type: PlanType
    pupil: str
    school: str
    lead: LeadPractitioner | None
    reason: str
    strengths: str
    barriers: tuple[Barrier, ...]
    actions: tuple[Action, ...]
    involvements: tuple[Involvement, ...]
    notes: tuple[Note, ...]
    sharing: tuple[Sharing, ...]
    next_review_on: date | None
    categories: frozenset[str]

    @property
    def next_actions(self) -> tuple[Action, ...]:
        """What is still to be done, soonest first."""
        return tuple(action for action in self.actions if action.status != ACTION_STATUS_LABELS["done"])


def plan_document(
    case: Row,
    *,
    barriers: Iterable[Row] = (),
    actions: Iterable[Row] = (),
    involvements: Iterable[Row] = (),
    notes: Iterable[Row] = (),
    sharing: Iterable[Row] = (),
    number: int,
    made_on: date,
    audience: Audience,
    plan_type: PlanType = "sen_support",
) -> PlanDocument:
    """The plan these rows make for the reader who was allowed to read them.

    Every row but the case carries its `category`. Keys, where `?` may be absent or None:
    case: reference, pupil, school, lead_name?, lead_role?, reason?, strengths?, next_review_on?;
    barrier: label, how_identified?, detail?, strategies? (in the order given, and of the barrier's category);
    action: title, owner_agency, assignee?, due_on?, status; cancelled ones are left out, soonest first, done ones last;
    involvement: agency, worker?, reason_code; by agency. Sharing: agency, kinds (categories); by agency;
    note: text, author, written_on; newest first, and only for professionals.
    A case's reason and strengths are `education`; its reference, names, school and dates are `core`.
    """
    barrier_rows, involvement_rows, sharing_rows = tuple(barriers), tuple(involvements), tuple(sharing)
    action_rows = tuple(row for row in actions if row["status"] != "cancelled")
    note_rows = tuple(notes) if audience == "professionals" else ()
    reason, strengths = _text(case, "reason"), _text(case, "strengths")
    shown = (*barrier_rows, *action_rows, *involvement_rows, *note_rows, *sharing_rows)
    return PlanDocument(
        reference=_text(case, "reference"),
        number=number,
        made_on=made_on,
        audience=audience,
        plan_type=plan_type,
        pupil=_text(case, "pupil"),
        school=_text(case, "school"),
        lead=_lead(case),
        reason=reason,
        strengths=strengths,
        barriers=tuple(_barrier(row) for row in barrier_rows),
        actions=tuple(sorted((_action(row) for row in action_rows), key=_soonest_first)),
        involvements=tuple(sorted((_involvement(row) for row in involvement_rows), key=_by_agency)),
        notes=tuple(sorted((_note(row) for row in note_rows), key=_newest_first)),
        sharing=tuple(sorted((_sharing(row) for row in sharing_rows), key=_by_agency)),
        next_review_on=case.get("next_review_on"),
        categories=frozenset({"core", *_education(reason, strengths), *(row["category"] for row in shown)}),
    )


def _education(*texts: str) -> tuple[str, ...]:
    return ("education",) if any(texts) else ()


def _lead(case: Row) -> LeadPractitioner | None:
    name = _text(case, "lead_name")
    return LeadPractitioner(name, _worded(ROLE_LABELS, _text(case, "lead_role"))) if name else None


def _barrier(row: Row) -> Barrier:
    strategies = (clean(each) for each in row.get("strategies") or ())
    return Barrier(
        label=_text(row, "label"),
        detail=_text(row, "detail"),
        source=_worded(HOW_LABELS, _text(row, "how_identified")),
        strategies=tuple(each for each in strategies if each),
    )


def _action(row: Row) -> Action:
    people = (_text(row, "assignee"), _text(row, "owner_agency"))
    return Action(
        title=_text(row, "title"),
        owner=", ".join(each for each in people if each),
        due_on=row.get("due_on"),
        status=_worded(ACTION_STATUS_LABELS, row["status"]),
    )


def _soonest_first(action: Action) -> tuple[Any, ...]:
    done = action.status == ACTION_STATUS_LABELS["done"]
    return (done, action.due_on or date.max, action.title, action.owner, action.status)


def _involvement(row: Row) -> Involvement:
    return Involvement(_text(row, "agency"), _text(row, "worker"), _worded(REASON_LABELS, _text(row, "reason_code")))


def _by_agency(each: Involvement | Sharing) -> tuple[Any, ...]:
    return (each.agency.casefold(), *astuple(each))


def _note(row: Row) -> Note:
    return Note(CATEGORY_LABELS[row["category"]], _text(row, "text"), _text(row, "author"), row["written_on"])


def _newest_first(note: Note) -> tuple[int, str, str, str]:
    return (-note.written_on.toordinal(), note.kind, note.author, note.text)


def _sharing(row: Row) -> Sharing:
    kinds = tuple(words for code, words in CATEGORY_LABELS.items() if code in row["kinds"])
    return Sharing(_text(row, "agency"), kinds)


def _worded(words: Mapping[str, str], code: str) -> str:
    """The words for a code; a code without words yet is shown as it is rather than lost."""
    return words.get(code, code.replace("_", " "))


def _text(row: Row, key: str) -> str:
    return clean(row.get(key) or "")


def clean(text: str) -> str:
    """The same words, fit for print: accents composed, plain line ends, pictures in words, nothing that cannot print.

    Characters that turn the direction of what follows go too: with one, a name could make a date read backwards.
    """
    lines = unicodedata.normalize("NFC", "\n".join(text.splitlines())).replace("\t", " ")
    return "".join(_printed(each) for each in lines).strip()


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TINTS = ("\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}", "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}")
_VARIANT = "\N{VARIATION SELECTOR-16}"
"""Asks for the coloured form of a sign; paper has the plain one."""


def _printed(character: str) -> str:
    if character == "\n":
        return character
    if character in _TURNING or character == _VARIANT or _TINTS[0] <= character <= _TINTS[1]:
        return ""
    if "\U0001f000" <= character <= "\U0001faff":
        return f"({unicodedata.name(character, 'picture').lower()})"
    return "" if unicodedata.category(character) in ("Cc", "Cs", "Co") or _no_character(ord(character)) else character


def _no_character(point: int) -> bool:
    """Unicode's noncharacters, and its tag characters, which have no shape."""
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF or 0xE0000 <= point <= 0xE0FFF


def paragraphs(text: str) -> tuple[str, ...]:
    """The text's lines that say something, in order."""
    return tuple(line.strip() for line in text.split("\n") if line.strip())


def excerpt(text: str, limit: int) -> str:
    """The beginning of the text on one line, at most `limit` characters, cut between words and marked with an ellipsis.

    A text that fits comes back whole.
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0] if " " in line[:limit] else line[: limit - 1]
    return cut[: limit - 1].rstrip(" ,;:.") + "…"


def direction(text: str) -> Literal["ltr", "rtl"]:
    """Which way the text runs: that of its first letter that has a direction.

    Source: Unicode Standard Annex 9, rules P2 and P3.
    """
    for character in text:
        strong = unicodedata.bidirectional(character)
        if strong in ("L", "R", "AL"):
            return "ltr" if strong == "L" else "rtl"
    return "ltr"
