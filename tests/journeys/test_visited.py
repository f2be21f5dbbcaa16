"""No page escapes: every page of the application, and every form with its errors, is some journey's to look at."""

from tests.client import the_app
from tests.journeys.pages import FORMS, PAGES
from tests.journeys.sight import page_routes

NOT_PAGES = {
    "/cases/new/{pupil_id}": "sends on to the first step that is not finished",
    "/health": "JSON for machines",
    "/demo/outbox.json": "JSON for programs",
    "/plans/{plan_id}": "the PDF itself; veraPDF looks at it",
    "/pupils/import/{import_id}/problems": "a CSV to take away",
}
NOTHING_TO_GET_WRONG = {
    "/sign-out": "one button",
    "/leave": "one button",
    "/post/again": "one button",
    "/post/{message_id}/again": "one button",
    "/emergencies/{emergency_id}/ending": "one button",
    "/emergencies/duty/{duty_id}/ending": "one button",
    "/health-alerts/{alert_id}/ending": "one button",
    "/account/sessions/ending": "one button",
    "/account/sessions/{session_id}/ending": "one button",
    "/address/{secret}": "one button; the same page for every link that does not work",
    "/people/invitations/{invitation_id}/again": "one button",
    "/people/invitations/{invitation_id}/cancelling": "one button",
    "/people/covers/{cover_id}/ending": "one button",
    "/agreements/{agreement_id}/clauses/{clause_id}/dropping": "one button",
    "/agreements/{agreement_id}/parties/{party_id}/leaving": "one button",
    "/agreements/{agreement_id}/ending": "one button",
    "/account/acting-as": "one's own roles to choose from; anything else is not found",
    "/cases/{reference}/carers/bars/{bar_id}/lifting": "one button",
    "/cases/{reference}/carers/orders/{order_id}/discharge": "one button",
    "/cases/{reference}/restriction": "sends on what the page before has checked",
    "/cases/{reference}/restriction/lifting": "one button",
    "/cases/{reference}/shielded/{fact_id}/ending": "one button",
    "/conflicts/{conflict_id}/ending": "one button",
    "/cases/{reference}/ask": "sends on what the page before has checked",
    "/cases/{reference}/grounds/{kind}": "sends on what the page before has checked",
    "/family/grounds/{ground_id}/ending": "one button",
    "/cases/{reference}/review": "sends on what the page before has checked",
    "/cases/new/{pupil_id}/throw-away": "one button",
    "/pupils/duplicates/{pupil_id}/{other_id}/merge": "sends on what the page before has checked",
    "/pupils/duplicates/{pupil_id}/{other_id}/not-same": "one button",
    "/pupils/duplicates/{pupil_id}/{other_id}/undo": "one button",
    "/handovers/{handover_id}/withdrawal": "one button",
    "/oversight/saved/{query_id}/removal": "one button",
    "/cases/{reference}/plans/copy": "one choice, on the page whose other form is looked at",
    "/oversight/export": "one button",
    "/oversight/figures/export": "one button",
    "/pupils/import/{import_id}/cancel": "one button",
    "/carers/{carer_id}/phone": "one box to tick, on a page whose form is looked at",
    "/consent/{secret}": "one button; the same answer for every link there is or is not",
    "/answer/{request_id}/not-mine": "one button",
    "/answer/{request_id}/answers": "sends on what the page before has checked",
    "/answer/{request_id}/withdrawal/{proposal_id}": "one button",
    "/family/requests/{request_id}/answers": "sends on what the page before has checked",
    "/family/requests/{request_id}/withdrawal/{proposal_id}": "one button",
}


def test_every_page_and_every_form_with_its_errors_is_looked_at() -> None:
    app = the_app()
    shown, sent = page_routes(app, "GET"), page_routes(app, "POST")
    looked_at, sent_wrong = set().union(*PAGES.values()), set().union(*FORMS.values())
    assert shown - looked_at == set(NOT_PAGES), "pages that no journey looks at"
    assert sent - sent_wrong == set(NOTHING_TO_GET_WRONG), "forms whose errors no journey looks at"
    assert looked_at | sent_wrong <= shown | sent, "no page of the application any more"
