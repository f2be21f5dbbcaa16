"""Plans to look at: every kind for every audience, in the languages of the families, and as full or as empty as can be."""

import re
import subprocess
from datetime import date, timedelta
from typing import Any, get_args

from ecm.plans.document import PlanDocument, plan_document
from ecm.plans.history import Change, Copy, History
from ecm.plans.words import Audience, PlanType

TYPES: tuple[PlanType, ...] = get_args(PlanType)
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
DAY = date(2026, 11, 21)
HISTORY = History(
    number=2,
    made_on=date(2026, 10, 2),
    changes=(
        Change("When we meet next", "now Friday 18 December 2026"),
        Change("New action", "Set up a morning check-in"),
        Change("Changed outcome", "Writes five sentences without help: how it stands is now Partly met"),
        Change("New measurement", "Writes five sentences without help: 3 on Friday 20 November 2026"),
    ),
    copies=(Copy("Community Health", 2, date(2026, 10, 5)), Copy("Oakfield Primary School", 2, date(2026, 10, 2))),
)
FULL: dict[str, Any] = {
    "case": {
        "reference": "ECM-7K4P-2Q",
        "pupil": "Leila Reid",
        "year": "Year 4",
        "school": "Oakfield Primary School",
        "lead_name": "Priya Shah",
        "lead_role": "senco",
        "telephone": "01632 960001",
        "level": "2",
        "strengths": "Leila tells wonderful stories and remembers every detail.",
        "reason": "She finds it hard to begin on paper.\n\nWe tried more time. It helped a little.",
        "sen_provision": "K",
        "needs": ["SLCN", "SPLD"],
        "next_review_on": date(2026, 12, 18),
    },
    "barriers": [
        {
            "label": "Written expression hard to organise",
            "how_identified": "teacher_observation",
            "detail": "Rubs out her first line.",
            "strategies": ["Plan aloud before writing", "A frame that fades"],
            "category": "classroom",
        },
        {"label": "Poor working memory", "how_identified": "assessment", "category": "education"},
    ],
    "outcomes": [
        {
            "id": "0193-o",
            "title": "Writes five sentences without help",
            "measure": "sentences in ten minutes",
            "baseline": 1,
            "target": 5,
            "starts_on": date(2026, 9, 14),
            "due_on": date(2026, 12, 18),
            "status": "working",
            "agency": "Oakfield Primary School",
            "category": "education",
            "measurements": [
                {"measured_on": date(2026, 10, 9), "value": 2, "note": "With the frame.", "author": "Tom Ellis"},
                {"measured_on": date(2026, 11, 20), "value": 3.5, "note": "", "author": "Tom Ellis"},
            ],
        },
        {
            "id": "0193-p",
            "title": "Asks for help when she is stuck",
            "status": "partly_met",
            "category": "classroom",
            "measurements": [],
        },
    ],
    "provisions": [
        {
            "title": "Story talk before writing",
            "who": "Tom Ellis",
            "how_often": "Twice a week",
            "minutes": 20,
            "weeks": 12,
            "category": "classroom",
        },
        {
            "title": "Speech and language therapy",
            "who": "Nia Evans",
            "how_often": "Once a fortnight",
            "minutes": 45,
            "ended_on": date(2026, 11, 6),
            "category": "health",
        },
    ],
    "actions": [
        {
            "title": "Set up a morning check-in",
            "assignee": "Tom Ellis",
            "owner_agency": "Oakfield Primary School",
            "due_on": date(2026, 11, 27),
            "status": "doing",
            "category": "education",
        },
        {
            "title": "Send home the picture timetable",
            "owner_agency": "Oakfield Primary School",
            "due_on": date(2026, 11, 20),
            "status": "done",
            "category": "education",
        },
    ],
    "involvements": [
        {
            "agency": "Community Health",
            "worker": "Nia Evans",
            "reason_code": "advice",
            "telephone": "01632 960002",
            "category": "core",
        },
    ],
    "notes": [
        {
            "category": "health",
            "text": "Hearing checked: no concerns.",
            "author": "Nia Evans, Community Health",
            "written_on": date(2026, 11, 18),
        },
    ],
    "views": [
        {
            "whose": "pupil",
            "text": "I like telling stories to my nan. Writing makes my hand hurt.",
            "how": "she drew, and told it to Miss Hall",
            "by": "Maya Hall",
            "given_on": date(2026, 11, 12),
            "category": "classroom",
        },
        {
            "whose": "family",
            "text": "Mornings are hard. She is happier since the check-in began.",
            "how": "on the telephone",
            "by": "Amina Reid",
            "given_on": date(2026, 11, 13),
            "category": "classroom",
        },
    ],
    "review": {
        "held_on": date(2026, 11, 20),
        "held_by": "Priya Shah",
        "next_review_on": date(2026, 12, 18),
        "contributions": [
            {
                "category": "education",
                "text": "Begins on her own on most days.",
                "author": "Priya Shah, Oakfield Primary School",
            },
            {"category": "classroom", "text": "Sits near the board.", "author": "Tom Ellis, Oakfield Primary School"},
        ],
    },
    "sharing": [{"agency": "Community Health", "kinds": ["core", "health"], "category": "core"}],
}
LISTS = ("barriers", "outcomes", "provisions", "actions", "involvements", "notes", "views", "sharing")
LONG = (
    "She began the year by hiding under the table when a page was put before her. Now she sits down, picks a pencil and "
    "says her first sentence aloud, and on most days she writes it. "
)

# Name, what the pupil says, what the family says: Polish, Urdu, Arabic, Bengali, Vietnamese.
LANGUAGES = {
    "pl": ("Łucja Wójcik-Żółć", "Lubię rysować konie. Nie lubię hałasu.", "W domu dużo czyta."),
    "ur": ("زینب احمد", "مجھے کہانیاں سنانا پسند ہے۔", "گھر پر وہ بہت خوش رہتی ہے۔"),
    "ar": ("محمد الشريف", "أحب الرسم والقصص.", "هو سعيد في البيت."),
    "bn": ("আয়েশা বেগম", "আমি গল্প বলতে ভালোবাসি।", "সে বাড়িতে খুব হাসিখুশি।"),
    "vi": ("Nguyễn Thị Hồng Ánh", "Con thích kể chuyện cho bà nghe.", "Buổi sáng hơi khó, nhưng dạo này khá hơn."),
}


def full(
    audience: Audience = "professionals", plan_type: PlanType = "sen_support", number: int = 3, **other: Any
) -> PlanDocument:
    """A plan of a usual size. As in the product, a family's version says nothing of answers about sharing; a carer's copy
    (number 0) does."""
    rows = FULL | ({"sharing": []} if audience == "family" and number else {}) | other
    lists = {name: rows[name] for name in LISTS}
    case = FULL["case"] | other.get("case", {})
    return plan_document(
        case, **lists, review=rows["review"], number=number, made_on=DAY, audience=audience, plan_type=plan_type
    )


def empty(plan_type: PlanType = "sen_support", audience: Audience = "family") -> PlanDocument:
    """A plan of a case that has just been opened."""
    case = {"reference": "ECM-0000-00", "pupil": "Ana", "school": "Oakfield Primary School"}
    review = {"held_on": DAY, "held_by": "Priya Shah", "contributions": []}
    return plan_document(case, review=review, number=1, made_on=DAY, audience=audience, plan_type=plan_type)


def everywhere(text: str, plan_type: PlanType = "sen_support") -> PlanDocument:
    """A plan with this text in each field a person can fill, and more of everything than the first page can show."""
    names = (
        "pupil",
        "year",
        "school",
        "lead_name",
        "lead_role",
        "telephone",
        "level",
        "reason",
        "strengths",
        "sen_provision",
    )
    words = (
        "label", "detail", "how_identified", "title", "assignee", "owner_agency", "agency", "worker", "reason_code", "measure",
        "who", "how_often", "how", "by", "text", "author", "telephone", "id",
    )  # fmt: skip
    row: dict[str, Any] = dict.fromkeys(words, text) | {"category": "health", "kinds": ["health"], "whose": "pupil"}
    row |= {"strategies": [text], "status": "todo", "due_on": date(2026, 9, 30), "written_on": date(2026, 9, 30)}
    row |= {
        "baseline": 1,
        "target": 2,
        "starts_on": date(2026, 9, 1),
        "given_on": date(2026, 9, 1),
        "category": "classroom",
    }
    row["measurements"] = [{"measured_on": date(2026, 9, 2), "value": 1, "note": text, "author": text}]
    review = {"held_on": DAY, "held_by": text, "contributions": [row]}
    lists: dict[str, Any] = {name: [row] * (4 if name in ("barriers", "actions", "views") else 1) for name in LISTS}
    return full(plan_type=plan_type, case=dict.fromkeys(names, text) | {"needs": [text]}, review=review, **lists)


def in_language(code: str, audience: Audience = "family", plan_type: PlanType = "sen_support") -> PlanDocument:
    """A plan for a family that speaks this language."""
    if code == "en":
        return full(audience, plan_type)
    name, pupil, family = LANGUAGES[code]
    views = [each | {"text": text} for each, text in zip(FULL["views"], (pupil, family), strict=True)]
    return full(audience, plan_type, case={"pupil": name}, views=views)


def crowded(plan_type: PlanType = "sen_support", audience: Audience = "professionals") -> PlanDocument:
    """A plan with 60 actions, no outcomes, and notes and views of 5,000 characters."""
    long = (LONG * 40)[:5000]
    actions = [
        FULL["actions"][0]
        | {"title": f"{number}. Ring the clinic about the appointment", "due_on": DAY + timedelta(number)}
        for number in range(1, 61)
    ]
    notes = [FULL["notes"][0] | {"text": long}] * 2
    views = [each | {"text": long} for each in FULL["views"]]
    said = FULL["review"] | {"contributions": [each | {"text": long} for each in FULL["review"]["contributions"]]}
    case = {"strengths": long, "reason": long}
    return full(audience, plan_type, actions=actions, outcomes=[], notes=notes, views=views, review=said, case=case)


def text_of(pdf: bytes, *order: str, first: int = 1, last: int = 999) -> str:
    """The words of these pages on one line, without the marks pdftotext puts round right-to-left words.

    `-raw` as `order` gives them in the order they were drawn.
    """
    command = ["pdftotext", *order, "-f", str(first), "-l", str(last), "-", "-"]
    found = subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()
    return " ".join(re.sub("[\u202a-\u202e\u200e\u200f]", "", found).split())
