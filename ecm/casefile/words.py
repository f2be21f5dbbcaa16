"""What the pages of a case call things."""

ENTRY_KINDS = {
    "note": "Notes",
    "action": "Actions",
    "barrier": "Barriers",
    "outcome": "Outcomes and provision",
    "view": "In their own words",
    "people": "People and services",
    "consent": "What the family was asked and said",
    "plan": "Support plans",
    "review": "Reviews",
    "case": "Opening, handing over and closing",
}
PURPOSES = {
    "support": "to help the pupil",
    "assessment": "to find out what help is needed",
    "planning": "to plan the help together",
    "review": "to look at how the help is going",
}
CHANNELS = {
    "online": "online",
    "in_person": "in person",
    "phone": "by phone",
    "paper": "on paper",
    "interpreter_call": "on a call with an interpreter",
}
# What was opened, from the event of the log; a new kind of event is a look at the case until it has words here.
LOOKED_AT = {
    "case:shown": "The case",
    "case:exported": "The case, taken away as a file",
    "action:shown": "An action",
    "actions:listed": "The actions",
    "plan:shown": "The list of support plans",
    "plan:downloaded": "A support plan",
    "plan:copied": "A copy of the support plan",
    "consents:listed": "Who may see what",
    "pupil:shown": "Parents and carers",
    "directory:listed": "Who could help",
    "access_log:shown": "This list of who has looked",
}
PARTS = {
    "overview": "",
    "timeline": "its timeline",
    "actions": "its actions",
    "carers": "its parents and carers",
    "class": "what helps in class",
}
