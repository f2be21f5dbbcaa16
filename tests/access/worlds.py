"""Worlds to try the relation in, drawn by Hypothesis: one case each, and everything people try on it in 40 days."""

from dataclasses import dataclass
from datetime import date

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.access.cast import BIRTHDAYS, CARERS, WORKERS
from tests.access.steps import Scope, Step

CATEGORIES = ("classroom", "education", "health", "social_care", "family", "safeguarding")
TABLES = ("case_brief", "identified_barrier", "note", "action")
SPEAKERS = {"hill": "hill senco", "care": "care manager", "clinic": "clinic manager", "haven": "haven manager"}


@dataclass(frozen=True)
class World:
    """A pupil, what happens in order of time, and where on the line of all boundaries (0 to 1) to look."""

    born_on: date | None
    steps: tuple[Step, ...]
    looks: tuple[float, ...]


def draw_worlds(number: int) -> list[World]:
    """The same worlds every time, as long as the strategy stays the same."""
    found: list[World] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds())
    def collect(world: World) -> None:
        found.append(world)

    collect()
    return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Some services in every state, carers in every mind, people who write, in the order of their days."""
    lead = draw(st.sampled_from([name for name in WORKERS if name.startswith("oak")]))
    partners = draw(st.lists(st.sampled_from(sorted(SPEAKERS)), min_size=1, max_size=2, unique=True))
    later = [step for partner in partners for step in draw(_involvement(partner))]
    scopes, answers = draw(_consents(partners))
    for carer in CARERS:
        later += draw(_carer(carer))
    later += answers + draw(_texts(partners))
    if draw(st.integers(0, 3)) == 0:
        later.append(
            Step(draw(st.integers(1, 40)), "oak dsl", "hand_over", (draw(st.sampled_from(["oak mentor", "oak dsl"])),))
        )
    if draw(st.integers(0, 5)) == 0:
        later.append(Step(draw(st.integers(5, 40)), "oak senco", "correct_birth", (draw(st.sampled_from(BIRTHDAYS)),)))
    opening = (Step(0, "oak senco", "open_case", (lead,)), Step(0, "oak senco", "ask", (scopes,)))
    return World(
        draw(st.sampled_from(BIRTHDAYS)),
        opening + tuple(sorted(later, key=lambda step: step.day)),
        tuple(draw(st.lists(st.floats(0, 1), min_size=2, max_size=2))),
    )


@st.composite
def _involvement(draw: st.DrawFn, agency: str) -> list[Step]:
    speaker, days = SPEAKERS[agency], sorted(draw(st.lists(st.integers(0, 40), min_size=5, max_size=5)))
    days = [days[0] // 8, days[0] // 4, *days[2:]]
    colleagues = [None, *(name for name in WORKERS if name.startswith(agency) and name != speaker)]
    keeper = draw(st.sampled_from(["oak senco", speaker]))
    story = draw(st.sampled_from(["accepted"] * 4 + ["ended", "ended", "again", "invited", "declined", "taken back"]))
    steps = [Step(days[0], "oak senco", "invite", (agency,))]
    if story == "declined":
        return [*steps, Step(days[1], speaker, "decline", (agency,))]
    if story == "taken back":
        return [*steps, Step(days[1], "oak dsl", "take_back", (agency,))]
    if story != "invited":
        steps.append(Step(days[1], speaker, "accept", (agency, draw(st.sampled_from(colleagues)))))
        if draw(st.booleans()):
            steps.append(Step(days[2], speaker, "assign", (agency, draw(st.sampled_from(colleagues)))))
    if story in ("ended", "again"):
        steps.append(Step(days[3], keeper, "end", (agency,)))
    if story == "again":
        steps += [Step(days[3], "oak senco", "invite", (agency,)), Step(days[4], speaker, "accept", (agency, None))]
    return steps


@st.composite
def _consents(draw: st.DrawFn, partners: list[str]) -> tuple[tuple[Scope, ...], list[Step]]:
    scope = st.tuples(
        st.sampled_from([*partners, *partners, "oak"]),
        st.sampled_from(CATEGORIES),
        st.sampled_from(["support", "advice"]),
    )
    scopes = draw(st.lists(scope, min_size=2, max_size=5, unique=True))
    steps = []
    for each in scopes:
        minds = draw(st.lists(st.sampled_from(["given"] * 6 + ["refused", "withdrawn"]), min_size=1, max_size=3))
        for mind in minds:
            carer = draw(st.sampled_from(CARERS))
            until = draw(st.sampled_from([None, None, 3, 12, 25])) if mind == "given" else None
            args = (carer, each, mind, until)
            steps.append(Step(draw(st.integers(0, 30)), draw(st.sampled_from([carer, "oak senco"])), "say", args))
    return tuple(scopes), steps


@st.composite
def _carer(draw: st.DrawFn, carer: str) -> list[Step]:
    day = st.integers(1, 40)
    categories = draw(
        st.sampled_from([("core", "classroom", "education"), ("core", "education", "health", "family"), ("core",)])
    )
    steps = []
    if draw(st.integers(0, 3)):
        steps.append(Step(draw(st.integers(0, 10)), "oak senco", "admit", (carer, categories)))
    if draw(st.integers(0, 2)) == 0:
        steps.append(Step(draw(day), "oak dsl", "dismiss", (carer,)))
    if draw(st.integers(0, 4)) == 0:
        steps.append(Step(draw(day), "oak senco", "admit", (carer, ("core",))))
    if draw(st.integers(0, 1)) == 0:
        args = (carer, draw(st.integers(0, 10)), draw(st.sampled_from([None, 1, 9])))
        steps.append(Step(draw(day), "oak dsl", "bar", args))
    if draw(st.integers(0, 4)) == 0:
        steps.append(Step(draw(day), "oak senco", "lift", (carer,)))
    return steps


@st.composite
def _texts(draw: st.DrawFn, partners: list[str]) -> list[Step]:
    people = [name for name in WORKERS if name.split()[0] in ("oak", *partners)]
    steps = []
    for _ in range(draw(st.integers(4, 9))):
        args = (
            draw(st.sampled_from(TABLES)),
            draw(st.sampled_from(CATEGORIES)),
            draw(st.sampled_from(["oak", *partners])),
        )
        steps.append(Step(draw(st.integers(2, 38)), draw(st.sampled_from(people)), "write", args))
    return steps
