"""Headers on every answer; changes only by those who mean them."""

import asyncio
import base64
from typing import Any

import httpx
import pytest

from ecm.web import assets, guards, visit
from ecm.web.guards import CSP
from ecm.web.render import local_path

MINE, THEIRS = "__Host-ecm-session=mine", "__Host-ecm-session=theirs"
TOKEN = visit.CSRF_FIELD


@pytest.mark.parametrize(
    "path", ["/gallery", "/file", "/no/such", "/api/v1/no", "/wrong/bug", "/wrong/signed-out", "/static/none.css"]
)
async def test_every_answer_is_fenced_and_kept_nowhere(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers.get_list("content-security-policy") == [CSP]
    assert "'unsafe" not in CSP
    assert headers.get_list("cache-control") == ["no-store"]
    expected = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    expected |= {f"cross-origin-{each}-policy": "same-origin" for each in ("opener", "resource")}
    assert expected.items() <= dict(headers).items()
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


async def test_https_is_asked_for_where_the_installation_has_it(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "settings", lambda: type("Settings", (), {"https": True}))
    assert (await client.get("/gallery")).headers["strict-transport-security"] == "max-age=31536000"


async def test_pages_with_tokens_in_them_are_never_compressed(client: httpx.AsyncClient) -> None:
    page = await client.get("/gallery", headers={"accept-encoding": "gzip, br", "cookie": MINE})
    assert visit.csrf_token("mine") in page.text
    assert "content-encoding" not in page.headers


async def test_static_files_are_kept_for_good_under_their_own_type(client: httpx.AsyncClient) -> None:
    kinds = {"pages.css": "text/css", "pages.js": "text/javascript", "favicon.svg": "image/svg+xml"}
    for name, kind in kinds.items():
        answer = await client.get(assets.address(name))
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == kind
        assert answer.headers["content-security-policy"] == CSP
        assert "immutable" in answer.headers["cache-control"]
        assert name != "pages.css" or answer.num_bytes_downloaded < len(answer.content) / 4


@pytest.mark.parametrize(
    ("headers", "token", "allowed"),
    [
        ({"cookie": MINE}, "mine", True),
        ({"cookie": MINE}, "", False),
        ({"cookie": MINE}, "theirs", False),
        ({"cookie": f"other=1; {MINE}"}, "mine", True),
        ({"cookie": f"{THEIRS}; __Host-ecm-link=mine"}, "mine", True),
        ({"cookie": "__Host-ecm-session="}, "", False),
        ({"cookie": "__Host-new=theirs"}, "", False),
        ({"cookie": f"{visit.DEVICE_COOKIE}=x"}, "", True),
        ({"cookie": f"{visit.DEVICE_COOKIE}=x; {MINE}"}, "x", False),
        ({"cookie": MINE, "sec-fetch-site": "same-origin", "origin": "null"}, "mine", True),
        ({"cookie": MINE, "sec-fetch-site": "cross-site"}, "mine", False),
        ({"cookie": MINE, "sec-fetch-site": "same-site"}, "mine", False),
        ({"cookie": MINE, "origin": "http://127.0.0.1:8000"}, "mine", True),
        ({"cookie": MINE, "origin": "https://elsewhere.example"}, "mine", False),
        ({"cookie": MINE, "origin": "null"}, "mine", True),
        ({"cookie": MINE, "authorization": "Bearer x"}, "", False),
        ({"sec-fetch-site": "cross-site"}, "", False),
        ({"origin": "https://elsewhere.example"}, "", False),
        ({}, "", True),
    ],
)
async def test_a_form_changes_something_only_for_its_own_session(
    client: httpx.AsyncClient, headers: dict[str, str], token: str, allowed: bool
) -> None:
    claimed = {TOKEN: visit.csrf_token(token)} if token else {}
    answer = await client.post("/gallery", headers=headers, data={"title": "x"} | claimed)
    # 422: the form was read, and has problems; 403: it was not even read.
    assert answer.status_code == (422 if allowed else 403)
    assert allowed or "This page was open too long" in answer.text
    other = await client.post("/gallery", headers=headers | {"X-CSRF-Token": claimed.get(TOKEN, "")}, content=b"{}")
    assert other.status_code == (422 if allowed else 403)


async def test_cookies_sent_one_to_a_header_count_too(client: httpx.AsyncClient) -> None:
    headers = [("cookie", MINE), ("cookie", "other=1")]
    assert (await client.post("/gallery", headers=headers, data={"title": "x"})).status_code == 403


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"cookie": MINE}, False),
        ({"cookie": MINE, "x-csrf-token": "mine"}, True),
        ({"cookie": MINE, "x-csrf-token": "theirs"}, False),
        ({"cookie": MINE, "x-csrf-token": "mine", "authorization": "Bearer x"}, False),
    ],
)
async def test_under_the_api_a_cookie_counts_only_beside_its_token(
    client: httpx.AsyncClient, headers: dict[str, str], seen: bool
) -> None:
    if "x-csrf-token" in headers:
        headers = headers | {"x-csrf-token": visit.csrf_token(headers["x-csrf-token"])}
    answer = await client.get("/api/v1/cookies", headers=headers)
    assert answer.json() == ({"__Host-ecm-session": "mine"} if seen else {})


async def test_a_token_tells_nothing_and_fits_one_session() -> None:
    tokens = {visit.csrf_token(each) for each in ("a", "b", "ab", "é")}
    assert len(tokens) == 4
    assert visit.csrf_token("a") == visit.csrf_token("a")
    assert visit.csrf_token("") == ""
    assert not visit.same(visit.csrf_token("a"), "é")


async def test_a_notice_is_shown_once_and_cannot_be_made_up(client: httpx.AsyncClient) -> None:
    value = visit.sealed_notice("“Reading” is saved.")
    shown = await client.get("/gallery", headers={"cookie": f"{visit.NOTICE_COOKIE}={value}"})
    assert "“Reading” is saved." in shown.text
    assert f"{visit.NOTICE_COOKIE}=" in shown.headers["set-cookie"]
    assert "Max-Age=0" in shown.headers["set-cookie"]
    for forged in (value[:-1], "x.y", "", "é", visit.sealed_notice("a").split(".")[0] + "." + value.split(".")[1]):
        raw: dict[bytes, Any] = {b"cookie": f"{visit.NOTICE_COOKIE}={forged}".encode()}
        answer = await client.get("/gallery", headers=raw)
        assert "govuk-notification-banner--success" not in answer.text
        assert "set-cookie" not in answer.headers


def test_the_way_back_to_a_list_is_the_same_sessions_and_cannot_be_made_up() -> None:
    visit.open_visit(visit.Visit(session="mine"))
    kept = visit.kept_list("/cases?level=2")
    assert visit.opened_list(kept, "mine") == "/cases?level=2"
    assert "mine" not in base64.urlsafe_b64decode(kept.partition(".")[0] + "==").decode()
    for value, session in ((kept, "another"), (kept[:-1], "mine"), ("", "mine"), (visit.sealed_notice("|/x"), "mine")):
        assert visit.opened_list(value, session) == "/cases"


async def test_pages_rendered_at_the_same_time_carry_their_own_tokens(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        asked = [f"__Host-ecm-session={n}" for n in range(40)]
        answers = await asyncio.gather(
            *(client.get(f"/token?wait={0.001 * (n % 7)}", headers={"cookie": c}) for n, c in enumerate(asked))
        )
    for cookie, answer in zip(asked, answers, strict=True):
        assert answer.json()["cookie"] == cookie
        assert visit.csrf_token(cookie.partition("=")[2]) in answer.json()["field"]


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "elsewhere", "", None, "/a\nb", "/é"]
)
def test_after_signing_in_nobody_is_led_off_the_site(path: str | None) -> None:
    assert local_path(path) == "/"
    assert local_path("/cases?status=open&q=a%20b") == "/cases?status=open&q=a%20b"
