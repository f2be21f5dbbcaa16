"""What one reader may see of a plan, in reading order: rows in, a frozen document out.

Pure: no database, no clock, no drawing. The caller reads the rows as that reader, so nothing hidden ever gets here;
what each part is made of, and its order, say people.py, work.py, outcomes.py and said.py. This page puts the parts
together and says which categories the finished document holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from json import dumps
from typing import Any

from ecm.agencies.words import LEVEL_LABELS
from ecm.plans import outcomes as reached
from ecm.plans import people, said, work
from ecm.plans.history import History
from ecm.plans.outcomes import Outcome
from ecm.plans.people import Involvement, LeadPractitioner, Sharing
from ecm.plans.said import Note, Review, View
from ecm.plans.text import Row, clean, text_in, worded
from ecm.plans.words import PROFILE_CATEGORIES, TYPE_LABELS, Audience, PlanType
from ecm.plans.work import Action, Barrier, Provision
from ecm.pupils.words import NEED_LABELS, PROVISION_LABELS

# What each kind of plan leaves out of what its reader may see.
LEFT_OUT: dict[str, frozenset[str]] = {
    "sen_support": frozenset({"review"}),
    "early_help": frozenset({"review"}),
    "one_page_profile": frozenset({"review", "notes", "actions", "outcomes", "sharing"}),
    "review_report": frozenset({"notes", "barriers", "provisions", "views", "sharing"}),
}

WITHOUT_BRIEF = ("one_page_profile", "review_report")


@dataclass(frozen=True)
class PlanDocument:
    """A plan as one reader may see it. Equal documents are drawn as equal bytes.

    `number` is 0 for a copy of the day, which is no version. `categories` are those of everything in it: reading the
    finished document needs every one of them. `history` is there from the second version on.
    """

    reference: str
    number: int
    made_on: date
    audience: Audience
    plan_type: PlanType
    pupil: str
    year: str
    school: str
    lead: LeadPractitioner | None
    level: str
    reason: str
    strengths: str
    sen_provision: str
    needs: tuple[str, ...]
    barriers: tuple[Barrier, ...]
    outcomes: tuple[Outcome, ...]
    provisions: tuple[Provision, ...]
    actions: tuple[Action, ...]
    involvements: tuple[Involvement, ...]
    notes: tuple[Note, ...]
    views: tuple[View, ...]
    review: Review | None
    sharing: tuple[Sharing, ...]
    next_review_on: date | None
    categories: frozenset[str]
    history: History | None = None

    @property
    def name(self) -> str:
        """What this kind of plan is called."""
        return TYPE_LABELS[self.plan_type]

    @property
    def next_actions(self) -> tuple[Action, ...]:
        """What is still to be done, soonest first."""
        return tuple(action for action in self.actions if not action.done)

    @property
    def words_of_pupil(self) -> tuple[View, ...]:
        """What the pupil said."""
        return tuple(each for each in self.views if each.whose == "pupil")

    @property
    def words_of_family(self) -> tuple[View, ...]:
        """What the family said."""
        return tuple(each for each in self.views if each.whose == "family")


def plan_document(
    case: Row,
    *,
    barriers: Iterable[Row] = (),
    outcomes: Iterable[Row] = (),
    provisions: Iterable[Row] = (),
    actions: Iterable[Row] = (),
    involvements: Iterable[Row] = (),
    notes: Iterable[Row] = (),
    views: Iterable[Row] = (),
    review: Row | None = None,
    sharing: Iterable[Row] = (),
    number: int,
    made_on: date,
    audience: Audience,
    plan_type: PlanType = "sen_support",
) -> PlanDocument:
    """The plan these rows make for the reader who was allowed to read them.

    Every row but case and review carries its `category`, and the keys its part names; of `?` they may be absent or None.
    case: reference, pupil, year?, school, lead_name?, lead_role?, telephone?, level?, reason?, strengths?,
    sen_provision? (code), needs? (codes, ranked), next_review_on?. Its level, reason, strengths and needs are
    `education`; its reference, names, school and dates are `core`. Cancelled actions are left out, and notes for the family.
    A one-page profile holds nothing but `core` and `classroom`; it and a review report have no level, reason, strengths, needs.
    """
    given = {
        "barriers": barriers, "outcomes": outcomes, "provisions": provisions, "views": views, "sharing": sharing,
        "involvements": involvements, "notes": notes, "actions": [row for row in actions if row["status"] != "cancelled"],
    }  # fmt: skip
    left_out = LEFT_OUT[plan_type] | ({"notes"} if audience == "family" else set())
    rows = {name: () if name in left_out else _fit(plan_type, each) for name, each in given.items()}
    brief = _brief({} if plan_type in WITHOUT_BRIEF else case)
    held = None if review is None or "review" in left_out else review
    shown = [*(row for each in rows.values() for row in each), *(held["contributions"] if held else ())]
    return PlanDocument(
        reference=text_in(case, "reference"), pupil=text_in(case, "pupil"), year=text_in(case, "year"),
        school=text_in(case, "school"), **brief, number=number, made_on=made_on, audience=audience, plan_type=plan_type,
        lead=people.lead(case),
        barriers=work.barriers(rows["barriers"]),
        outcomes=reached.outcomes(rows["outcomes"]),
        provisions=work.provisions(rows["provisions"]),
        actions=work.actions(rows["actions"]),
        involvements=people.involvements(rows["involvements"]),
        notes=said.notes(rows["notes"]),
        views=said.views(rows["views"]),
        review=said.review(held) if held else None,
        sharing=people.sharing(rows["sharing"]),
        next_review_on=case.get("next_review_on"),
        categories=frozenset({"core", *(row["category"] for row in shown), *(("education",) if any(brief.values()) else ())}),
    )  # fmt: skip


def _fit(plan_type: PlanType, rows: Iterable[Row]) -> tuple[Row, ...]:
    if plan_type != "one_page_profile":
        return tuple(rows)
    return tuple(row for row in rows if row["category"] in PROFILE_CATEGORIES)


def _brief(case: Row) -> dict[str, Any]:
    """What the case says of learning, all of it `education`."""
    return {
        "level": worded(LEVEL_LABELS, text_in(case, "level")),
        "reason": text_in(case, "reason"),
        "strengths": text_in(case, "strengths"),
        "sen_provision": worded(PROVISION_LABELS, text_in(case, "sen_provision")),
        "needs": tuple(worded(NEED_LABELS, clean(each)) for each in case.get("needs") or ()),
    }


def snapshot(document: PlanDocument) -> dict[str, Any]:
    """The document as data: days as ISO 8601, everything else as it is printed."""
    found: dict[str, Any] = _plain(asdict(document))
    return found


def content_hash(document: PlanDocument) -> str:
    """SHA-256 of what the document says of the pupil: without its number, its day and what came before it."""
    words = {key: each for key, each in snapshot(document).items() if key not in ("number", "made_on", "history")}
    return sha256(dumps(words, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
