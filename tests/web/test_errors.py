"""What people and programs are told when something goes wrong, and what they are not told."""

import logging

import httpx
import pytest

from ecm.web import visit

# kind: status, title
KINDS = {
    "allowed": (403, "Not allowed"),
    "hidden": (404, "Not found"),
    "refused": (422, "Check what was sent"),
    "stale": (409, "Changed by somebody else"),
    "many": (429, "Too many attempts"),
    "down": (503, "Not available at the moment"),
    "bug": (500, "Something went wrong"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_trouble_has_a_page_and_a_problem_document(client: httpx.AsyncClient, kind: str) -> None:
    status, title = KINDS[kind]
    page = await client.get(f"/wrong/{kind}")
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f"<title>{title} – ECM Pupil support</title>" in page.text
    assert f'<h1 class="govuk-heading-l">{title}</h1>' in page.text
    assert ("Priya Shah" in page.text) == (kind == "allowed")  # who is signed in, where the handler had learnt it
    problem = await client.get(f"/api/v1/wrong/{kind}")
    assert (problem.status_code, problem.headers["content-type"]) == (status, "application/problem+json")
    body = problem.json()
    assert (body.pop("status"), body.pop("title")) == (status, title)
    assert body.pop("detail")
    extra = {
        "refused": {
            "errors": [{"field": "", "message": "Not now."}, {"field": "title", "message": "Enter the title."}]
        },
        "stale": {"current": {"version": 8, "title": "Theirs"}},
    }
    assert body == extra.get(kind, {})
    waits = {"many": "90", "down": "5"}
    assert [each.headers.get("retry-after") for each in (page, problem)] == [waits.get(kind)] * 2


@pytest.mark.parametrize("root", ["", "/api/v1"])
async def test_hidden_and_absent_are_the_same_answer(client: httpx.AsyncClient, root: str) -> None:
    hidden, absent, unknown = [
        await client.get(f"{root}/{path}") for path in ("wrong/hidden", "wrong/absent", "no/such/route")
    ]
    assert hidden.status_code == 404
    assert hidden.content == absent.content == unknown.content
    assert hidden.headers == absent.headers == unknown.headers


async def test_nothing_is_told_of_a_bug_and_the_log_names_no_child(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answers = [await client.get(f"{root}/wrong/bug?q=secret") for root in ("", "/api/v1")]
    assert not any("Leila" in each.text or "RuntimeError" in each.text for each in answers)
    assert "GET /wrong/{kind}: RuntimeError" in caplog.text
    assert "in wrong" in caplog.text
    assert "Leila" not in caplog.text
    assert "secret" not in caplog.text


async def test_signed_out_people_are_led_to_sign_in_and_back(client: httpx.AsyncClient) -> None:
    page = await client.get("/wrong/signed-out?a=1&b=%20c")
    assert (page.status_code, page.headers["location"]) == (
        303,
        "/sign-in?next=/wrong/signed-out%3Fa%3D1%26b%3D%2520c",
    )
    program = await client.get("/api/v1/wrong/signed-out")
    assert (program.status_code, program.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("title", "token", "status"), [("Signed out", "s", 401), ("Bug", "s", 500), ("Any", "old", 403)]
)
async def test_a_form_that_got_lost_on_the_way_shows_what_was_typed(
    client: httpx.AsyncClient, title: str, token: str, status: int
) -> None:
    boxes = {"title": title, "reason": "Typed <for>\na long time", "password": "open the demo", "area": "seb"}
    boxes |= {"due_on-day": "1", "due_on-month": "2", "due_on-year": "2027", "categories": "core", "safe": "true"}
    sent = boxes | {"decision": "given", visit.CSRF_FIELD: visit.csrf_token(token)}
    answer = await client.post("/gallery", data=sent, headers={"cookie": "__Host-ecm-session=s"})
    assert answer.status_code == status
    assert "Typed &lt;for&gt;\na long time</textarea>" in answer.text
    assert "open the demo" not in answer.text
    from_elsewhere = {"cookie": "__Host-ecm-session=s", "sec-fetch-site": "cross-site"}
    assert "Typed" not in (await client.post("/gallery", data=sent, headers=from_elsewhere)).text


async def test_the_api_names_each_field_in_a_sentence(client: httpx.AsyncClient) -> None:
    sent = {"title": "x" * 41, "reason": "a\x00", "categories": ["core", "x"], "due_on": "2026-02-31", "mine": 1}
    answer = await client.post("/api/v1/parts", json=sent)
    assert answer.status_code == 422
    assert {each["field"]: each["message"] for each in answer.json()["errors"]} == {
        "title": "What will be done must be 40 characters or fewer.",
        "reason": "The reason holds a hidden character. Delete the text and type it again.",
        "area": "Choose an area.",
        "decision": "Choose whether you agree.",
        "categories.1": "Choose what they may see from the list.",
        "due_on": "The date must be a real date.",
        "safe": "Confirm that it is safe.",
        "mine": "This is not asked for here. If it came from a page, reload the page and try again.",
    }
    limit = await client.get("/api/v1/wrong/bug?limit=many")
    assert (limit.status_code, limit.json()["errors"][0]["field"]) == (422, "limit")
    assert (await client.get("/wrong/bug?limit=many")).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "/api/v1/parts", b"", 405),
        ("POST", "/api/v1/parts", b'{"title":', 400),
        ("POST", "/api/v1/parts", b'{"title": "\\ud800"}', 400),
        ("POST", "/api/v1/parts", b'"' + b"x" * 1_000_001 + b'"', 413),
        ("POST", "/gallery", b"title=%ff", 400),
        ("POST", "/gallery", b"title=" + b"x" * 1_000_001, 413),
        ("DELETE", "/gallery", b"", 405),
        ("GET", "/static/../ecm/config.py", b"", 404),
        ("GET", "/static/%2e%2e/pyproject.toml", b"", 404),
    ],
)
async def test_what_litestar_refuses_has_the_same_shapes(
    client: httpx.AsyncClient, method: str, path: str, body: bytes, status: int
) -> None:
    api = path.startswith("/api/")
    kind = "application/json" if api else "application/x-www-form-urlencoded"
    answer = await client.request(method, path, content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == ("application/problem+json" if api else "text/html; charset=utf-8")
    assert answer.json()["status"] == status if api else "<h1" in answer.text
    assert ("allow" in answer.headers) == (status == 405)
