"""A request as its carer reads it: the exact text it was asked in, or none, and how each question stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.consent.queries import IN_ORDER, PROPOSALS, states_of
from ecm.consent.rules import NOT_ASKED, State
from ecm.consent.wording import Asked, Facts, Kind, Wording, renamed, written
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound, Refused

LETTER_FOR_WORKER = """
SELECT r.id AS request_id, r.case_id, r.carer_id, n.name AS carer_name,
       coalesce(nullif(u.preferred_name, ''), u.first_name) AS pupil_first_name, s.name AS school_name,
       w.name AS asked_by_name, m.role AS asked_by_role, c.reference, r.wording_version, r.wording_hash, r.asked_at,
       c.pupil_id, r.school_name AS school_as_asked, r.pupil_name AS pupil_as_asked, r.asker_name AS asker_as_asked,
       r.asker_role AS role_as_asked, m.agency_id <> c.school_id AS elsewhere
FROM consent_request r JOIN support_case c ON c.id = r.case_id JOIN pupil u ON u.id = c.pupil_id
JOIN agency s ON s.id = c.school_id JOIN person n ON n.id = r.person_id
JOIN membership m ON m.id = r.asked_by_membership_id JOIN person w ON w.id = m.person_id
WHERE r.id = $1 AND $2::uuid IS NOT NULL
"""
LETTER_FOR_CARER = """
SELECT * FROM linked_request() l WHERE l.request_id = $1 AND $2::uuid IS NULL
"""
CHANGED = "This question cannot be shown as it was written any more. Ask the school to send it again."
ANOTHER_SCHOOL = (
    "This question names a school that does not have the case any more, so nobody can agree to it. "
    "Saying no is still possible."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of information within a question, and how its proposal stands."""

    proposal: UUID
    kind: Kind
    state: State


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a request as it is read, and its parts."""

    agency: str
    text: str
    why: str
    parts: tuple[Part, ...]

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return any(part.state.word == "requested" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Paper:
    """A request as its carer reads it: the exact text with the names of that day, and how each question stands.

    `renamed` says who is called otherwise since. `next_school` has the case now instead of the one that asked: the text
    names the wrong school, so nothing in it can be agreed to any more.
    """

    id: UUID
    case_id: UUID
    reference: str
    pupil_id: UUID
    carer_name: str
    child: str
    school: str
    wording: Wording
    questions: tuple[Question, ...]
    asked_at: datetime
    renamed: tuple[str, ...]
    next_school: str | None

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that wait for an answer."""
        return () if self.next_school else tuple(each for each in self.questions if each.open)


async def show_paper(actor: Actor, request_id: UUID) -> Paper:
    """A request as its carer reads it. Records consents:listed.

    Raises: NotFound; Refused when the text can no longer be made as it was.
    """
    async with acting_as(actor, "answer_consent") as act:
        paper = await read_paper(act, request_id)
        act.record(
            Event.CONSENTS_LISTED,
            case=paper.case_id,
            subject=request_id,
            pupils=[paper.pupil_id],
            outcome="shown",
            count=1,
        )
        return paper


async def read_paper(act: Act, request_id: UUID) -> Paper:
    """The same within a transaction."""
    row = await _letter(act, request_id)
    proposals = await act.rows(PROPOSALS + "WHERE p.request_id = $1" + IN_ORDER, request_id)
    groups = grouped([dict(each) | {"agency_name": _agency_as_asked(each)} for each in proposals])
    names = _names_as_asked(row)
    wording = written(Facts(*names, tuple(asked for asked, _ in groups)), row["wording_version"])
    if wording is None or wording.hash != row["wording_hash"]:
        raise Refused({"": CHANGED})
    found = await states_of(act, [row["case_id"]])
    return Paper(
        request_id, row["case_id"], row["reference"], row["pupil_id"], row["carer_name"], names[1], names[0], wording,
        _questions(wording, groups, found), row["asked_at"], _renamed(row, names, proposals),
        row["school_name"] if row["elsewhere"] else None,
    )  # fmt: skip


async def must_be_asked_by_keeper(act: Act, request_id: UUID) -> None:
    """Raises: NotFound; Refused when another school has the case than the one whose name the question holds."""
    if (await _letter(act, request_id))["elsewhere"]:
        raise Refused({"": ANOTHER_SCHOOL})


async def _letter(act: Act, request_id: UUID) -> Record:
    sql = LETTER_FOR_WORKER if act.who.membership_id else LETTER_FOR_CARER
    row = await act.row(sql, request_id, act.who.membership_id)
    if row is None:
        raise NotFound
    return row


def _names_as_asked(row: Record) -> tuple[str, str, str, str]:
    """School, pupil, asker and their role as they stand in the text; what was asked before they were kept, as they are now."""
    if row["school_as_asked"] is None:
        return row["school_name"], row["pupil_first_name"], row["asked_by_name"], row["asked_by_role"]
    return row["school_as_asked"], row["pupil_as_asked"], row["asker_as_asked"], row["role_as_asked"]


def _agency_as_asked(proposal: Record) -> str:
    return proposal["agency_as_asked"] or proposal["agency_name"]


def _renamed(row: Record, names: Sequence[str], proposals: Sequence[Record]) -> tuple[str, ...]:
    school, _, asker, _ = names
    same_school = [] if row["elsewhere"] else [(school, row["school_name"])]
    agencies = [(_agency_as_asked(each), each["agency_name"]) for each in proposals]
    return renamed([(asker, row["asked_by_name"]), *same_school, *agencies])


Group = tuple[Asked, dict[str, UUID]]


def grouped(proposals: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Proposals as questions: one for each agency and purpose, by name, with the proposal of each category.

    Sorted here and not by the database, whose order of names depends on its locale.
    """
    found: dict[tuple[str, str, UUID], dict[str, UUID]] = {}
    for row in proposals:
        found.setdefault((row["agency_name"], row["purpose"], row["agency_id"]), {})[row["category"]] = row["id"]
    return [(Asked(key[0], key[1], tuple(ids)), ids) for key, ids in sorted(found.items())]


def _questions(wording: Wording, groups: Sequence[Group], found: dict[UUID, State]) -> tuple[Question, ...]:
    return tuple(
        Question(
            text.agency,
            text.text,
            text.why,
            tuple(Part(ids[kind.code], kind, found.get(ids[kind.code], NOT_ASKED)) for kind in text.kinds),
        )
        for text, (_, ids) in zip(wording.questions, groups, strict=True)
    )
