"""No page escapes: run after the journeys (the files of this folder run in the order of the alphabet)."""

from ecm.app import create_app
from tests.journeys.sight import SEEN, SEEN_WITH_PROBLEMS, page_routes

NOT_PAGES = {
    "/health": "JSON for machines",
    "/demo/outbox.json": "JSON for programs",
    "/plans/{plan_id}": "the PDF itself; veraPDF looks at it",
}
NOTHING_TO_GET_WRONG = {
    "/sign-out": "one button",
    "/account/acting-as": "one's own roles to choose from; anything else is not found",
    "/cases/{reference}/carers/bars/{bar_id}/lifting": "one button",
    "/cases/{reference}/ask": "sends on what the page before has checked",
    "/consent/{secret}": "one button; the same answer for every link there is or is not",
    "/answer/{request_id}/not-mine": "one button",
    "/answer/{request_id}/answers": "sends on what the page before has checked",
    "/answer/{request_id}/withdrawal/{proposal_id}": "one button",
    "/family/requests/{request_id}/answers": "sends on what the page before has checked",
    "/family/requests/{request_id}/withdrawal/{proposal_id}": "one button",
}


def test_every_page_and_every_form_with_its_errors_was_looked_at() -> None:
    app = create_app()
    shown, sent = page_routes(app, "GET"), page_routes(app, "POST")
    assert shown >= set(NOT_PAGES), "an exception for a page that is not there"
    assert sent >= set(NOTHING_TO_GET_WRONG), "an exception for a form that is not there"
    assert shown - SEEN == set(NOT_PAGES), "pages that no journey looked at"
    assert sent - SEEN_WITH_PROBLEMS == set(NOTHING_TO_GET_WRONG), "forms whose errors no journey looked at"
