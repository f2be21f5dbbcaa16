"""What a parent or carer reads before they decide. Versioned: the text and its hash are the evidence.

A request keeps the version, the names that stand in the text, and the SHA-256 of the exact text made from both. A page
shows that text or none, and says beside it who is called otherwise since. Reading age about 11.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from ecm.agencies.permissions import CATEGORIES

VERSION = "en-1"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: may the school share these kinds of information with this agency for this purpose?"""

    agency: str
    purpose: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The names that stand in the text."""

    school: str
    child: str
    asker: str
    asker_role: str
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of information, in a carer's words."""

    code: str
    name: str
    means: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is read."""

    agency: str
    text: str
    why: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The whole text in the order in which it is read."""

    version: str
    who: str
    why: str
    choice: str
    always: str
    questions: tuple[Question, ...]
    if_no: tuple[str, ...]
    mind: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """The exact text, line by line."""
        asked = (
            line
            for q in self.questions
            for line in (q.text, q.why, *(f"{kind.name}: {kind.means}" for kind in q.kinds))
        )
        return (self.who, self.why, self.choice, *asked, self.always, *self.if_no, *self.mind)

    @property
    def hash(self) -> bytes:
        """SHA-256 over version and lines, each ended by a line feed, in UTF-8."""
        return sha256("".join(f"{line}\n" for line in (self.version, *self.lines())).encode()).digest()


ROLES = {
    "senco": "who looks after extra help for pupils (the SENCO)",
    "headteacher": "the headteacher",
    "dsl": "who looks after the safety of pupils (the safeguarding lead)",
    "teacher": "a teacher",
}
PURPOSES = {
    "support": "So that they can help {child}.",
    "assessment": "So that they can find out what help {child} needs.",
    "planning": "So that the help for {child} fits together.",
    "review": "So that they can look at how the help is going.",
}
KINDS = {
    "core": ("Name and school", "{child}’s name, school and who is helping"),
    "classroom": ("What helps in class", "the things teachers do that work for {child}"),
    "education": ("Learning", "what goes well at school and what is hard"),
    "health": ("Health", "what nurses, doctors and therapists write for the people who help {child}"),
    "social_care": ("Social care", "what social workers write for the people who help {child}"),
    "family": ("Family and home", "what matters at home for helping {child}"),
    "safeguarding": ("Keeping safe", "what people must know to keep {child} safe"),
}


def _english_1(facts: Facts) -> Wording:
    child, school = facts.child, facts.school
    helpers = _list_of(list(dict.fromkeys(each.agency for each in facts.asked)))
    return Wording(
        "en-1",
        f"{facts.asker}, {ROLES.get(facts.asker_role, 'who works')} at {school}, is asking you about {child}.",
        f"The school would like {helpers} to help, and to do that they need to know some things about {child}.",
        "They see only what you say yes to.",
        f"If you say yes to anything, they also see {child}’s name and school and who is helping.",
        tuple(_question_1(each, facts) for each in facts.asked),
        (
            f"If you say no, nothing bad happens. {child} stays at school as now, and the school goes on helping.",
            "You can say yes to one and no to another.",
            "Sometimes the school asks two people. If one of them says no, nothing is shared until the school has talked with them.",
            "Sometimes the law says that people must share something to keep a child safe. Your answer does not change that.",
        ),
        (
            "You can change your mind at any time. From that moment they can no longer see it here.",
            "Copies that somebody saved before that cannot be taken back.",
            "Your yes ends after 12 months at the latest. After that the school has to ask you again.",
        ),
    )


def _question_1(asked: Asked, facts: Facts) -> Question:
    child = facts.child
    return Question(
        asked.agency,
        f"Can {facts.school} share information about {child} with {asked.agency}?",
        PURPOSES[asked.purpose].format(child=child),
        tuple(
            Kind(code, KINDS[code][0], KINDS[code][1].format(child=child))
            for code in CATEGORIES
            if code in asked.categories
        ),
    )


def _list_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# A version stays as long as a request in it can be open. Change a word, and it is another version.
VERSIONS: dict[str, Callable[[Facts], Wording]] = {"en-1": _english_1}


def renamed(names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What to say beside a text, from each name in it and the same one's name now.

    A pupil's new name is the pupil's to tell, so it is not for here. Source: docs/states.md, consent.
    """
    return tuple(dict.fromkeys(f"{before} is now called {now}." for before, now in names if before != now))


def written(facts: Facts, version: str = VERSION) -> Wording | None:
    """The text of a version with these names in it; None for a version no longer kept."""
    make = VERSIONS.get(version)
    return make(facts) if make else None
