"""What the auditor's pages call things."""

from ecm.agencies.words import KIND_LABELS

OUTCOMES = {"shown": "Shown", "done": "Done", "denied": "Denied"}
LATELY = {"1": "Today", "7": "The last 7 days", "31": "The last 31 days"}
SORTS = {
    "views": "Views",
    "changes": "Changes",
    "exports": "Files taken away",
    "denied": "Denied",
    "sign_ins": "Signing in and out",
}
WHAT_COUNTS = {
    "views": "something was shown: a page, a list, a search",
    "changes": "something was written, answered, ended or sent",
    "exports": "a list, a support plan or a record left as a file",
    "denied": "somebody was refused, a wrong password included",
    "sign_ins": "somebody signed in or out, or changed hats",
}
KINDS = KIND_LABELS | {"family": "Parents, carers and young people", "program": "The program itself"}
VERDICTS = {"sound": "Sound", "tampered": "Tampered with", "cannot_tell": "Could not be told"}
# Why somebody could see the case at that moment, as its event says it. Source: ADR 0018.
BASES = {
    "opened_by": "their school kept the case",
    "assignment": "named to work on the case",
    "consent": "the family agreed",
    "own_record": "wrote something there",
    "own_child": "cares for this child",
}


def why(basis: str | None) -> str:
    """The bases of an event in words, such as `The family agreed; named to work on the case`; '' when it names none."""
    found = [BASES.get(each, each.replace("_", " ")) for each in (basis or "").split(":") if each]
    text = "; ".join(found)
    return text[:1].upper() + text[1:]
