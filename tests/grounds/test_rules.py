"""Laws have dates, receivers and roles; telling the family and overriding it have rules of their own."""

from dataclasses import replace
from datetime import date, timedelta

from ecm.agencies.permissions import GRANTS, KINDS
from ecm.grounds.rules import GATEWAYS, LABELS, gateways_for, misfit, override_problems, telling_problems

TODAY = date(2026, 11, 22)


def test_a_law_is_for_its_receivers_kinds_roles_and_dates():
    assert {each.code for each in gateways_for("senco", TODAY)} == {
        "ca1989_s17", "ca1989_s27", "ca2004_s10", "cfa2014_s31", "cfa2014_s36",
    }  # fmt: skip
    assert gateways_for("teacher", TODAY) == [] == gateways_for("senco", date(1989, 1, 1))
    assert misfit("ca1989_s47", "dsl", "social_care", ["safeguarding"], TODAY) == {}
    assert set(misfit("ca1989_s47", "senco", "social_care", ["education"], TODAY)) == {"code"}
    assert set(misfit("ca1989_s47", "dsl", "health", ["education"], TODAY)) == {"code"}
    assert set(misfit("ca2004_s10", "dsl", "health", ["health"], TODAY)) == {"categories"}
    assert "2026 Act" not in str(gateways_for("dsl", TODAY))
    assert set(misfit("ca2004_s16la", "dsl", "health", ["education"], TODAY)) == {"code"}  # not in force yet
    repealed = replace(GATEWAYS[0], until_on=TODAY)
    assert repealed.in_force(TODAY - timedelta(days=1))
    assert not repealed.in_force(TODAY)
    assert {kind for law in GATEWAYS for kind in law.receivers} <= set(KINDS)
    recorders = {role for (kind, role), verbs in GRANTS.items() if kind == "school" and "ground:record" in verbs}
    assert {role for law in GATEWAYS for role in law.roles} == recorders
    assert len({law.code for law in GATEWAYS}) == len(GATEWAYS)
    assert all(len(code) <= 40 for code in LABELS)


def test_told_names_a_day_and_people_and_not_told_a_reason_and_a_day_to_look_again():
    def wrong(*said):
        return set(telling_problems("override", TODAY, *said))

    soon = TODAY + timedelta(days=14)
    assert wrong(TODAY, ["x"], None, None) == wrong(None, [], "not_yet", soon) == set()
    assert wrong(TODAY + timedelta(days=1), ["x"], None, None) == {"told_on"} == wrong(None, ["x"], "not_yet", soon)
    assert wrong(TODAY, [], "not_yet", soon) == {"told_carer_ids"}
    assert wrong(None, [], None, soon) == {"not_told_code"}
    late = soon + timedelta(days=1)
    assert wrong(None, [], "not_yet", None) == wrong(None, [], "not_yet", late) == {"revisit_on"}
    assert telling_problems("statutory", TODAY, None, [], "not_yet", late) == {}


def test_an_override_says_why_whom_it_asked_and_when_it_ends():
    why, last = "x" * 20, TODAY + timedelta(days=14)
    assert override_problems(why, "The helpline.", last, TODAY) == {}
    assert set(override_problems(why[1:], "", None, TODAY)) == {"reason", "consulted", "until_on"}
    for day in (TODAY, last + timedelta(days=1)):
        assert set(override_problems(why, "Nobody.", day, TODAY)) == {"until_on"}
