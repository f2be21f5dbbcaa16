"""Worlds that chance seldom makes, written down: each is about one rule, or two that meet."""

from datetime import date

from tests.access.cast import BIRTHDAYS
from tests.access.scene import Scope
from tests.access.steps import Step, World

TABLES = (
    "identified_barrier", "note", "action", "review_contribution", "outcome", "measurement", "provision", "case_view",
)  # fmt: skip
MISTAKEN = ("note", "action", "outcome", "measurement", "provision", "view", "contribution")


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
    # Away: the lead, an assignee, who teaches the class; covered for, from midnight to midnight or until back; restricted,
    # with the one, the other or both named; too close; in an emergency.
    *(
        _plain(
            _ACCEPT, *_SAFE, Step(3, away, "write", ("note", "core", "oak")), Step(3, away, "write", ("action", "core", "oak")),
            *(Step(4, "oak senco", "write", ("note", category, "oak")) for category in ("classroom", "education")),
            Step(5, away, "cover", (covering, begins, 9)), *more, Step(9, "mother", "tell"),
        ) for away, covering, begins in (("oak teacher", "oak mentor", 0), ("care worker", "care leaver", -1), ("oak senco", "oak dsl", 1))
        for more in (
            (), (Step(8, away, "uncover"),), (Step(5, away, "cover", (covering, 20, 1)),), (Step(6, covering, "declare", (covering,)),),
            *((Step(7, "oak dsl", "restrict", (("oak dsl", *names),)),) for names in ((away,), (covering,))),
            (Step(6, "oak senco", "move_class", ("1B",)), Step(7, "oak dsl", "restrict", (("oak dsl", away, covering),))),
            (Step(5, "oak dsl", "hand_over", ("oak dsl",)),), (_ALERT, Step(9, away, "break_in")),
        )
    ),
    *(
        _plain(*_SAFE, _ALERT, Step(5, "care worker", "cover", ("care leaver", begins, days)), Step(9, "care worker", "break_in"))
        for begins, days in ((0, 9), (-9, 40), (4, 1))
    ),
    # Who said at the school before, of the record that it keeps, that they are too close, when the case had gone on with another.
    _plain(
        *_SAFE, _ALERT, Step(8, "oak senco", "go", (-2,)), Step(14, "oak senco", "enrol", ("oak", 6)),
        Step(14, "oak senco", "offer", ("hill",)), Step(19, "hill senco", "take", ("hill dsl", True)),
        Step(24, "oak dsl", "declare", ("oak dsl",)), Step(39, "oak dsl", "break_in"),
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
