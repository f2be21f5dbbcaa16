"""Worlds to try the relation in, drawn by Hypothesis: one case each, and everything people try on it in 40 days."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import count

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.access.cast import BIRTHDAYS, CARERS, SHARED, SPEAKERS, WORKERS
from tests.access.scene import Scope
from tests.access.sharing_worlds import MORE, one_in
from tests.access.steps import Step

# A service whose being involved is telling writes where that may be known, and nowhere else.
WRITES = {"clinic": ("health",), "haven": ("safeguarding",)}
OPEN = ("core", "classroom", "education")  # what most people on a case see
TABLES = (
    "identified_barrier", "note", "action", "review_contribution", "outcome", "measurement", "provision", "case_view",
)  # fmt: skip
MISTAKEN = ("note", "action", "outcome", "measurement", "provision", "view", "contribution")
DAY = st.integers(1, 40)
A_PIECE = 10_000  # batches at most that one piece draws


@dataclass(frozen=True)
class World:
    """A pupil, what happens in order of time, and where on the line of boundaries (0 to 1) to look."""

    born_on: date | None
    steps: tuple[Step, ...]
    look: float


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


CARE: Scope = ("care", "health", "support")
OAK: Scope = ("oak", "safeguarding", "support")
HILL: Scope = ("hill", "safeguarding", "support")


def _plain(*more: Step, born_on: date | None = None) -> World:
    """One service agreed to by one carer, who may see the case; and something more."""
    steps = (
        Step(0, "oak senco", "open_case", ("oak teacher",)),
        Step(0, "oak senco", "ask", ((CARE, ("care", "health", "advice"), OAK, HILL),)),
        Step(0, "oak senco", "invite", ("care",)),
        Step(1, "mother", "say", ("mother", CARE, "given")),
        Step(1, "oak senco", "admit", ("mother", ("core", "classroom", "education"))),
        Step(2, "oak senco", "write", ("note", "education", "oak")),
        *more,
    )
    return World(born_on, tuple(sorted(steps, key=lambda step: step.day)), 1.0)


_ACCEPT = Step(1, "care manager", "accept", ("care", "care worker"))
_HILL = (Step(3, "oak senco", "invite", ("hill",)), Step(4, "hill senco", "accept", ("hill", None)))
_SAFE = (
    Step(2, "oak dsl", "write", ("note", "safeguarding", "oak")),
    Step(2, "care worker", "write", ("note", "health", "oak")),
)
_ALERT = Step(2, "oak senco", "write", ("health_alert", "health", "oak"))
_RESTRICT = Step(7, "oak dsl", "restrict", (("oak dsl", "care manager"),))
_BRIEF = Step(2, "oak senco", "write", ("case_brief", "education", "oak"))


def _hand_over(own: bool) -> tuple[Step, ...]:
    return (
        Step(2, "oak dsl", "bar", ("father",)),
        Step(2, "oak dsl", "write", ("note", "safeguarding", "oak")),
        Step(3, "oak teacher", "write", ("action", "education", "oak")),
        Step(4, "oak senco", "go", (1,)),
        Step(7, "oak senco", "offer", ("hill",)),
        Step(8, "hill dsl", "take", ("hill senco", own)),
        Step(9, "hill senco", "reword"),
        Step(9, "hill senco", "write", ("note", "education", "hill")),
        Step(9, "oak senco", "write", ("note", "education", "oak")),
        Step(9, "care worker", "write", ("note", "health", "oak")),
    )


# Every birthday, known from the start and learnt later; another purpose refused; a yes to a service that declined;
# a bar for good, lifted; `core` written by a service that ends; what is about safeguarding, agreed for either school.
AWKWARD = (
    *(_plain(_ACCEPT, born_on=born_on) for born_on in BIRTHDAYS),
    *(_plain(_ACCEPT, Step(3, "oak senco", "correct_birth", (born_on,))) for born_on in BIRTHDAYS),
    _plain(_ACCEPT, Step(3, "father", "say", ("father", ("care", "health", "advice"), "refused"))),
    _plain(Step(1, "care manager", "decline", ("care",))),
    _plain(_ACCEPT, Step(2, "oak dsl", "bar", ("mother",)), Step(9, "oak senco", "lift", ("mother",))),
    _plain(_ACCEPT, Step(2, "care worker", "write", ("note", "core", "oak")), Step(5, "oak dsl", "end", ("care",))),
    *(
        _plain(
            _ACCEPT, *_HILL, Step(6, "mother", "say", ("mother", scope, "given")),
            Step(5, "oak dsl", "write", ("note", "safeguarding", "oak")),
            Step(7, "care worker", "write", ("identified_barrier", "safeguarding", "oak")),
        ) for scope in (OAK, HILL)
    ),
    # What a carer says for themselves, and then is barred, or let off; what changes and is one's own.
    _plain(_ACCEPT, Step(3, "mother", "tell"), Step(3, "father", "tell"), Step(5, "oak dsl", "bar", ("mother",))),
    _plain(
        _ACCEPT, Step(2, "oak senco", "admit", ("father", ("core",))), Step(3, "father", "tell"), Step(4, "mother", "tell"),
        *(Step(day, who, "write", (table, kind, "oak")) for table, day in (("outcome", 5), ("measurement", 6), ("provision", 6), ("case_view", 6))
          for who, kind in (("oak senco", "education"), ("care worker", "health"))),
        *(Step(7, who, "settle", (table,)) for table in ("outcome", "provision") for who in ("mother", "care worker", "oak senco")),
        Step(9, "oak dsl", "end", ("care",)),
    ),
    # What was entered in error, of every kind: by whoever wrote it, by the school, by whoever may not; an outcome with its number.
    *(
        _plain(
            _ACCEPT, Step(2, "oak senco", "review"), Step(4, "mother", "tell"),
            *(Step(day, who, "write", (table, kind, "oak")) for day, table in enumerate(TABLES, start=3)
              for who, kind in (("oak senco", "education"), ("care worker", "health"))),
            *(Step(day, who, "correct", (kind,)) for day, kind in enumerate(MISTAKEN, start=20)), Step(30, "oak senco", "write", ("measurement", "education", "oak")),
        ) for who in ("oak senco", "oak dsl", "care worker", "mother")
    ),
    # Left, left and back, not left after all; handed over with either record, the new school having been a helper.
    _plain(_ACCEPT, _BRIEF, Step(3, "oak senco", "go", (2,))),
    _plain(_ACCEPT, Step(3, "oak senco", "go", (-1,)), Step(4, "oak senco", "enrol", ("oak", 5))),
    _plain(_ACCEPT, Step(3, "oak senco", "go", (9,)), Step(4, "oak dsl", "stay")),
    _plain(_ACCEPT, Step(6, "mother", "say", ("mother", OAK, "given")), Step(7, "oak senco", "go", (1,))),
    *(_plain(_ACCEPT, Step(3, "father", "say", ("father", CARE, no))) for no in ("refused", "withdrawn")),
    *(_plain(_ACCEPT, _BRIEF, *_HILL, *_hand_over(own), born_on=born_on) for own in (True, False) for born_on in BIRTHDAYS[:2]),
    # Taught in class: by somebody else from then on, or by nobody; restricted, and named or not; too close.
    *(
        _plain(
            _ACCEPT, Step(1, "oak dsl", "hand_over", ("oak dsl",)), Step(2, "care worker", "write", ("action", "classroom", "oak")),
            *(Step(2, "oak senco", "write", (table, "classroom", "oak")) for table in ("note", "outcome", "provision", "case_view")),
            Step(3, "oak teacher", "write", ("measurement", "classroom", "oak")), *more, Step(40, "mother", "tell"),
        ) for more in (
            *((Step(5, "oak senco", "move_class", (name,)),) for name in ("1B", None)),
            (Step(9, "oak senco", "go", (2,)),), (_RESTRICT,), (_RESTRICT, Step(9, "oak dsl", "add_name", ("oak teacher",))),
            (Step(5, "oak teacher", "declare", ("oak teacher",)),), (Step(5, "oak senco", "move_class", ("1B",)), *_hand_over(own=True)),
        )
    ),
    # What rests on no consent, over, under and on its limit, and at sixteen; refused it makes no difference.
    *(
        _plain(
            _ACCEPT, *_SAFE, Step(3, "oak dsl", "write", ("note", category, "oak")), Step(4, "father", "say", ("father", CARE, "refused")),
            Step(5, "oak dsl", "ground", ("care", basis, (category,), days, by)), *more, born_on=born_on,
        ) for category in ("family", "safeguarding") for basis, days, by, more, born_on in (
            ("service_agreement", None, "mother", (Step(9, "oak dsl", "end_ground", ("care",)),), None),
            ("service_agreement", 25, "mother", (), None),
            ("service_agreement", None, "mother", (), date(2006, 3, 12)),
            ("statutory", 9, None, (), date(2006, 3, 1)),
            ("statutory", None, None, (), None),
            ("override", 14, None, (), None),
            ("override", 15, None, (), None),
        )
    ),
    # An emergency of whoever may and may not, at the table or not, ended or run out; in a restricted case; with a conflict.
    *(
        _plain(*_SAFE, _ALERT, *more, Step(9, who, "break_in"), Step(9.1, who, "go_out") if who == "oak dsl" else Step(9.2, "mother", "tell"))
        for who in ("oak dsl", "oak senco", "oak teacher", "care worker", "care manager", "clinic worker", "care parent")
        for more in ((), (_ACCEPT, _RESTRICT), (_ACCEPT, Step(8, "care manager", "declare", ("care worker",))))
    ),
    # Restricted: whoever is named keeps what they read for others; the lead is always named; then one name fewer.
    *(
        _plain(
            _ACCEPT, *_SAFE, *_HILL, Step(6, "oak senco", "write", ("action", "education", "care")), _RESTRICT,
            Step(9, "oak dsl", "drop_name", ("care manager",)), Step(10, "oak dsl", "add_name", (added,)), *more,
        ) for added in ("care worker", "oak senco", "oak mentor") for more in ((), (Step(12, "oak dsl", "unrestrict"),))
    ),
    # Too close: somebody with another hat, who is a parent too; over again; before and after a hand-over.
    *(
        _plain(
            Step(1, "care manager", "accept", ("care", "care parent")), Step(2, "oak senco", "admit", ("father", ("core", "education"))),
            *_SAFE, Step(5, "care manager", "declare", ("care parent",)), Step(6, "oak senco", "shield", (("oak teacher",),)),
            Step(6, "oak dsl", "shield", (("oak teacher", "care parent", "oak senco"),)), *more,
        ) for more in (
            (), (Step(9, "care manager", "resolve", ("care parent",)),), (Step(9, "care parent", "resolve", ("care parent",)),),
            (Step(9, "oak dsl", "drop_reader", ("oak senco",)),), (Step(9, "oak dsl", "drop_reader", ("oak dsl",)),),
            (Step(9, "oak dsl", "unshield"),), _hand_over(own=True), _hand_over(own=False),
            (Step(9, "oak dsl", "order", ("father", 5)),), (Step(9, "oak dsl", "order", ("father",)), Step(12, "oak dsl", "discharge", ("father",))),
        )
    ),
)  # fmt: skip


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
