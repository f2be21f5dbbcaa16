"""A request as its carer reads it: the exact text it was asked in, or none, and how each question stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from ecm.audit.events import Event
from ecm.consent.queries import IN_ORDER, PROPOSALS, states_of
from ecm.consent.rules import NOT_ASKED, State
from ecm.consent.wording import Asked, Facts, Kind, Wording, written
from ecm.database import Act, Actor, acting_as
from ecm.errors import NotFound, Refused

LETTER_FOR_WORKER = """
SELECT r.id AS request_id, r.case_id, r.carer_id, n.name AS carer_name,
       coalesce(nullif(u.preferred_name, ''), u.first_name) AS pupil_first_name, s.name AS school_name,
       w.name AS asked_by_name, m.role AS asked_by_role, c.reference, r.wording_version, r.wording_hash, r.asked_at,
       c.pupil_id
FROM consent_request r JOIN support_case c ON c.id = r.case_id JOIN pupil u ON u.id = c.pupil_id
JOIN agency s ON s.id = c.school_id JOIN person n ON n.id = r.person_id
JOIN membership m ON m.id = r.asked_by_membership_id JOIN person w ON w.id = m.person_id
WHERE r.id = $1 AND $2::uuid IS NOT NULL
"""
LETTER_FOR_CARER = """
SELECT * FROM linked_request() l WHERE l.request_id = $1 AND $2::uuid IS NULL
"""
CHANGED = "A name in this question has changed since it was written. Ask the school to send it again."


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
    """A request as its carer reads it: the exact text, and how each question stands."""

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

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that wait for an answer."""
        return tuple(each for each in self.questions if each.open)


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
    sql = LETTER_FOR_WORKER if act.who.membership_id else LETTER_FOR_CARER
    row = await act.row(sql, request_id, act.who.membership_id)
    if row is None:
        raise NotFound
    proposals = await act.rows(PROPOSALS + "WHERE p.request_id = $1" + IN_ORDER, request_id)
    groups = grouped(proposals)
    names = (row["school_name"], row["pupil_first_name"], row["asked_by_name"], row["asked_by_role"])
    wording = written(Facts(*names, tuple(asked for asked, _ in groups)), row["wording_version"])
    if wording is None or wording.hash != row["wording_hash"]:
        raise Refused({"": CHANGED})
    found = await states_of(act, [row["case_id"]])
    return Paper(
        request_id, row["case_id"], row["reference"], row["pupil_id"], row["carer_name"], row["pupil_first_name"],
        row["school_name"], wording, _questions(wording, groups, found), row["asked_at"],
    )  # fmt: skip


Group = tuple[Asked, dict[str, UUID]]


def grouped(proposals: Sequence[Record]) -> list[Group]:
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
