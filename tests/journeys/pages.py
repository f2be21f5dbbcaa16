"""Which journey looks at which pages, and at which forms when they are sent with something wrong.

The last test of each journey holds it to its part of this table; test_visited.py holds the table to the application.
So no page escapes, whatever process a journey runs in.
"""

from tests.journeys.sight import SEEN, SEEN_WITH_PROBLEMS

PAGES: dict[str, set[str]] = {
    "denials": {
        "/conflicts", "/pupils/{pupil_id}/conflict", "/cases/{reference}/restriction", "/cases/{reference}/restriction/check",
        "/cases/{reference}/carers/{carer_id}/order", "/cases/{reference}/carers", "/cases/{reference}/shielded",
    },
    "senco": {
        "/", "/sign-in", "/actions", "/demo/outbox", "/cases", "/cases/new", "/cases/new/{pupil_id}/{step}",
        "/cases/new/{pupil_id}/check", "/cases/{reference}/opened", "/cases/{reference}",
        "/cases/{reference}/actions/add", "/cases/{reference}/ask", "/cases/{reference}/ask/check",
        "/cases/{reference}/barriers/add", "/cases/{reference}/carers", "/cases/{reference}/invite",
        "/cases/{reference}/plans", "/cases/{reference}/sharing", "/consent-requests/{request_id}/record",
    },
    "outcomes": {
        "/cases/{reference}/outcomes/add", "/outcomes/{outcome_id}", "/cases/{reference}/provisions/add",
        "/provisions/{provision_id}", "/cases/{reference}/views/add", "/family/views/{reference}",
        "/class", "/outcomes/{outcome_id}/correct", "/measurements/{measurement_id}/correct",
        "/provisions/{provision_id}/correct", "/views/{view_id}/correct",
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
    "auditor": {
        "/oversight", "/oversight/people/{person_id}", "/oversight/pupils/{pupil_id}", "/oversight/figures", "/oversight/bundle",
    },
    "errors": {
        "/cases/new/pupil", "/pupils/{pupil_id}/edit", "/pupils/{pupil_id}/carers/add", "/carers/{carer_id}/edit",
        "/cases/new/{pupil_id}/throw-away", "/cases/{reference}/carers/{carer_id}/bar", "/consents/{proposal_id}/withdrawal"},
    "closing": {
        "/cases/{reference}/review", "/cases/{reference}/review/check", "/reviews/{review_id}/contribute",
        "/cases/{reference}/close", "/cases/{reference}/reopen", "/cases/{reference}/void", "/cases/{reference}/died",
        "/notes/{note_id}/correct", "/actions/{action_id}/correct", "/consents/{proposal_id}/correct", "/corrections",
        "/contributions/{contribution_id}/correct",
    },
    "case": {
        "/cases/{reference}/actions", "/cases/{reference}/timeline", "/cases/{reference}/access",
        "/cases/{reference}/sharing/{agency_id}/{category}", "/family/looked/{reference}",
    },
    "people": {
        "/people", "/people/invite", "/people/agency", "/people/{membership_id}", "/people/{membership_id}/role",
        "/people/{membership_id}/handover", "/people/{membership_id}/ending", "/people/{membership_id}/cover",
        "/join/{secret}", "/address/{secret}", "/password/forgotten", "/password/reset/{secret}", "/account/details",
        "/account/password", "/account/address", "/account/sessions", "/account/activity",
    },
    "today": {
        "/", "/actions", "/actions/handover", "/actions/handover/check", "/actions/export", "/cases/export", "/cases/search",
    },
    "pupils": {"/pupils", "/pupils/add", "/pupils/search", "/pupils/export", "/exports/school"},
    "oversee": {"/oversight/sharing", "/cases/{reference}/why"},
    "rivals": set(),
    "emergencies": {
        "/emergencies", "/emergencies/open", "/emergencies/{emergency_id}", "/emergencies/duty", "/cases/{reference}/alerts",
    },
    "agreements": {"/agreements", "/agreements/new", "/agreements/{agreement_id}"},
    "places": {"/account", "/help", "/help/{guide}", "/help/keyboard", "/help/accessibility", "/post"},
    "moving": {
        "/pupils/{pupil_id}/leave", "/pupils/{pupil_id}/leave/check", "/pupils/leaving", "/pupils/leaving/check",
        "/pupils/left", "/pupils/left/{departure_id}", "/pupils/left/{departure_id}/stayed", "/cases/{reference}/handover",
        "/handovers", "/handovers/{handover_id}", "/handovers/{handover_id}/refusal", "/handovers/{handover_id}/search",
    },
    "duplicates": {
        "/pupils/duplicates", "/pupils/duplicates/{pupil_id}/{other_id}", "/pupils/duplicates/{pupil_id}/{other_id}/check",
        "/pupils/merges", "/pupils/merges/{merge_id}", "/pupils/matches", "/pupils/matches/{match_id}",
    },
    "grounds": {
        "/cases/{reference}/grounds/{kind}", "/cases/{reference}/grounds/{kind}/check", "/grounds/{ground_id}",
        "/grounds/{ground_id}/ending", "/grounds/{ground_id}/telling", "/family/grounds/{ground_id}/ending",
        "/family/grounds/{ground_id}/objection",
    },
    "imports": {"/pupils/import", "/pupils/import/{import_id}", "/pupils/import/{import_id}/approve"},
}  # fmt: skip

FORMS: dict[str, set[str]] = {
    "oversee": set(),
    "denials": {
        "/pupils/{pupil_id}/conflict", "/cases/{reference}/restriction/check", "/cases/{reference}/restriction/people",
        "/cases/{reference}/restriction/people/{worker_id}/removal", "/cases/{reference}/carers/{carer_id}/order",
        "/cases/{reference}/shielded", "/cases/{reference}/shielded/{fact_id}/readers",
        "/cases/{reference}/shielded/{fact_id}/readers/{worker_id}/removal",
    },
    "emergencies": {
        "/emergencies/open", "/emergencies/{emergency_id}/review", "/emergencies/duty", "/cases/{reference}/alerts",
    },
    "agreements": {
        "/agreements/new", "/agreements/{agreement_id}/clauses", "/agreements/{agreement_id}/parties",
        "/agreements/{agreement_id}/approval",
    },
    "senco": {"/cases/new"},
    "partner": {
        "/actions/{action_id}", "/invitations/{involvement_id}/ending", "/invitations/{involvement_id}/refusal",
    },
    "carer": {"/answer/{request_id}/check", "/consent/{secret}/code"},
    "auditor": {
        "/oversight", "/oversight/people/{person_id}", "/oversight/bundle", "/oversight/checks", "/oversight/find", "/oversight/saved",
    },
    "errors": {
        "/sign-in", "/cases/new/pupil", "/cases/new/{pupil_id}/{step}", "/cases/new/{pupil_id}/check", "/pupils/{pupil_id}/edit",
        "/pupils/{pupil_id}/carers/add", "/carers/{carer_id}/edit", "/cases/{reference}/actions/add", "/cases/{reference}/ask/check",
        "/cases/{reference}/barriers/add", "/cases/{reference}/carers", "/cases/{reference}/carers/{carer_id}/bar",
        "/cases/{reference}/invite", "/cases/{reference}/notes", "/cases/{reference}/plans",
        "/consent-requests/{request_id}/record", "/consents/{proposal_id}/withdrawal",
    },
    "people": {
        "/people/invite", "/people/agency", "/people/{membership_id}/role", "/people/{membership_id}/handover",
        "/people/{membership_id}/ending", "/people/{membership_id}/cover", "/join/{secret}", "/password/forgotten",
        "/password/reset/{secret}", "/account/details", "/account/password", "/account/address",
    },
    "today": {"/actions/handover", "/actions/export", "/cases/export", "/cases/search"},
    "pupils": {"/pupils/add", "/pupils/search", "/pupils/export", "/exports/school"},
    "rivals": {
        "/actions/{action_id}/step", "/family/requests/{request_id}/check", "/invitations/{involvement_id}/acceptance",
        "/invitations/{involvement_id}/assignee", "/invitations/{involvement_id}/withdrawal",
    },
    "closing": {
        "/cases/{reference}/review/check", "/reviews/{review_id}/contribute", "/cases/{reference}/close",
        "/cases/{reference}/reopen", "/cases/{reference}/void", "/cases/{reference}/died",
        "/cases/{reference}/died-in-error", "/notes/{note_id}/correct", "/actions/{action_id}/correct",
        "/consents/{proposal_id}/correct", "/contributions/{contribution_id}/correct",
    },
    "grounds": {
        "/cases/{reference}/grounds/{kind}/check", "/grounds/{ground_id}/ending", "/grounds/{ground_id}/telling",
        "/family/grounds/{ground_id}/objection", "/grounds/{ground_id}/objections/{objection_id}",
    },
    "case": {"/cases/{reference}/actions/{action_id}/step"},
    "outcomes": {
        "/cases/{reference}/outcomes/add", "/outcomes/{outcome_id}", "/outcomes/{outcome_id}/measurements",
        "/cases/{reference}/provisions/add", "/provisions/{provision_id}", "/cases/{reference}/views/add",
        "/family/views/{reference}", "/class/outcomes/{outcome_id}", "/outcomes/{outcome_id}/correct",
        "/measurements/{measurement_id}/correct", "/provisions/{provision_id}/correct", "/views/{view_id}/correct",
    },
    "places": set(),
    "moving": {
        "/pupils/{pupil_id}/leave", "/pupils/{pupil_id}/leave/check", "/pupils/leaving", "/pupils/leaving/check",
        "/pupils/left/{departure_id}/stayed", "/cases/{reference}/handover", "/handovers/{handover_id}/acceptance",
        "/handovers/{handover_id}/refusal", "/handovers/{handover_id}/search",
    },
    "duplicates": {"/pupils/duplicates/{pupil_id}/{other_id}/check", "/pupils/matches/{match_id}/settling"},
    "imports": {"/pupils/import", "/pupils/import/{import_id}/approve"},
}  # fmt: skip


def assert_looked_at(journey: str) -> None:
    """This journey, run in this process, looked at everything the table says of it."""
    assert not PAGES[journey] - SEEN, "pages this journey is to look at"
    assert not FORMS[journey] - SEEN_WITH_PROBLEMS, "forms whose errors this journey is to look at"
