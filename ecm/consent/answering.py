"""From a page of answers to decisions, pure: what was ticked for which question, and what is still missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecm.consent.papers import Part, Question
from ecm.consent.schemas import NewDecision, PageAnswer
from ecm.errors import Refused


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said to one question: `say` is yes, no or talk; the kinds agreed to and the kinds not."""

    question: Question
    say: str
    yes: tuple[Part, ...]
    no: tuple[Part, ...]


def read_answers(questions: Sequence[Question], given: Sequence[PageAnswer]) -> list[Said]:
    """The answers to the open questions, in their order.

    A kind that is not ticked beside a yes is a no. To talk first decides nothing.
    Raises: Refused, naming every question without an answer, and every yes or no that its ticks contradict.
    """
    by_question = {each.question: (place, each) for place, each in enumerate(given)}
    problems: dict[str, str] = {}
    said = []
    for place, question in enumerate(questions):
        at, answer = by_question.get(question.parts[0].proposal, (place, None))
        if problem := _problem(question, answer):
            problems |= {f"answers.{at}.{field}": sentence for field, sentence in problem.items()}
        elif answer is not None:
            said.append(_said(question, answer))
    if problems:
        raise Refused(problems)
    return said


def _problem(question: Question, answer: PageAnswer | None) -> dict[str, str]:
    if answer is None or not answer.say:
        return {"say": f"Choose yes, no or talk first for {question.agency}."}
    if answer.say == "yes" and not answer.kinds:
        return {"kinds": f"Tick what {question.agency} may see, or choose no."}
    if answer.say == "no" and answer.kinds:
        return {
            "say": f"You chose no for {question.agency} and also ticked something. Choose yes, or take the ticks away."
        }
    return {}


def _said(question: Question, answer: PageAnswer) -> Said:
    waiting = [part for part in question.parts if part.state.word == "requested"]
    if answer.say == "talk":
        return Said(question, "talk", (), ())
    yes = tuple(part for part in waiting if answer.say == "yes" and part.proposal in answer.kinds)
    return Said(question, answer.say, yes, tuple(part for part in waiting if part not in yes))


def decisions(said: Sequence[Said]) -> list[NewDecision]:
    """What there is to record."""
    made = []
    for each in said:
        made += [NewDecision(proposal_id=part.proposal, decision="given") for part in each.yes]
        made += [NewDecision(proposal_id=part.proposal, decision="refused") for part in each.no]
    return made
