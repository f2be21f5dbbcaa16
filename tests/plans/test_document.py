"""Rows in, the plan one reader may see out."""

import unicodedata
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecm.agencies.words import CATEGORY_LABELS
from ecm.plans.changes import changes
from ecm.plans.document import PlanDocument, content_hash, plan_document, snapshot
from ecm.plans.text import amount, clean, direction, excerpt
from ecm.plans.words import Audience, PlanType
from tests.plans.samples import AUDIENCES, FULL, TYPES, full

CASE = {"reference": "ECM-7K4P-2Q", "pupil": "Leila Reid", "school": "Oakfield Primary School"}
DAY = date(2026, 11, 21)

categories = st.sampled_from(sorted(CATEGORY_LABELS))
days = st.none() | st.dates(date(2026, 1, 1), date(2026, 2, 1))
words = st.sampled_from(["reading", "Writing", "sums"])
rows = st.fixed_dictionaries(
    {
        "barriers": st.lists(st.fixed_dictionaries({"label": words, "category": categories}), max_size=3),
        "actions": st.lists(
            st.fixed_dictionaries(
                {
                    "title": words,
                    "owner_agency": words,
                    "due_on": days,
                    "status": st.sampled_from(["todo", "doing", "done", "cancelled"]),
                    "category": categories,
                }
            ),
            max_size=4,
        ),
        "involvements": st.lists(
            st.fixed_dictionaries({"agency": words, "reason_code": st.just("advice"), "category": categories}),
            max_size=3,
        ),
        "notes": st.lists(
            st.fixed_dictionaries(
                {"text": words, "author": words, "written_on": st.dates(DAY, date(2026, 12, 1)), "category": categories}
            ),
            max_size=3,
        ),
        "outcomes": st.lists(
            st.fixed_dictionaries(
                {
                    "id": words,
                    "title": words,
                    "status": st.sampled_from(["working", "met"]),
                    "due_on": days,
                    "category": categories,
                }
            ),
            max_size=2,
        ),
        "provisions": st.lists(
            st.fixed_dictionaries({"title": words, "who": words, "how_often": words, "category": categories}),
            max_size=2,
        ),
        "views": st.lists(
            st.fixed_dictionaries(
                {"whose": st.sampled_from(["pupil", "family"]), "text": words, "category": categories}
            ),
            max_size=2,
        ),
        "sharing": st.lists(
            st.fixed_dictionaries({"agency": words, "kinds": st.sets(categories, min_size=1), "category": categories}),
            max_size=3,
        ),
    }
)
audiences = st.sampled_from(AUDIENCES)
kinds = st.sampled_from(TYPES)
# What each kind of plan has: from what it says it is, not from the code.
HELD = {
    "sen_support": {"barriers", "actions", "involvements", "notes", "outcomes", "provisions", "views", "sharing"},
    "early_help": {"barriers", "actions", "involvements", "notes", "outcomes", "provisions", "views", "sharing"},
    "one_page_profile": {"barriers", "provisions", "views", "involvements"},
    "review_report": {"actions", "outcomes", "involvements"},
}


def plan(audience: Audience = "family", case: dict[str, Any] | None = None, **rows: Any) -> PlanDocument:
    return plan_document(CASE | (case or {}), number=1, made_on=DAY, audience=audience, **rows)


@given(rows, audiences, kinds, st.booleans())
def test_a_plan_holds_exactly_the_categories_of_what_is_in_it(
    rows: dict[str, Any], audience: Audience, plan_type: PlanType, strengths: bool
) -> None:
    found = plan(audience, {"strengths": "Kind" if strengths else None}, plan_type=plan_type, **rows)

    whole = plan_type in ("sen_support", "early_help")
    names = HELD[plan_type] - ({"notes"} if audience == "family" else set())
    shown = [row for name in names for row in rows[name] if row.get("status") != "cancelled"]
    if plan_type == "one_page_profile":
        shown = [row for row in shown if row["category"] in ("core", "classroom")]
    assert found.categories == {"core"} | {row["category"] for row in shown} | (
        {"education"} if strengths and whole else set()
    )
    lists = ("barriers", "actions", "involvements", "notes", "outcomes", "provisions", "views", "sharing")
    assert sum(len(getattr(found, name)) for name in lists) == len(shown)


@given(rows, audiences, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_arrive_changes_nothing(rows: dict[str, Any], audience: Audience, random: Any) -> None:
    shuffled = {name: random.sample(kind, len(kind)) if name != "barriers" else kind for name, kind in rows.items()}

    one, other = plan(audience, **shuffled), plan(audience, **rows)
    assert one == other
    assert content_hash(one) == content_hash(other)


def test_actions_run_soonest_first_with_the_undated_then_the_done_last_and_the_cancelled_left_out() -> None:
    def action(title: str, status: str, day: int | None) -> dict[str, Any]:
        due_on = day and date(2026, 12, day)
        return {"title": title, "owner_agency": "Hub", "due_on": due_on, "status": status, "category": "core"}

    rows = [
        action("done", "done", 1),
        action("undated", "todo", None),
        action("later", "doing", 9),
        action("cancelled", "cancelled", 2),
        action("sooner", "todo", 3),
    ]
    found = plan(actions=rows)

    assert [each.title for each in found.actions] == ["sooner", "later", "undated", "done"]
    assert [each.status for each in found.next_actions] == ["To do", "Under way", "To do"]


def test_codes_are_worded_and_people_are_named_with_their_agency() -> None:
    found = plan(
        "professionals",
        {"lead_name": "Priya Shah", "lead_role": "senco"},
        barriers=[
            {"label": "Anxiety", "how_identified": "family_view", "strategies": ["", " Talk "], "category": "health"}
        ],
        actions=[
            {"title": "Visit", "assignee": "Nia Evans", "owner_agency": "Hub", "status": "todo", "category": "core"}
        ],
        involvements=[{"agency": "Hub", "worker": "Nia Evans", "reason_code": "family_support", "category": "core"}],
        notes=[{"text": "Seen", "author": "Nia Evans", "written_on": DAY, "category": "social_care"}],
        sharing=[{"agency": "Hub", "kinds": {"health", "core"}, "category": "core"}],
    )

    assert found.lead is not None
    assert found.lead.role == "SENCO"
    assert (found.barriers[0].source, found.barriers[0].strategies) == ("The family said so", ("Talk",))
    assert found.actions[0].owner == "Nia Evans, Hub"
    assert found.involvements[0].why == "Support for the family"
    assert found.notes[0].kind == "Social care"
    assert found.sharing[0].kinds == ("Name, school and who is involved", "Health")
    assert plan().lead is None


@given(st.text())
def test_cleaned_text_can_be_printed_and_cleaning_it_again_changes_nothing(text: str) -> None:
    found = clean(text)

    assert not [each for each in found if unicodedata.category(each) in ("Cc", "Cs", "Co") and each != "\n"]
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufe0f") & set(found)
    assert clean(found) == found


def test_cleaning_keeps_every_name_and_words_pictures() -> None:
    for name in ("O’Brien-Ọláńrewájú", "Nguyễn Thị Hồng Ánh", "محمد الشريف", "آیدا می‌خواهد", "ਗੁਰਪ੍ਰੀਤ", "Łukasz Żółć"):
        assert clean(name) == name
    assert clean("Ngu\u0065\u0302\u0303n") == "Nguễn"
    assert (
        clean("Loves \U0001f995\ufe0f\nand ❤\ufe0f\x00 \u202ereading\r\ntoday ")
        == "Loves (sauropod)\nand ❤ reading\ntoday"
    )


@given(st.text(alphabet="ab \nأ,.", max_size=60), st.integers(5, 40))
def test_an_excerpt_is_the_beginning_within_its_limit(text: str, limit: int) -> None:
    found, whole = excerpt(text, limit), " ".join(text.split())

    assert len(found) <= limit
    assert found == whole or (found.endswith("…") and whole.startswith(found[:-1]) and len(whole) > limit)


def test_an_excerpt_is_cut_between_words() -> None:
    assert excerpt("She tells wonderful stories, and draws", 30) == "She tells wonderful stories…"
    assert excerpt("x" * 40, 30) == "x" * 29 + "…"


def test_a_text_runs_the_way_of_its_first_letter() -> None:
    assert [direction(each) for each in ("12 Leila", "3 محمد and Leila", "מרים", "12", "")] == [
        "ltr", "rtl", "rtl", "ltr", "ltr",
    ]  # fmt: skip


def test_numbers_are_written_as_people_write_them() -> None:
    assert [amount(each) for each in (12.0, 12.5, 0, -3, None)] == ["12", "12.5", "0", "-3", ""]


# ---- what has changed ----------------------------------------------------------------------------------------------


@given(rows, audiences)
def test_two_equal_versions_differ_in_nothing_and_everything_of_a_first_row_is_new(
    rows: dict[str, Any], audience: Audience
) -> None:
    before, after = snapshot(plan(audience)), snapshot(plan(audience, **rows))

    assert changes(after, after) == ()
    told = changes(before, after)
    lists = ("barriers", "actions", "involvements", "notes", "outcomes", "provisions", "views")
    assert len([each for each in told if each.what != "New measurement"]) == sum(len(after[name]) for name in lists)
    gone = [each for each in changes(after, before) if each.what.startswith("No longer here")]
    assert len(gone) == sum(len(after[name]) for name in lists)
    assert content_hash(plan(audience)) == content_hash(plan(audience, **rows)) or any(rows.values())


def test_changes_are_said_in_the_order_of_the_plan() -> None:
    before = full()
    outcome = FULL["outcomes"][0]
    point = {"measured_on": date(2026, 11, 27), "value": 4, "note": "", "author": "Tom Ellis"}
    after = full(
        case={"next_review_on": date(2027, 1, 15), "lead_name": "Maya Hall", "reason": "Begins alone now."},
        outcomes=[outcome | {"status": "met", "measurements": [*outcome["measurements"], point]}],
        actions=[FULL["actions"][0] | {"status": "done"}],
    )

    assert [(each.what, each.text) for each in changes(snapshot(before), snapshot(after))] == [
        ("Why we have this plan", "written anew"),
        ("When we meet next", "now Friday 15 January 2027"),
        ("Who leads this plan", "now Maya Hall"),
        ("Changed outcome", "Writes five sentences without help: how it stands is now Met"),
        ("No longer here: outcome", "Asks for help when she is stuck"),
        ("Changed action", "Set up a morning check-in: how it stands is now Done"),
        ("No longer here: action", "Send home the picture timetable"),
        ("New measurement", "Writes five sentences without help: 4 on Friday 27 November 2026"),
    ]
    assert content_hash(before) == content_hash(full(number=9))
    assert content_hash(before) != content_hash(after)
