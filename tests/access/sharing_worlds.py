"""What else happens in a world: what opens without consent, and what closes."""

from hypothesis import strategies as st

from tests.access.cast import CARERS, SHARED, SPEAKERS, WORKERS
from tests.access.steps import Step


def one_in(number: int) -> st.SearchStrategy[bool]:
    return st.integers(1, number).map(lambda drawn: drawn == number)


def _colleagues(partners: list[str]) -> list[str]:
    return [name for partner in partners for name in (SPEAKERS[partner], f"{partner} worker") if name in WORKERS]


@st.composite
def _grounds(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """What rests on no consent: for one of the services or the school, ended or left to run out."""
    agency = draw(st.sampled_from([*partners, *partners, "oak"]))
    categories = draw(st.lists(st.sampled_from(SHARED), min_size=1, max_size=2, unique=True))
    basis = draw(st.sampled_from(["service_agreement", "service_agreement", "statutory", "override"]))
    by = draw(st.sampled_from(CARERS)) if basis == "service_agreement" else None
    days = draw(st.sampled_from([3, 9, 14, 15] if basis == "override" else [None, None, 9, 25]))
    teller = (
        "oak dsl" if basis == "override" else draw(st.sampled_from(["oak dsl", "oak senco", SPEAKERS[partners[0]]]))
    )
    first = draw(st.integers(1, 30))
    author = SPEAKERS[partners[0]] if agency == "oak" else "oak dsl"
    steps = [Step(first, author, "write", ("note", categories[0], "oak"))]
    steps.append(Step(first, teller, "ground", (agency, basis, tuple(categories), days, by)))
    if draw(one_in(3)):
        steps.append(Step(first + draw(st.integers(1, 12)), teller, "end_ground", (agency,)))
    return steps


@st.composite
def _emergency(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Somebody who may, or may not, opens the case in an emergency; there is something to be known in one."""
    people = ["oak dsl", "care worker", "care worker", "care manager", "care manager", "oak senco"]
    who, day = draw(st.sampled_from(people)), draw(st.sampled_from([41, 41, 42]) | st.integers(9, 40))
    steps = [
        Step(
            draw(st.integers(2, 8)),
            draw(st.sampled_from(["oak senco", "oak dsl"])),
            "write",
            ("health_alert", "health", "oak"),
        ),
        Step(draw(st.integers(2, 8)), "oak dsl", "write", ("note", "safeguarding", "oak")),
        Step(day, who, "break_in"),
    ]
    if draw(one_in(3)):
        steps.append(Step(day + 0.02, who, "go_out"))
    if draw(one_in(6)):
        steps.append(Step(day + 0.01, "oak senco", "end_alert"))
    return steps


@st.composite
def _restriction(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Restricted to some by name, whom one adds and takes away; for good or for a while."""
    workers = ["oak senco", lead, "oak mentor", "oak teacher", *_colleagues(partners)]
    named = draw(st.lists(st.sampled_from(workers), min_size=1, max_size=3, unique=True))
    first = draw(st.integers(5, 40))
    steps = [Step(first, "oak dsl", "restrict", (("oak dsl", *named),))]
    if draw(st.booleans()):
        steps.append(Step(first + draw(st.integers(0, 8)), "oak dsl", "add_name", (draw(st.sampled_from(workers)),)))
    if draw(st.booleans()):
        steps.append(Step(first + draw(st.integers(1, 9)), "oak dsl", "drop_name", (named[0],)))
    if draw(one_in(3)):
        steps.append(Step(first + draw(st.integers(1, 9)), "oak dsl", "unrestrict"))
    return steps


@st.composite
def _conflict(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Somebody is too close to the pupil: says so, or somebody says it of them; perhaps not for ever."""
    workers = ["oak senco", lead, "care parent", "oak teacher", *_colleagues(partners)]
    who, first = draw(st.sampled_from(workers)), draw(st.integers(5, 40))
    other = "oak dsl" if who.startswith("oak") else SPEAKERS.get(who.split()[0], "oak dsl")
    steps = [Step(first, draw(st.sampled_from([who, other])), "declare", (who,))]
    if draw(one_in(3)):
        steps.append(
            Step(first + draw(st.integers(1, 9)), draw(st.sampled_from([who, other, other])), "resolve", (who,))
        )
    return steps


@st.composite
def _order(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """A court bars sharing with one of the carers."""
    carer, first = draw(st.sampled_from(CARERS)), draw(st.integers(2, 40))
    steps = [
        Step(
            first,
            draw(st.sampled_from(["oak dsl", "oak senco"])),
            "order",
            (carer, draw(st.sampled_from([None, 1, 9]))),
        )
    ]
    if draw(one_in(3)):
        steps.append(Step(first + draw(st.integers(1, 9)), "oak dsl", "discharge", (carer,)))
    return steps


@st.composite
def _shield(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Where the pupil can be found is for some by name, in an emergency too."""
    workers = ["oak senco", lead, *_colleagues(partners)]
    named = draw(st.lists(st.sampled_from(workers), min_size=1, max_size=3, unique=True))
    first = draw(st.integers(5, 40))
    steps = [Step(first, draw(st.sampled_from(["oak dsl", "oak dsl", "care worker"])), "shield", (tuple(named),))]
    if draw(st.booleans()):
        steps.append(Step(first + draw(st.integers(1, 9)), "oak dsl", "drop_reader", (named[0],)))
    if draw(one_in(3)):
        steps.append(Step(first + draw(st.integers(1, 9)), "oak dsl", "unshield"))
    return steps


@st.composite
def _cover(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Somebody is away and a colleague covers, or is back early; perhaps the case is for named people, one of them or both."""
    pairs = [("oak teacher", "oak mentor"), ("oak mentor", "oak teacher"), ("oak senco", "oak dsl")]
    pairs += [pair for pair in pairs if pair[0] == lead] * 2
    pairs += [(f"{p} worker", f"{p} leaver") for p in partners if f"{p} leaver" in WORKERS] * 2
    away, covering = draw(st.sampled_from(pairs))
    first, begins, days = draw(st.integers(5, 18)), draw(st.integers(-3, 3)), draw(st.integers(1, 25))
    steps = [
        Step(draw(st.integers(2, first)), away, "write", (draw(st.sampled_from(["note", "action"])), "core", "oak")),
        Step(first, away, "cover", (covering, begins, days)),
    ]
    if draw(one_in(3)):
        steps.append(Step(first + draw(st.integers(1, 9)), away, "uncover"))
    if draw(one_in(2)):
        named = draw(st.sampled_from([(away,), (away,), (away, covering), (covering,)]))
        steps.append(Step(draw(st.integers(5, 12)), "oak dsl", "restrict", (("oak dsl", *named),)))
    if draw(one_in(6)):
        steps.append(Step(first + draw(st.integers(0, 3)), covering, "declare", (covering,)))
    if away in ("care worker", "oak senco") and draw(one_in(2)):  # an emergency is theirs alone
        steps.append(Step(first + max(0, begins) + draw(st.integers(0, 2)) + 0.01, away, "break_in"))
        steps.append(Step(draw(st.integers(2, 8)), "oak dsl", "write", ("health_alert", "health", "oak")))
    return steps


MORE = (_grounds, _grounds, _grounds, _emergency, _restriction, _conflict, _order, _shield, _cover)
