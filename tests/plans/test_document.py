"""Rows in, the plan one reader may see out."""

import unicodedata
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecm.agencies.words import CATEGORY_LABELS
from ecm.plans.document import Audience, PlanDocument, clean, direction, excerpt, plan_document

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
        "sharing": st.lists(
            st.fixed_dictionaries({"agency": words, "kinds": st.sets(categories, min_size=1), "category": categories}),
            max_size=3,
        ),
    }
)
audiences = st.sampled_from(["family", "professionals"])


def plan(audience: Audience = "family", case: dict[str, Any] | None = None, **rows: Any) -> PlanDocument:
    return plan_document(CASE | (case or {}), number=1, made_on=DAY, audience=audience, **rows)


@given(rows, audiences, st.booleans())
def test_a_plan_holds_exactly_the_categories_of_what_is_in_it(
    rows: dict[str, Any], audience: Audience, strengths: bool
) -> None:
    held = plan(audience, {"strengths": "Kind" if strengths else None}, **rows).categories

    left_out = [row for row in rows["actions"] if row["status"] == "cancelled"]
    left_out += rows["notes"] if audience == "family" else []
    shown = [row for kind in rows.values() for row in kind if not any(row is each for each in left_out)]
    assert held == {"core"} | {row["category"] for row in shown} | ({"education"} if strengths else set())


@given(rows, audiences, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_arrive_changes_nothing(rows: dict[str, Any], audience: Audience, random: Any) -> None:
    shuffled = {name: random.sample(kind, len(kind)) if name != "barriers" else kind for name, kind in rows.items()}

    assert plan(audience, **shuffled) == plan(audience, **rows)


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
