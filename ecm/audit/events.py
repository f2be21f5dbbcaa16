"""Every kind of event there is: noun:past_participle. What is not here cannot be recorded by name."""

from enum import StrEnum


class Event(StrEnum):
    """What happened. A slice that adds an event adds it here; old values stay, because the log keeps them for good."""

    SESSION_OPENED = "session:opened"
    SESSION_REFUSED = "session:refused"
    SESSION_ENDED = "session:ended"
    MEMBERSHIP_CHOSEN = "membership:chosen"
    ACCESS_DENIED = "access:denied"
    ACCOUNT_SHOWN = "account:shown"
    HOME_SHOWN = "home:shown"
    DIRECTORY_LISTED = "directory:listed"
    FAMILY_SHOWN = "family:shown"

    PUPILS_SEARCHED = "pupils:searched"
    PUPIL_SHOWN = "pupil:shown"
    CONTACT_BARRED = "contact:barred"
    CONTACT_UNBARRED = "contact:unbarred"

    CASE_OPENED = "case:opened"
    CASE_CHANGED = "case:changed"
    CASE_SHOWN = "case:shown"
    CASES_LISTED = "cases:listed"
    BARRIER_ADDED = "barrier:added"
    NOTE_WRITTEN = "note:written"
    CARER_ADMITTED = "carer:admitted"
    ACTION_ADDED = "action:added"
    ACTION_UPDATED = "action:updated"
    ACTION_SHOWN = "action:shown"
    ACTIONS_LISTED = "actions:listed"

    INVOLVEMENT_INVITED = "involvement:invited"
    INVOLVEMENT_ACCEPTED = "involvement:accepted"
    INVOLVEMENT_REFUSED = "involvement:refused"
    INVOLVEMENT_WITHDRAWN = "involvement:withdrawn"
    INVOLVEMENT_ENDED = "involvement:ended"
    INVOLVEMENT_ASSIGNED = "involvement:assigned"
    INVOLVEMENTS_LISTED = "involvements:listed"

    CONSENT_REQUESTED = "consent:requested"
    CONSENT_GIVEN = "consent:given"
    CONSENT_REFUSED = "consent:refused"
    CONSENT_WITHDRAWN = "consent:withdrawn"
    CONSENT_TALK_WANTED = "consent:talk_wanted"
    CONSENTS_LISTED = "consents:listed"
    CONSENT_LINK_OPENED = "consent_link:opened"
    CONSENT_LINK_VERIFIED = "consent_link:verified"
    CONSENT_LINK_REFUSED = "consent_link:refused"

    PLAN_MADE = "plan:made"
    PLAN_FINISHED = "plan:finished"
    PLAN_SHOWN = "plan:shown"
    PLAN_DOWNLOADED = "plan:downloaded"

    AUDIT_SEARCHED = "audit:searched"
    AUDIT_EXPORTED = "audit:exported"
    AUDIT_CHECKED = "audit:checked"
    AUDIT_PROVED = "audit:proved"
