"""Worlds to try the relation in, drawn by Hypothesis: one case each, and everything people try on it in 40 days."""

from functools import cache
from itertools import count

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.access.awkward import AWKWARD, MISTAKEN, TABLES
from tests.access.cast import BIRTHDAYS, CARERS, SHARED, SPEAKERS, WORKERS
from tests.access.scene import Scope
from tests.access.sharing_worlds import MORE, one_in
from tests.access.steps import Step, World

# A service whose being involved is telling writes where that may be known, and nowhere else.
WRITES = {"clinic": ("health",), "haven": ("safeguarding",)}
OPEN = ("core", "classroom", "education")  # what most people on a case see
DAY = st.integers(1, 40)
A_PIECE = 10_000  # batches at most that one piece draws


@cache
def draw_worlds(number: int, piece: int = 0) -> tuple[World, ...]:
    """The awkward ones (in the first piece) and, up to that number, drawn ones: no two alike, and the same every time.

    In small batches, because after ten examples Hypothesis turns to variations of what it has drawn. Another piece has
    other seeds.
    """
    found = dict.fromkeys(() if piece else AWKWARD)
    for batch in count(piece * A_PIECE):
        found |= dict.fromkeys(_batch(batch))
        if len(found) >= number:
            break
    return tuple(found)[:number]


def _batch(number: int) -> list[World]:
    drawn: list[World] = []

    @seed(number)
    @settings(
        max_examples=10, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(worlds())
    def collect(world: World) -> None:
        drawn.append(world)

    collect()
    return drawn


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Some services in every state, carers in every mind, people who write, in the order of their days."""
    lead = draw(st.sampled_from(["oak teacher", "oak mentor", "oak senco", "oak dsl"]))
    partners = draw(st.lists(st.sampled_from(sorted(SPEAKERS)), min_size=1, max_size=2, unique=True))
    scopes, later = draw(_consents(partners))
    for partner in partners:
        later += draw(_involvement(partner))
    for carer in CARERS:
        later += draw(_carer(carer))
    later += draw(_texts(lead, partners))
    if draw(one_in(4)):
        later.append(Step(draw(DAY), "oak dsl", "hand_over", (draw(st.sampled_from(["oak mentor", "oak dsl"])),)))
    later += draw(_second_thoughts(lead, partners))
    if draw(one_in(6)):
        later.append(Step(draw(DAY), "oak senco", "correct_birth", (draw(st.sampled_from(BIRTHDAYS)),)))
    opening = (Step(0, "oak senco", "open_case", (lead,)), Step(0, "oak senco", "ask", (scopes,)))
    if draw(one_in(7)):
        later += draw(_moves(lead))
    if draw(one_in(5)):
        later.append(Step(draw(DAY), "oak senco", "move_class", (draw(st.sampled_from(["1A", "1B", None])),)))
    for more in draw(st.lists(st.sampled_from(MORE), min_size=1, max_size=2, unique=True)):
        later += draw(more(lead, partners))
    steps = opening + tuple(sorted(later, key=lambda step: step.day))
    return World(draw(st.sampled_from(BIRTHDAYS[:2] * 40 + BIRTHDAYS)), steps, draw(st.floats(0, 1)))


@st.composite
def _involvement(draw: st.DrawFn, agency: str) -> list[Step]:
    speaker, days = SPEAKERS[agency], sorted(draw(st.lists(st.integers(0, 40), min_size=5, max_size=5)))
    days = [days[0] // 8, days[0] // 4, *days[2:]]
    others = [name for name in WORKERS if name.startswith(agency) and name != speaker]
    colleagues = [None, *[others[0]] * 6, *others]
    keeper = draw(st.sampled_from(["oak dsl", speaker]))
    story = draw(
        st.sampled_from(
            ["accepted"] * 14 + ["ended", "ended", "again", "invited", "declined", "declined", "taken back"]
        )
    )
    inviter = "oak dsl" if agency == "haven" else "oak senco"
    steps = [Step(days[0], inviter, "invite", (agency,))]
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
        steps += [Step(days[3], inviter, "invite", (agency,)), Step(days[4], speaker, "accept", (agency, None))]
    return steps


@st.composite
def _consents(draw: st.DrawFn, partners: list[str]) -> tuple[tuple[Scope, ...], list[Step]]:
    """Scopes put to both carers, and their answers: mostly a yes first, then perhaps second thoughts or a second carer."""
    purpose = st.sampled_from(["support", "support", "advice"])
    scope = st.tuples(st.sampled_from([*partners, *partners, "oak"]), st.sampled_from(SHARED), purpose)
    school = st.tuples(st.sampled_from(["oak", "hill"]), st.just("safeguarding"), purpose)
    scopes = draw(st.lists(scope | scope | school, min_size=2, max_size=4, unique=True))
    if draw(one_in(3)):  # the same agency and category, for another purpose
        scopes.append((*scopes[0][:2], "advice" if scopes[0][2] == "support" else "support"))
    scopes = list(dict.fromkeys(scopes))
    steps = []
    for partner in partners:
        if not draw(one_in(6)):  # agreed to for good
            agreed = (partner, draw(st.sampled_from(SHARED)), "support")
            scopes.append(agreed)
            steps.append(
                Step(draw(st.integers(0, 3)), "oak dsl", "say", (draw(st.sampled_from(CARERS)), agreed, "given"))
            )
    scopes = list(dict.fromkeys(scopes))
    for each in scopes[: len(scopes) - len(steps)]:
        for place in range(draw(st.sampled_from([1, 1, 2, 3]))):
            mind = "given" if place == 0 else draw(st.sampled_from(["given", "refused", "withdrawn"]))
            carer = draw(st.sampled_from(CARERS))
            days = draw(st.sampled_from([None, None, 12, 25])) if mind == "given" else None
            day = draw(st.integers(0, 8)) if place == 0 else draw(DAY)
            steps.append(Step(day, draw(st.sampled_from([carer, "oak dsl"])), "say", (carer, each, mind, days)))
    return tuple(scopes), steps


@st.composite
def _carer(draw: st.DrawFn, carer: str) -> list[Step]:
    """Admitted or not, dismissed, admitted again; barred for a while, for good, or let off."""
    wide = draw(st.sampled_from([OPEN, OPEN, OPEN, ("core", "education"), ("core", "classroom")]))
    steps = []
    if not draw(one_in(12)):
        steps.append(Step(draw(st.integers(0, 8)), "oak senco", "admit", (carer, wide)))
    if draw(one_in(6)):
        steps.append(Step(draw(DAY), "oak dsl", "dismiss", (carer,)))
    if draw(one_in(5)):
        steps.append(Step(draw(DAY), "oak senco", "admit", (carer, ("core",))))
    if draw(one_in(5)):
        day, days = draw(DAY), draw(st.sampled_from([None, 1, 9]))
        steps.append(Step(day, "oak dsl", "bar", (carer, draw(st.integers(0, 10)), days)))
        if draw(one_in(3)):
            steps.append(Step(day + draw(st.integers(0, 12)), "oak senco", "lift", (carer,)))
    return steps


@st.composite
def _second_thoughts(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    """Reviews; what was entered in error, by whoever may say so and whoever may not; cases that end and go on."""
    steps = [Step(draw(DAY), draw(st.sampled_from(["oak senco", "oak dsl", lead])), "review")]
    people = st.sampled_from(["oak senco", "oak dsl", lead, *(SPEAKERS[partner] for partner in partners)])
    for _ in range(draw(st.integers(0, 3))):
        steps.append(Step(draw(st.integers(15, 40)), draw(people), "correct", (draw(st.sampled_from(MISTAKEN)),)))
    for carer in CARERS:
        if draw(one_in(6)):
            steps.append(Step(draw(st.integers(20, 40)), carer, "correct", ("view",)))
    if draw(one_in(2)):
        steps.append(
            Step(
                draw(DAY),
                draw(st.sampled_from(["oak dsl", "oak dsl", "oak senco", lead])),
                "unsay",
                (draw(st.sampled_from(CARERS)),),
            )
        )
    if draw(one_in(3)):
        turns = st.sampled_from(["closed", "closed", "reopened", "voided", "died", "died_in_error"])
        days = sorted(draw(st.lists(st.integers(15, 40), min_size=1, max_size=3)))
        turners = st.sampled_from(["oak senco", "oak dsl", "oak senco", lead])
        steps += [
            Step(day, draw(turners), "turn", ("closed" if place == 0 and draw(st.booleans()) else draw(turns),))
            for place, day in enumerate(days)
        ]
    return steps


@st.composite
def _moves(draw: st.DrawFn, lead: str) -> list[Step]:
    """The pupil leaves, stays after all, comes back; the case is offered, taken back, taken over; work goes on there."""
    days = sorted(draw(st.lists(st.integers(5, 40), min_size=6, max_size=6)))
    leads, helpers = st.sampled_from(["oak senco", "oak dsl"]), st.sampled_from(["hill senco", "hill dsl"])
    steps = [Step(days[0], draw(leads), "go", (draw(st.sampled_from([-2, 0, 3, 9])),))] if not draw(one_in(4)) else []
    if draw(one_in(4)):
        steps.append(Step(days[1], draw(leads), "stay"))
    if draw(one_in(4)):
        steps.append(
            Step(
                days[1], "oak senco", "enrol", (draw(st.sampled_from(["oak", "oak", "hill"])), draw(st.integers(0, 9)))
            )
        )
    if draw(st.booleans()):
        return steps
    steps.append(Step(days[2], draw(leads), "offer", ("hill",)))
    if draw(one_in(6)):
        steps.append(Step(days[2], draw(leads), "take_offer_back"))
    new_lead = draw(st.sampled_from(["hill senco", "hill dsl", "hill teacher"]))
    steps.append(Step(days[3], draw(helpers), "take", (new_lead, draw(st.booleans()))))
    steps.append(Step(days[3], "oak senco", "go", (draw(st.integers(0, 3)),)))
    if draw(st.booleans()):
        steps.append(Step(days[4], "hill senco", "move_class", ("1A",)))
    for author in ("hill senco", "hill dsl", new_lead, "oak senco", lead):
        if draw(st.booleans()):
            args = (
                draw(st.sampled_from(TABLES)),
                draw(st.sampled_from(("core", *SHARED))),
                draw(st.sampled_from(["oak", "hill"])),
            )
            steps.append(Step(days[4], author, "write", args))
    steps.append(Step(days[4], draw(helpers), draw(st.sampled_from(["reword", "review"]))))
    steps.append(
        Step(
            days[5],
            draw(helpers),
            *draw(
                st.sampled_from(
                    [("bar", ("father",)), ("admit", ("mother", ("core",))), ("stay", ()), ("turn", ("closed",))]
                )
            ),
        )
    )
    return steps


@st.composite
def _texts(draw: st.DrawFn, lead: str, partners: list[str]) -> list[Step]:
    workers = [name for partner in partners for name in (SPEAKERS[partner], f"{partner} worker") if name in WORKERS]
    workers += draw(
        st.lists(
            st.sampled_from(["care leaver", "clinic leaver", "care parent", "hill teacher", "oak teacher"]), max_size=1
        )
    )
    people = ["oak senco", "oak dsl", lead, *workers, *workers]
    steps = [Step(draw(DAY), "oak senco", "write", ("case_brief", "education", "oak"))]
    if draw(one_in(2)):
        author = draw(st.sampled_from(["oak dsl", SPEAKERS[partners[0]]]))
        steps.append(Step(draw(DAY), author, "write", ("note", "safeguarding", "oak")))
    for carer in CARERS:
        if draw(one_in(3)):
            steps.append(Step(draw(st.integers(8, 40)), carer, "tell"))
    for _ in range(draw(st.integers(4, 7))):
        author = draw(st.sampled_from(people))
        category = draw(st.sampled_from(WRITES.get(author.split()[0], (*OPEN, *OPEN, *OPEN, *OPEN, *SHARED))))
        args = (draw(st.sampled_from(TABLES)), category, draw(st.sampled_from(["oak", *partners])))
        steps.append(Step(draw(st.integers(8, 40)), author, "write", args))
    return steps
