"""What is said of a file, its rows and its fields, in plain words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ecm.pupils.rules import year_group_label
from ecm.pupils.words import LANGUAGE_LABELS, PROVISION_LABELS
from ecm.web.dates import long_date

FIELD_LABELS = {
    "ecm_id": "ECM id", "upn": "UPN", "former_upn": "Former UPN", "uln": "ULN", "nhs_number": "NHS number", "first_name": "First name",
    "last_name": "Last name", "preferred_name": "Preferred name", "date_of_birth": "Date of birth",
    "year_group": "Year group", "class_name": "Class", "sen_provision": "SEN provision", "needs": "Needs",
    "left_on": "Leaving date", "from_on": "Date of entry", "carer": "Parent or carer", "carer_name": "Name",
    "carer_email": "E-mail address", "carer_phone": "Mobile number", "carer_relationship": "Relationship",
    "carer_language": "Language", "carer_has_parental_responsibility": "Parental responsibility", "postcode": "Postcode",
}  # fmt: skip

CONFLICTS = {
    "twice": "Rows {rows} of the file have the same {what}. Put the wrong ones right.",
    "same_pupil": "Rows {rows} of the file are about the same pupil. Leave one of them.",
    "same_person": "Rows {rows} of the file have the same name and date of birth, and no UPN tells them apart.",
    "other_pupil": "Another pupil on your roll has this {what}. Check which of the two it belongs to.",
    "left": "The file says that this pupil has left, and you do not have them on your roll. They are not added.",
    "nameless": "No pupil on your roll has these numbers, and without a first name nobody can be added.",
}

WHY_KEPT = {
    "by_hand": "written by hand here",
    "emptied": "taken away by hand here",
    "former": "the number in the file is a former one",
    "barred": "this person must not be in contact: nothing of them is changed",
    "bar": "not added, because somebody must not be in contact with this pupil: add them by hand if it is right",
    "admitted": "this person has been admitted to a case: correct it by hand",
    "verified": "this was checked in person",
    "their_own": "this is not your school’s alone to change",
    "address_taken": "this address cannot be used here: ask in person",
}

STATUS_LABELS = {
    "reading": "Being read",
    "ready": "Waiting for you",
    "approved": "Approved",
    "cancelled": "Cancelled",
    "failed": "Could not be read",
    "expired": "Not approved in time",
    "interrupted": "Reading was interrupted",
}
FORMAT_LABELS = {"csv": "CSV", "ctf": "Common Transfer File"}

PARTS = {
    "new": "New",
    "changed": "Changed",
    "kept": "Kept as it is here",
    "rejected": "Not taken",
    "leavers": "On your roll, not in the file",
    "warned": "Taken, with a remark",
    "unchanged": "Unchanged",
}


def conflict(each: Mapping[str, Any]) -> dict[str, str]:
    """What stands against a row beside the rest of the file and the roll, as a problem: its field and a sentence."""
    rows = each.get("rows") or []
    told = ", ".join(str(row) for row in rows[:4]) + (" and more" if len(rows) > 4 else "")
    return {
        "field": each["field"],
        "message": CONFLICTS[each["code"]].format(rows=told, what=FIELD_LABELS.get(each["field"], "")),
    }


def shown_value(name: str, value: Any) -> str:
    """A value of a file or of the record as it stands on a screen."""
    if value is None or value == "":
        return "empty"
    match name:
        case "year_group":
            return year_group_label(value)
        case "sen_provision":
            return PROVISION_LABELS.get(value, str(value))
        case "date_of_birth":
            return long_date(date.fromisoformat(value))
        case "needs":
            return _needs(value)
        case "carer_has_parental_responsibility":
            return "yes" if value else "no"
        case "carer_language":
            return LANGUAGE_LABELS.get(value, str(value))
    return str(value)


def _needs(needs: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(each["type"]) for each in needs) or "empty"
