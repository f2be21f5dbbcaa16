"""What is wrong with a message, as a page says it."""

LETTERS = {
    "carer_link": "A question to a parent or carer",
    "link_code": "A code for a parent or carer",
    "talk_wanted": "A parent or carer wants to talk",
    "objection_made": "A parent or carer objects to what is shared",
    "reminders": "What waits for a worker",
    "colleague_link": "An invitation to a colleague",
    "password_link": "A link to set a password",
    "address_link": "A link to confirm an address",
    "password_changed": "A password was changed",
    "address_changed": "An address was changed",
    "membership_ends": "A role ends soon",
    "membership_ended": "A role has ended",
    "you_cover": "Somebody covers for a colleague",
    "case_ended": "A case has ended",
    "request_ended": "A request for help was taken back",
    "case_offered": "A case is offered to a school",
    "offer_ended": "The offer of a case has ended",
    "case_moved": "Another school keeps a case",
    "request_moved": "Another school asks for help",
    "school_changes": "A school plans a move with a parent or carer",
    "school_changed": "The next school has taken over",
    "emergency_opened": "A case was opened in an emergency",
    "emergency_to_review": "An emergency access to review",
    "emergency_late": "An emergency access that nobody has reviewed",
    "override_recorded": "A safeguarding override was recorded",
    "conflict_declared": "Somebody has a conflict of interest",
    "pupil_matched": "A pupil may be known to another school",
}
CHANNELS = {"email": "E-mail", "sms": "Text message"}
STATES = {
    "waiting": ("Waiting", "yellow"), "refused": ("Refused", "red"), "failed": ("Given up", "red"),
    "bounced": ("Came back", "orange"), "sent": ("Sent", "green"),
}  # fmt: skip
TROUBLES = {
    "no_carrier": "No mail server or text provider is set for this kind of message.",
    "no_connection": "The server cannot be reached, or hung up.",
    "certificate": "The server’s certificate is not one we trust.",
    "no_starttls": "The server does not offer encryption (STARTTLS), so nothing was handed over.",
    "sign_in": "The server does not accept our user name and password.",
    "sender": "The server does not accept our sender address.",
    "server": "The server answered with an error.",
    "unsendable": "The address cannot be written to.",
    "not_wanted": "It was not sent, because the case has ended.",
    "restored": "It waited when a backup was made that has been restored since. It may have arrived.",
    "error": "A fault of this system. The worker’s log says more.",
}


def letter_label(name: str) -> str:
    """What kind of letter, on a screen."""
    return LETTERS.get(name, name.replace("_", " ").capitalize())


def trouble_sentence(code: str | None) -> str:
    """What went wrong at the last try, in a sentence; a server's own number for whoever looks it up."""
    if not code:
        return "Not tried yet. Is the worker running?"
    kind, _, number = code.partition("_")
    if code not in TROUBLES and kind in ("smtp", "http"):
        later = number.startswith("4") and kind == "smtp"
        return f"The server said {'“try later”' if later else 'no'} ({number})."
    if code not in TROUBLES and kind == "dsn":
        return f"It left, and was reported as not delivered ({number.replace('_', '.')})."
    return TROUBLES.get(code, code)
