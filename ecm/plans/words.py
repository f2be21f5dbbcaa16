"""What the kinds of plan and of copy are called, and what each is for."""

from typing import Literal

PlanType = Literal["sen_support", "early_help", "one_page_profile", "review_report"]
Audience = Literal["family", "professionals"]

TYPE_LABELS: dict[str, str] = {
    "sen_support": "SEN support plan",
    "early_help": "Early help plan",
    "one_page_profile": "One-page profile",
    "review_report": "Review report",
}
TYPE_HINTS = {
    "sen_support": "The whole plan for learning: what goes well, what is hard, what we want to reach, who does what.",
    "early_help": "The whole plan for a family that several services help: what works, what worries, who does what.",
    "one_page_profile": "One side of paper for everybody who teaches or looks after the pupil: what helps, in their own words. Nothing but what helps in class.",
    "review_report": "What was said and agreed at the last review, how the outcomes stand, and when we meet next.",
}
AUDIENCE_LABELS = {"family": "For the family", "professionals": "For professionals"}
AUDIENCE_HINTS = {
    "family": "Only what a parent or carer sees: name, what helps in class, learning and school.",
    "professionals": "Everything you can see now. Only somebody who can see all of it can open it.",
}
STATUS_LABELS = {
    "preparing": "Being drawn",
    "ready": "Newest version",
    "withheld": "Closed to you",
    "superseded": "Replaced by a newer version",
    "failed": "Could not be drawn",
}

# Kinds of information a one-page profile is made from: it lies on a classroom's desk.
PROFILE_CATEGORIES = ("core", "classroom")
