"""From ticks to decisions: nothing is agreed that was not ticked beside a yes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecm.consent.answering import decisions, read_answers
from ecm.consent.papers import Part, Question
from ecm.consent.rules import State
from ecm.consent.schemas import PageAnswer
from ecm.consent.wording import Kind
from ecm.errors import Refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def question(number: int, *words: str) -> Question:
    """A question whose parts stand as these words say; part `n` of question `m` has the id 100 m + n."""
    parts = tuple(
        Part(UUID(int=100 * number + place), Kind("health", "Health", "…"), State(word, NOW))
        for place, word in enumerate(words)
    )
    return Question(f"Agency {number}", "?", "So that.", parts)


SAID = st.lists(
    st.tuples(st.sampled_from(("yes", "no", "talk", "")), st.sets(st.integers(0, 3))), min_size=2, max_size=2
)


@given(SAID)
def test_every_kind_is_agreed_to_refused_or_left_open_as_it_was_ticked(said: list[tuple[str, set[int]]]) -> None:
    questions = [question(1, "requested", "requested"), question(2, "requested", "given", "requested")]
    page = [
        PageAnswer(question=q.parts[0].proposal, say=say, kinds=[UUID(int=100 * n + tick) for tick in ticks])
        for n, (q, (say, ticks)) in enumerate(zip(questions, said, strict=True), start=1)
    ]
    sound = all(say == "talk" or (say == "yes" and ticks) or (say == "no" and not ticks) for say, ticks in said)
    if not sound:
        with pytest.raises(Refused) as refused:
            read_answers(questions, page)
        assert len(refused.value.problems) == sum(
            not (say == "talk" or (say == "yes" and ticks) or (say == "no" and not ticks)) for say, ticks in said
        )
        return
    made = {d.proposal_id.int: d.decision for d in decisions(read_answers(questions, page))}
    expected = {}
    for n, (say, ticks), waiting in ((1, said[0], (0, 1)), (2, said[1], (0, 2))):
        for place in waiting:
            if say != "talk":
                expected[100 * n + place] = "given" if say == "yes" and place in ticks else "refused"
    assert made == expected


def test_a_question_that_was_not_sent_back_is_asked_for() -> None:
    with pytest.raises(Refused, match="Agency 1"):
        read_answers([question(1, "requested")], [])
