"""The closed lists that cross the border, and what they are called on a screen."""

from typing import Literal

Category = Literal["core", "classroom", "education", "health", "social_care", "family", "safeguarding"]

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
