"""Which journey looks at which pages, and at which forms when they are sent with something wrong.

The last test of each journey holds it to its part of this table; test_visited.py holds the table to the application.
So no page escapes, whatever process a journey runs in.
"""

from tests.journeys.sight import SEEN, SEEN_WITH_PROBLEMS

PAGES: dict[str, set[str]] = {
    "senco": {
        "/", "/sign-in", "/actions", "/demo/outbox", "/cases", "/cases/new", "/cases/new/{pupil_id}", "/cases/{reference}",
        "/cases/{reference}/actions/add", "/cases/{reference}/ask", "/cases/{reference}/ask/check",
        "/cases/{reference}/barriers/add", "/cases/{reference}/carers", "/cases/{reference}/invite",
        "/cases/{reference}/plans", "/cases/{reference}/sharing", "/consent-requests/{request_id}/record",
    },
    "partner": {
        "/actions/{action_id}", "/invitations", "/invitations/{involvement_id}", "/invitations/{involvement_id}/ending",
        "/invitations/{involvement_id}/refusal", "/invitations/{involvement_id}/withdrawal", "/family",
        "/family/requests/{request_id}/who", "/family/requests/{request_id}/questions",
        "/family/requests/{request_id}/check", "/family/requests/{request_id}/receipt",
        "/family/requests/{request_id}/withdrawal/{proposal_id}",
    },
    "carer": {
        "/consent/{secret}", "/consent/{secret}/code", "/answer/{request_id}", "/answer/{request_id}/not-mine",
        "/answer/{request_id}/who", "/answer/{request_id}/questions", "/answer/{request_id}/check",
        "/answer/{request_id}/receipt", "/answer/{request_id}/withdrawal/{proposal_id}",
    },
    "auditor": {"/oversight"},
    "errors": {"/cases/{reference}/carers/{carer_id}/bar", "/consents/{proposal_id}/withdrawal"},
    "rivals": set(),
    "places": {"/account", "/help/accessibility"},
}  # fmt: skip

FORMS: dict[str, set[str]] = {
    "senco": set(),
    "partner": {
        "/actions/{action_id}", "/invitations/{involvement_id}/ending", "/invitations/{involvement_id}/refusal",
    },
    "carer": {"/answer/{request_id}/check", "/consent/{secret}/code"},
    "auditor": set(),
    "errors": {
        "/sign-in", "/cases/new/{pupil_id}", "/cases/{reference}/actions/add", "/cases/{reference}/ask/check",
        "/cases/{reference}/barriers/add", "/cases/{reference}/carers", "/cases/{reference}/carers/{carer_id}/bar",
        "/cases/{reference}/invite", "/cases/{reference}/notes", "/cases/{reference}/plans",
        "/consent-requests/{request_id}/record", "/consents/{proposal_id}/withdrawal",
    },
    "rivals": {
        "/actions/{action_id}/step", "/family/requests/{request_id}/check", "/invitations/{involvement_id}/acceptance",
        "/invitations/{involvement_id}/assignee", "/invitations/{involvement_id}/withdrawal",
    },
    "places": set(),
}  # fmt: skip


def assert_looked_at(journey: str) -> None:
    """This journey, run in this process, looked at everything the table says of it."""
    assert not PAGES[journey] - SEEN, "pages this journey is to look at"
    assert not FORMS[journey] - SEEN_WITH_PROBLEMS, "forms whose errors this journey is to look at"
