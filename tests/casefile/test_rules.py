"""What one cell of the grid says, why a section is shown, and what is new."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ecm.agencies.permissions import CATEGORIES
from ecm.casefile.links import instant, stamp
from ecm.casefile.rules import OF_THE_SCHOOL, agency_cells, by_owner, carer_cells, is_new, reason, school_cells
from ecm.consent.rules import Event, states

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = CATEGORIES[1:]
AGENCY = UUID(int=9)
SHARES = {"given"}

steps = st.tuples(
    st.sampled_from(TEXTS[:3]), st.integers(1, 2), st.sampled_from(["requested", "given", "refused", "withdrawn"]), st.booleans()
)  # fmt: skip


def events_of(said):
    """One scope a category, one proposal for each of two carers; a yes may have ended already."""
    return [
        Event(n, UUID(int=100 * TEXTS.index(kind) + carer), UUID(int=carer), AGENCY, kind, "support", what, NOW - timedelta(days=90 - n),
              (NOW - timedelta(days=1) if over else NOW + timedelta(days=9)) if what == "given" else None)
        for n, (kind, carer, what, over) in enumerate(said)
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(steps, max_size=8),
    st.sets(st.sampled_from(TEXTS)),
    st.sampled_from(["invited", "waiting_for_basis", "active", "ended"]),
)
def test_a_cell_says_given_exactly_when_every_carers_last_answer_is_a_yes_that_still_holds(said, offered, status):
    events = events_of(said)
    found: dict[str, list] = {}
    for proposal, state in states(events, NOW).items():
        found.setdefault(TEXTS[proposal.int // 100], []).append(state)
    cells = agency_cells(status, offered, found, NOW)
    assert list(cells) == list(CATEGORIES)
    for kind in TEXTS:
        last = {e.person: e for e in events if e.category == kind and e.kind != "requested"}
        no = any(e.kind != "given" for e in last.values())
        newest = {e.person: e for e in events if e.category == kind}
        yes = [p for p, e in newest.items() if e.kind == "given" and e.until and e.until > NOW]
        if not any(e.category == kind for e in events):
            quiet = "nothing" if status == "ended" else "not_asked" if kind in offered else "not_offered"
            assert cells[kind].word == quiet
            assert not cells[kind].history
        else:
            assert cells[kind].history
            assert (cells[kind].word == "given") == (bool(yes) and not no)
    assert (cells["core"].word == "shared") == (status == "active")


def test_school_and_carers_see_what_the_relation_gives_them():
    assert {c for c, cell in school_cells(NOW).items() if cell.word == "by_right"} == set(OF_THE_SCHOOL)
    assert {c for c, cell in carer_cells(["core", "classroom"], NOW, False).items() if cell.word == "own_child"} == {
        "core",
        "classroom",
    }
    assert {cell.word for cell in carer_cells(["core"], NOW, True).values()} == {"barred"}


def test_a_badge_says_the_reason_its_span_and_ones_own_writing_only_when_that_is_all():
    mine = {"category": "health", "basis": "own_record", "since": NOW, "until": None, "cover": False}
    yes = {"category": "health", "basis": "consent", "since": NOW, "until": NOW + timedelta(days=365), "cover": False}
    assert reason([mine], {"health"}) == "your service wrote it (since 22 November 2026)"
    assert reason([mine, yes], {"health"}) == (
        "the family agreed to share this with your service (since 22 November 2026, until 22 November 2027)"
    )  # fmt: skip
    assert reason([mine, yes], {"family"}) == ""
    named = yes | {"basis": "assignment", "until": None}
    theirs = named | {"category": "core", "since": NOW - timedelta(days=9), "cover": True}
    assert (
        reason([theirs, named], {"core"})
        == "a colleague you cover for was named to work on this case (since 13 November 2026)"
    )
    assert reason([theirs, named], {"core", "health"}) == "you were named to work on this case (since 13 November 2026)"
    hours = yes | {"basis": "emergency", "until": NOW + timedelta(hours=4)}
    assert "until Sunday 22 November 2026 at 4pm" in reason([hours], {"health"})


def test_what_is_new_and_whose_actions_come_first():
    assert is_new(NOW, False, NOW - timedelta(seconds=1))
    assert not any([is_new(NOW, True, NOW - timedelta(1)), is_new(NOW, False, NOW), is_new(NOW, False, None)])
    assert instant(stamp(NOW)) == NOW
    assert instant("2026") is instant(None) is None
    work = [
        (title, owner, date(2026, 11, day)) for title, owner, day in (("c", "A", 25), ("b", "B", 20), ("a", "B", 30))
    ]
    rows = [{"title": t, "owner_agency": {"name": o}, "due_on": d} for t, o, d in work]
    grouped = [(owner, [each["title"] for each in actions]) for owner, actions in by_owner(rows, date(2026, 11, 22))]
    assert grouped == [("B", ["b", "a"]), ("A", ["c"])]
