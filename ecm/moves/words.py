"""What the pages of a move call things; every list is closed, so that nothing about a pupil can be written in it."""

DESTINATIONS = {
    "school": "Another school that uses ECM",
    "elsewhere": "A school that does not use ECM",
    "home": "Home education",
    "unknown": "We do not know yet",
}
REASONS = {
    "next_phase": "The pupil goes on to the next stage of school",
    "moved_home": "The family has moved",
    "changed_school": "The family has chosen another school",
    "managed_move": "A managed move",
    "other": "Another reason",
}
WISHES = {
    "please_ring": "Please ring us before you answer",
    "please_meet": "We would like to meet you before the first day",
    "please_soon": "Please answer this week",
}
FAMILY_TOLD = {
    "in_person": "Yes, in person",
    "phone": "Yes, by telephone",
    "in_writing": "Yes, in writing",
    "not_reached": "No: we tried and have not reached them",
    "not_safe": "No: telling them now would not be safe",
}
REFUSALS = {
    "not_joining": "No such pupil is joining our school",
    "not_yet": "It is too early: offer it again nearer the first day",
    "more_needed": "We need to talk to you first",
    "own_case": "We have a case of our own for this pupil",
    "other": "Another reason",
}
OFFER_STATES = {
    "offered": "Waiting for an answer",
    "accepted": "Accepted",
    "refused": "Refused",
    "withdrawn": "Taken back",
}
ANSWERS = {
    "hand_over": "Hand it over to the next school",
    "keep": "Keep it until the last day",
}
