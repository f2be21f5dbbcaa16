"""Why two records are offered, the details of a record, and what came of a match, as pages say them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ecm.duplicates.rules import FIELDS, Why
from ecm.pupils.words import NEED_LABELS, PROVISION_LABELS, YEAR_LABELS
from ecm.web.dates import short_date

WHY_LABELS: dict[Why, str] = {
    "former_upn": "The former UPN of one is the UPN of the other",
    "same_uln": "The same ULN",
    "same_nhs_number": "The same NHS number",
    "same_former_upn": "The same former UPN",
    "same_names_and_birth": "The same names and date of birth",
    "names_swapped": "First and last name changed places, same date of birth",
    "birth_slip": "The same names, and dates of birth that one slip makes of each other",
    "alike_names": "Names that differ by a slip, same date of birth",
    "no_birth": "The same names, and a date of birth that is not known",
}
FIELD_LABELS = dict(
    zip(
        FIELDS,
        ("First name", "Last name", "Preferred name", "Pronouns", "Date of birth", "UPN", "ULN", "NHS number", "Year group",
         "Class", "SEN provision", "Kinds of need"),
        strict=True,
    )
)  # fmt: skip
NUMBER_LABELS = {"upn": "UPN", "uln": "ULN"}
OUTCOME_LABELS = {
    "moved": "The pupil has moved: one of the two schools ends its enrolment",
    "dual_registration": "The pupil is registered at both schools",
    "mistyped": "A number was mistyped, and is corrected now",
    "not_same": "They are two different pupils",
}
SETTLED_LABELS = {
    "moved": "Moved", "dual_registration": "Registered at both", "mistyped": "Number mistyped", "not_same": "Two pupils",
}  # fmt: skip
OPENED_LABELS = {
    "pupil:shown": "The pupil’s details",
    "pupils:searched": "A search that found the pupil",
    "pupils:listed": "A list with the pupil",
    "case:shown": "A case of the pupil",
    "cases:listed": "A list with a case of the pupil",
    "home:shown": "The start page",
    "carer:shown": "A parent or carer of the pupil",
    "duplicate:shown": "This pupil beside another",
    "duplicates:listed": "The list of possible duplicates",
    "merge:shown": "The log of a merge",
    "merges:listed": "The list of merges",
}


def opened_label(event: str) -> str:
    """What was opened, by the kind of event in the log."""
    return OPENED_LABELS.get(event, event.partition(":")[0].replace("_", " ").capitalize())


def as_they_were(before: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Both records of a merge as the log keeps them: (what, of the one that stayed, of the one that is gone).
    What neither said is left out."""
    sides = [_as_it_was(before[side]) for side in ("kept", "gone")]
    return [(label, ours, sides[1][label]) for label, ours in sides[0].items() if ours or sides[1][label]]


def _as_it_was(record: Mapping[str, Any]) -> dict[str, str]:
    pupil, sen = record["pupil"], record["sen_status"] or {}
    roll: Mapping[str, Any] = max(record["enrolments"], key=lambda each: each["from_on"], default={})
    numbers = {kind: [each["value"] for each in record["identifiers"] if each["kind"] == kind]
               for kind in ("former_upn", "uln", "nhs_number")}  # fmt: skip
    born = pupil["date_of_birth"]
    return {
        "First name": pupil["first_name"],
        "Last name": pupil["last_name"],
        "Preferred name": pupil["preferred_name"] or "",
        "Pronouns": pupil["pronouns"] or "",
        "Date of birth": short_date(date.fromisoformat(born)) if born else "",
        "UPN": roll.get("upn") or "",
        "Former UPN": ", ".join(numbers["former_upn"]),
        "ULN": ", ".join(numbers["uln"]),
        "NHS number": ", ".join(numbers["nhs_number"]),
        "Year and class": ", ".join(
            filter(None, (YEAR_LABELS.get(roll.get("year_group", "")), roll.get("class_name")))
        ),
        "SEN provision": PROVISION_LABELS.get(sen.get("sen_provision", ""), ""),
        "Kinds of need": "; ".join(NEED_LABELS.get(each["type"], each["type"]) for each in sen.get("needs", [])),
        "Parents or carers": ", ".join(f"{each['name']} ({each['relationship']})" for each in record["carers"]),
        "People barred": str(len(record["bars"]) or ""),
        "Cases": str(len(record["cases"]) or ""),
    }
