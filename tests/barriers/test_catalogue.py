import pytest

from ecm.barriers.catalogue import barrier, catalogue, search
from ecm.errors import NotFound

CATEGORIES = {"core", "classroom", "education", "health", "social_care", "family", "safeguarding"}


def test_every_barrier_is_complete_and_named_once() -> None:
    found = catalogue()
    assert (len(found), len({each.area for each in found}), len({each.code for each in found})) == (102, 10, 102)
    assert len({each.label for each in found}) == 102
    for each in found:
        assert each.default_category in CATEGORIES
        assert each.raised_by in {"anyone", "staff only"}
        assert len(set(each.strategies)) == 3
        assert all(text and text == text.strip() for text in (each.code, each.area, each.label, *each.strategies))


def test_a_code_finds_its_barrier_and_an_unknown_one_is_not_found() -> None:
    assert barrier("CL01").label == "Slow acquisition of early reading (phonics)"
    assert barrier("CL01") is catalogue()[0]
    for unknown in ("CL99", "cl01", ""):
        with pytest.raises(NotFound):
            barrier(unknown)


def test_search_wants_every_word_anywhere_and_keeps_the_order_of_the_catalogue() -> None:
    def codes(q: str) -> list[str]:
        return [each.code for each in search(q)]

    everything = [each.code for each in catalogue()]
    assert codes("") == codes("  ") == everything
    assert codes("phonics")[0] == "CL01"
    assert codes("PHÓNICS early") == codes("early phonics") == ["CL01"]
    assert "CL01" in codes("decodable")  # a strategy
    assert set(codes("Cognition and learning")) >= {each.code for each in catalogue() if each.code.startswith("CL")}
    assert codes("read") != []
    assert set(codes("reading")) < set(codes("read"))
    assert codes("honics") == codes("phonics zebra") == []
    assert codes("a") == [code for code in everything if code in set(codes("a"))]
    assert codes("cl02") == ["CL02"]
