"""What one reader may see of a plan, in reading order: rows in, a frozen document out.

Pure: no database, no clock, no drawing. The caller reads the rows as that reader, so nothing hidden ever gets here;
this page puts them in order, words the codes, and says which categories the finished document holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from datetime import date
from hashlib import sha256
from json import dumps
from typing import Any

from ecm.agencies.words import (
    ACTION_STATUS_LABELS,
    CATEGORY_LABELS,
    HOW_LABELS,
    LEVEL_LABELS,
    OUTCOME_STATUS_LABELS,
    REASON_LABELS,
    ROLE_LABELS,
)
from ecm.plans.parts import (
    Action,
    Barrier,
    Contribution,
    History,
    Involvement,
    LeadPractitioner,
    Measurement,
    Note,
    Outcome,
    Provision,
    Review,
    Sharing,
    View,
)
from ecm.plans.text import clean
from ecm.plans.words import PROFILE_CATEGORIES, TYPE_LABELS, Audience, PlanType
from ecm.pupils.words import NEED_LABELS, PROVISION_LABELS

Row = Mapping[str, Any]

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
        return tuple(action for action in self.actions if action.status != ACTION_STATUS_LABELS["done"])

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

    Every row but case and review carries its `category`. Keys, where `?` may be absent or None:
    case: reference, pupil, year?, school, lead_name?, lead_role?, telephone?, level?, reason?, strengths?,
    sen_provision? (code), needs? (codes, ranked), next_review_on?;
    barrier: label, how_identified?, detail?, strategies? (in the order given, and of the barrier's category);
    outcome: id, title, measure?, baseline?, target?, starts_on?, due_on?, status, agency?, measurements (measured_on, value, note?, author?);
    provision: title, who, how_often, minutes?, weeks?, ended_on?; ended ones last;
    action: title, owner_agency, assignee?, due_on?, status; cancelled ones are left out, soonest first, done ones last;
    involvement: agency, worker?, reason_code, telephone?; by agency. Sharing: agency, kinds (categories); by agency;
    note: text, author, written_on; newest first, and only for professionals;
    view: whose, text, how?, by?, given_on?; newest first; review: held_on, held_by, next_review_on?, contributions
    (category, text, author).
    A case's level, reason, strengths and needs are `education`; its reference, names, school and dates are `core`.
    A one-page profile holds nothing but `core` and `classroom`; it and a review report have no level, reason, strengths, needs.
    """
    left_out = LEFT_OUT[plan_type] | ({"notes"} if audience == "family" else set())
    brief = {} if plan_type in WITHOUT_BRIEF else case
    given = {
        "barriers": barriers, "outcomes": outcomes, "provisions": provisions, "views": views, "sharing": sharing,
        "involvements": involvements, "notes": notes, "actions": [row for row in actions if row["status"] != "cancelled"],
    }  # fmt: skip
    rows = {name: () if name in left_out else _fit(plan_type, each) for name, each in given.items()}
    held = None if review is None or "review" in left_out else review
    said = held["contributions"] if held else ()
    reason, strengths, level = _text(brief, "reason"), _text(brief, "strengths"), _text(brief, "level")
    needs = tuple(_worded(NEED_LABELS, clean(each)) for each in brief.get("needs") or ())
    provision = _worded(PROVISION_LABELS, _text(brief, "sen_provision"))
    shown = [*(row for each in rows.values() for row in each), *said]
    return PlanDocument(
        reference=_text(case, "reference"),
        number=number,
        made_on=made_on,
        audience=audience,
        plan_type=plan_type,
        pupil=_text(case, "pupil"),
        year=_text(case, "year"),
        school=_text(case, "school"),
        lead=_lead(case),
        level=_worded(LEVEL_LABELS, level),
        reason=reason,
        strengths=strengths,
        sen_provision=provision,
        needs=needs,
        barriers=tuple(_barrier(row) for row in rows["barriers"]),
        outcomes=tuple(sorted((_outcome(row) for row in rows["outcomes"]), key=_open_first)),
        provisions=tuple(sorted((_provision(row) for row in rows["provisions"]), key=_going_on_first)),
        actions=tuple(sorted((_action(row) for row in rows["actions"]), key=_soonest_first)),
        involvements=tuple(sorted((_involvement(row) for row in rows["involvements"]), key=_by_agency)),
        notes=tuple(sorted((_note(row) for row in rows["notes"]), key=_newest_first)),
        views=tuple(sorted((_view(row) for row in rows["views"]), key=_newest_view_first)),
        review=_review(held) if held else None,
        sharing=tuple(sorted((_sharing(row) for row in rows["sharing"]), key=_by_agency)),
        next_review_on=case.get("next_review_on"),
        categories=frozenset(
            {"core", *(row["category"] for row in shown)} | _education(reason, strengths, level, provision, *needs)
        ),
    )


def snapshot(document: PlanDocument) -> dict[str, Any]:
    """The document as data: days as ISO 8601, everything else as it is printed."""
    found: dict[str, Any] = _plain(asdict(document))
    return found


def content_hash(document: PlanDocument) -> str:
    """SHA-256 of what the document says of the pupil: without its number, its day and what came before it."""
    said = {key: each for key, each in snapshot(document).items() if key not in ("number", "made_on", "history")}
    return sha256(dumps(said, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def _fit(plan_type: PlanType, rows: Iterable[Row]) -> tuple[Row, ...]:
    if plan_type != "one_page_profile":
        return tuple(rows)
    return tuple(row for row in rows if row["category"] in PROFILE_CATEGORIES)


def _education(*texts: str) -> frozenset[str]:
    return frozenset({"education"} if any(texts) else ())


def _lead(case: Row) -> LeadPractitioner | None:
    name = _text(case, "lead_name")
    role = _worded(ROLE_LABELS, _text(case, "lead_role"))
    return LeadPractitioner(name, role, _text(case, "telephone")) if name else None


def _barrier(row: Row) -> Barrier:
    strategies = (clean(each) for each in row.get("strategies") or ())
    return Barrier(
        label=_text(row, "label"),
        detail=_text(row, "detail"),
        source=_worded(HOW_LABELS, _text(row, "how_identified")),
        strategies=tuple(each for each in strategies if each),
    )


def _outcome(row: Row) -> Outcome:
    points = (
        Measurement(each["measured_on"], float(each["value"]), _text(each, "note"), _text(each, "author"))
        for each in row.get("measurements") or ()
    )
    return Outcome(
        id=str(row["id"]),
        title=_text(row, "title"),
        measure=_text(row, "measure"),
        baseline=_number(row.get("baseline")),
        target=_number(row.get("target")),
        starts_on=row.get("starts_on"),
        due_on=row.get("due_on"),
        state=row["status"],
        status=_worded(OUTCOME_STATUS_LABELS, row["status"]),
        agency=_text(row, "agency"),
        measurements=tuple(sorted(points, key=lambda each: (each.measured_on, each.value, each.note, each.author))),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _open_first(outcome: Outcome) -> tuple[Any, ...]:
    return (outcome.state != "working", outcome.due_on or date.max, outcome.title, outcome.id)


def _provision(row: Row) -> Provision:
    minutes, weeks = row.get("minutes"), row.get("weeks")
    long = [f"{minutes} minutes" if minutes != 1 else "1 minute"] if minutes else []
    long += [f"for {weeks} weeks" if weeks != 1 else "for 1 week"] if weeks else []
    words = (_text(row, "title"), _text(row, "who"), _text(row, "how_often"))
    return Provision(*words, how_long=" ".join(long), ended_on=row.get("ended_on"))


def _going_on_first(each: Provision) -> tuple[Any, ...]:
    return (each.ended_on is not None, each.title, each.who, each.how_often, each.how_long, each.ended_on or date.max)


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
    words = (_text(row, "agency"), _text(row, "worker"), _worded(REASON_LABELS, _text(row, "reason_code")))
    return Involvement(*words, telephone=_text(row, "telephone"))


def _by_agency(each: Involvement | Sharing) -> tuple[Any, ...]:
    return (each.agency.casefold(), *astuple(each))


def _note(row: Row) -> Note:
    return Note(CATEGORY_LABELS[row["category"]], _text(row, "text"), _text(row, "author"), row["written_on"])


def _newest_first(note: Note) -> tuple[int, str, str, str]:
    return (-note.written_on.toordinal(), note.kind, note.author, note.text)


def _view(row: Row) -> View:
    return View(row["whose"], _text(row, "text"), _text(row, "how"), _text(row, "by"), row.get("given_on"))


def _newest_view_first(view: View) -> tuple[Any, ...]:
    return (-(view.given_on or date.min).toordinal(), view.whose, view.by, view.how, view.text)


def _review(row: Row) -> Review:
    said = (
        Contribution(CATEGORY_LABELS[each["category"]], _text(each, "text"), _text(each, "author"))
        for each in row["contributions"]
    )
    order = list(CATEGORY_LABELS.values())
    in_order = sorted(said, key=lambda each: (order.index(each.kind), each.author, each.text))
    return Review(row["held_on"], _text(row, "held_by"), tuple(in_order), row.get("next_review_on"))


def _sharing(row: Row) -> Sharing:
    kinds = tuple(words for code, words in CATEGORY_LABELS.items() if code in row["kinds"])
    return Sharing(_text(row, "agency"), kinds)


def _worded(words: Mapping[str, str], code: str) -> str:
    """The words for a code; a code without words yet is shown as it is rather than lost."""
    return words.get(code, code.replace("_", " "))


def _text(row: Row, key: str) -> str:
    return clean(row.get(key) or "")
