"""What a carer reads: exact, hashed, complete, and short words."""

import re

from hypothesis import given
from hypothesis import strategies as st

from ecm.agencies.permissions import CATEGORIES
from ecm.consent.rules import PURPOSES
from ecm.consent.wording import VERSION, Asked, Facts, written

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=30)
ASKED = st.builds(
    Asked, NAMES, st.sampled_from(PURPOSES),
    st.lists(st.sampled_from(CATEGORIES), min_size=1, unique=True).map(tuple),
)  # fmt: skip
FACTS = st.builds(
    Facts,
    NAMES,
    NAMES,
    NAMES,
    st.sampled_from(("senco", "teacher", "somebody")),
    st.lists(ASKED, min_size=1, max_size=4).map(tuple),
)
OAKFIELD = Facts(
    "Oakfield Primary School", "Leila", "Grace Okafor", "senco",
    (Asked("Northshire Community Health", "assessment", ("health", "education")), Asked("Riverside Family Hub", "support", ("family",))),
)  # fmt: skip
# SHA-256 of the text of version en-1 with the names above. When a word changes, the version changes: keep the old one
# while links in it live, and add the new one here.
KNOWN = {"en-1": "26cb69da47043fc2a45d4bd7e3bae115d23e0593410d5b687e5f414089c7589b"}


def test_a_version_is_never_reworded() -> None:
    for version, known in KNOWN.items():
        wording = written(OAKFIELD, version)
        assert wording is not None
        assert wording.hash.hex() == known
    assert VERSION in KNOWN
    assert written(OAKFIELD, "en-0") is None


@given(FACTS)
def test_every_name_and_every_kind_asked_about_is_in_the_text(facts: Facts) -> None:
    wording = written(facts)
    assert wording is not None
    text = "\n".join(wording.lines())
    assert all(name in text for name in (facts.school, facts.child, facts.asker))
    assert [(q.agency, tuple(k.code for k in q.kinds)) for q in wording.questions] == [
        (each.agency, tuple(code for code in CATEGORIES if code in each.categories)) for each in facts.asked
    ]
    assert all(each.agency in text for each in facts.asked)


@given(FACTS, FACTS)
def test_two_texts_have_one_hash_only_if_they_are_one_text(one: Facts, other: Facts) -> None:
    first, second = written(one), written(other)
    assert first is not None
    assert second is not None
    assert (first.hash == second.hash) == (first.lines() == second.lines())


def test_an_eleven_year_old_can_read_it() -> None:
    """Flesch-Kincaid grade of the whole text at most 6, which is read at about 11, and no sentence over 25 words."""
    wording = written(OAKFIELD)
    assert wording is not None
    text = " ".join(wording.lines())
    sentences = [s for s in re.split(r"[.?!]\s|: ", text) if s.strip()]
    words = re.findall(r"[A-Za-z’'-]+", text)
    longest = max(len(re.findall(r"[A-Za-z’'-]+", s)) for s in sentences)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    assert grade <= 6, grade
    assert longest <= 25, longest


def _syllables(word: str) -> int:
    return max(1, len(re.findall(r"[aeiouy]+", word.lower())) - word.lower().endswith("e"))
