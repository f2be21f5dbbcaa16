"""What made-up people write: short, plain, and varied enough to be read for an hour."""

from functools import cache
from random import Random

from ecm.barriers.catalogue import Barrier, catalogue

DIFFICULT = {
    "CL": ("reading what the class reads", "starting a piece of writing", "keeping numbers in mind", "remembering what comes next"),
    "CI": ("following long instructions", "finding the words", "joining in when others talk", "telling what happened"),
    "SE": ("settling after break", "working beside others", "saying what is wrong", "coming back after a falling-out"),
    "SP": ("seeing the board", "holding a pencil for long", "noise in the hall", "moving about in a full room"),
    "AT": ("coming in on Mondays", "being on time", "staying for the afternoon", "the first hour of the day"),
    "HE": ("the long afternoons", "keeping up after days away", "eating at school", "having the energy for games"),
    "HF": ("homework, which often stays undone", "settling in the morning", "the days after a weekend away", "leaving at the gate"),
    "SL": ("the words of the lesson", "asking for help", "reading letters home aloud", "talking in front of the class"),
    "PM": ("coming with what is needed", "joining trips", "working online at home", "getting to clubs after school"),
    "EN": ("lessons in the hall", "changes of teacher", "the noise of the corridor", "finding the right room"),
}  # fmt: skip
WHEN = ("most of all after lunch", "more than last term", "in every lesson but art", "when the day has changed",
        "since the autumn", "less so in a small group", "on most days", "above all in a full class")  # fmt: skip
TRIED = ("A seat near the front has helped a little.", "We tried a checklist for six weeks; it helped on quiet days.",
         "A small group twice a week goes well.", "The class teacher checks in every morning.",
         "Short tasks work; long ones do not.", "The family sees the same at home.",
         "We would like advice before we change more.", "Nothing that we tried has lasted.")  # fmt: skip
STRENGTHS = ("Kind to younger pupils", "Curious about animals", "Draws with great care", "Knows every bus in the town",
             "Tells good stories", "Plays football before school", "Patient with puzzles", "Sings in the choir",
             "Helps to set up the hall", "Has one close friend", "Remembers birthdays", "Builds things that work")  # fmt: skip
SAW = ("Spoke with the class teacher", "Watched a maths lesson", "Met the family at the gate", "Looked at the last three weeks",
       "Rang home", "Sat with the pupil for a while", "Talked it over in the team", "Read through the work of this half term",
       "Saw the pupil at break", "Had a short meeting")  # fmt: skip
FOUND = ("mornings go better now", "the checklist is used without being asked", "two good days in a row",
         "noise is still the hardest part", "a friend makes the difference", "homework came back three times",
         "the new seat helps", "there is less worry about the hall", "tiredness shows after lunch",
         "the small group is something to look forward to")  # fmt: skip
ASIDE = ("", "", "", ", though not on Mondays", ", as at home", ", more than last month", ", above all in the mornings",
         ", with somebody beside", ", which is new")  # fmt: skip
NEXT = ("We go on as we are.", "We try it for two more weeks.", "The next step is a smaller target.", "We ask the family what they think.",
        "The timetable stays as it is.", "We look at it again at the review.", "Somebody checks in on Fridays.",
        "We tell all teachers what works.")  # fmt: skip
STEPS = ("Tried it once; went well.", "Three sessions done.", "Started, with a delay.", "The pupil likes it.", "Every week since half term.",
         "Waiting for the material.", "Done with a colleague.", "Half of it is in place.")  # fmt: skip
MESSAGES = ("We would value your view before the next review.", "The family knows that we are asking.",
            "A short visit to the class would help most.", "Please ring the school office first.")  # fmt: skip
ENDS = ("What we set out to do is done.", "Ordinary teaching is enough now.", "The family asked to stop for now.",
        "Another team goes on with it.")  # fmt: skip


@cache
def nameable() -> tuple[Barrier, ...]:
    """The barriers that a SENCO names: all but those that keeping safe is about."""
    return tuple(each for each in catalogue() if each.default_category != "safeguarding")


def reason(draw: Random, child: str, barrier: Barrier) -> str:
    """Why a case is opened, without any name of a condition."""
    hard, other = draw.sample(DIFFICULT[barrier.code[:2]], 2)
    return f"{child} finds {hard} hard, {draw.choice(WHEN)}; also {other}. {draw.choice(TRIED)}"


def strengths(draw: Random) -> str:
    """What is going well."""
    return ". ".join(draw.sample(STRENGTHS, 2)) + "."


def detail(draw: Random, barrier: Barrier) -> str:
    """What a barrier looks like in this class."""
    hard = draw.choice(DIFFICULT[barrier.code[:2]])
    return f"{hard[0].upper()}{hard[1:]} is hard, {draw.choice(WHEN)}."


def note(draw: Random) -> str:
    """What somebody saw and what follows from it."""
    return f"{draw.choice(SAW)}: {draw.choice(FOUND)}{draw.choice(ASIDE)}. {draw.choice(NEXT)}"


def contribution(draw: Random) -> str:
    """What somebody says at a review."""
    first, second = draw.sample(FOUND, 2)
    return f"{first[0].upper()}{first[1:]}, and {second}. {draw.choice(NEXT)}"
