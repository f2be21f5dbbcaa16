"""The closed lists that cross the border, and what they are called on a screen."""

from typing import Literal

Category = Literal["core", "classroom", "education", "health", "social_care", "family", "safeguarding"]
InvitationReason = Literal[
    "assessment", "advice", "direct_support", "family_support", "coordination", "safeguarding_advice"
]
ActionStatus = Literal["todo", "doing", "done", "cancelled"]
OutcomeStatus = Literal["working", "met", "partly_met", "not_met", "stopped"]
Whose = Literal["pupil", "family"]

ROLE_LABELS = {
    "senco": "SENCO",
    "headteacher": "Headteacher",
    "dsl": "Designated safeguarding lead",
    "teacher": "Teacher",
    "practitioner": "Practitioner",
    "manager": "Manager",
    "case_officer": "SEND case officer",
    "agency_admin": "Administrator",
    "auditor": "Auditor",
    "data_protection_officer": "Data protection officer",
    "system_admin": "System administrator",
    "carer": "Parent or carer",
    "young_person": "Young person",
}

CATEGORY_LABELS = {
    "core": "Name, school and who is involved",
    "classroom": "What helps in class",
    "education": "Learning and school",
    "health": "Health",
    "social_care": "Social care",
    "family": "Family and home",
    "safeguarding": "Keeping safe",
}

REASON_LABELS = {
    "assessment": "Assessment",
    "advice": "Advice",
    "direct_support": "Direct support for the pupil",
    "family_support": "Support for the family",
    "coordination": "Coordinating the work",
    "safeguarding_advice": "Safeguarding advice",
}

REFUSAL_LABELS = {
    "not_our_service": "This is not something our service does",
    "criteria_not_met": "Our criteria are not met",
    "at_capacity": "We have no capacity now",
    "already_known": "We are working with the pupil already",
    "more_information_needed": "We need to know more first",
    "conflict_of_interest": "We have a conflict of interest",
    "other": "Another reason",
}

INVOLVEMENT_LABELS = {
    "invited": "Invited",
    "waiting_for_basis": "Accepted, waiting for the family",
    "active": "Working on the case",
    "declined": "Declined",
    "withdrawn": "Invitation taken back",
    "ended": "Ended",
}

KIND_LABELS = {
    "school": "Schools",
    "social_care": "Social care",
    "health": "Health",
    "family_support": "Family support",
    "local_authority": "Local authority",
    "voluntary": "Voluntary organisations",
    "partnership": "Partnership",
}

# Who will read what is written there, as the box says it. Source: docs/access.md.
CATEGORY_READERS = {
    "classroom": "Read by the school, whoever teaches the pupil’s class, the parents or carers who see the case, and services the family agreed may see what helps in class.",
    "education": "Read by the school, the parents or carers who see the case, and services the family agreed may see learning and school.",
    "health": "Read by whoever writes it, and by services the family agreed may see health.",
    "social_care": "Read by whoever writes it, and by services the family agreed may see social care.",
    "family": "Read by the school, and by services the family agreed may see family and home.",
    "safeguarding": "Read by whoever writes it, and by the few who may see what keeps the pupil safe. This is not the child-protection file.",
}

ACTION_STATUS_LABELS = {"todo": "To do", "doing": "Under way", "done": "Done", "cancelled": "Cancelled"}

OUTCOME_STATUS_LABELS = {
    "working": "Being worked on",
    "met": "Met",
    "partly_met": "Partly met",
    "not_met": "Not met",
    "stopped": "Stopped",
}
TRAJECTORY_LABELS = {
    "below": "Slower than planned",
    "at": "As planned",
    "above": "Faster than planned",
}
WHOSE_LABELS = {"pupil": "The pupil", "family": "The family"}

LEVEL_LABELS = {
    "1": "1: what every classroom does",
    "2": "2: extra help in school",
    "3": "3: help from several services",
    "4": "4: specialist or statutory help",
}

HOW_LABELS = {
    "teacher_observation": "A teacher noticed it",
    "assessment": "An assessment",
    "screening": "A screening",
    "pupil_voice": "The pupil said so",
    "family_view": "The family said so",
    "specialist_advice": "A specialist advised it",
    "diagnosis": "A diagnosis",
    "records": "From records",
}

BASIS_LABELS = {
    "opened_by": "your school keeps this case",
    "assignment": "you were named to work on this case",
    "consent": "the family agreed to share this with your service",
    "service_agreement": "the family agreed to your service",
    "statutory": "the law lets us share this with your service",
    "override": "it was decided to share this to keep the pupil safe",
    "emergency": "you opened this in an emergency",
    "own_record": "your service wrote it",
    "own_child": "you care for this child",
}

# What is somebody's own, and not their service's, is a colleague's where they only stand in.
COVER_LABELS = {"assignment": "a colleague you cover for was named to work on this case"}

# Why somebody could see the case, said of somebody else.
LOG_BASES = {
    "opened_by": "their school kept the case",
    "assignment": "they were named to work on it",
    "consent": "the family agreed to share with their service",
    "service_agreement": "the family agreed to their service",
    "statutory": "the law let us share with their service",
    "override": "it was decided to share with their service to keep the pupil safe",
    "emergency": "they opened it in an emergency",
    "own_record": "they wrote something there",
    "own_child": "they care for this child",
}


def log_bases(role: str) -> dict[str, str]:
    """The same of somebody in this role: what a school has by keeping a case reaches a teacher by the pupil's class.

    Source: ADR 0029.
    """
    return LOG_BASES | {"opened_by": "they taught the pupil’s class"} if role == "teacher" else LOG_BASES


OUTCOME_LABELS = {
    "outcomes_met": "What we set out to do is done",
    "stepped_up": "The pupil now gets more specialist help",
    "stepped_down": "What every classroom does is enough now",
    "moved": "The pupil has moved away or changed school",
    "declined_by_family": "The family does not want it to go on",
    "no_longer_needed": "It is not needed any more",
    "other": "Something else",
}

TURN_LABELS = {
    "closed": "Closed",
    "reopened": "Reopened",
    "voided": "Marked as opened in error",
    "died": "Closed because the pupil has died",
    "died_in_error": "The date of death was entered in error",
}
