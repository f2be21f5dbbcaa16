"""What every request and every answer passes: the security headers, the forgery check, the size limit.

A cookie alone never changes anything. A form sent with a session cookie must carry that session's token and must
not come from another site; under `/api/` a cookie counts only beside the token in `X-CSRF-Token`, and not at all
beside a bearer token.
"""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Router
from litestar.config.app import AppConfig
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.enums import ScopeType
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ecm.config import settings
from ecm.web import assets, visit
from ecm.web.errors import SENT_FORM, Forged, answer_error
from ecm.web.render import local_path

LARGEST_BODY = 1_000_000
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
YEAR_SECONDS = 31_536_000
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    b"content-security-policy": CSP.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = {b"strict-transport-security": f"max-age={YEAR_SECONDS}".encode()}
NO_STORE = {b"cache-control": b"no-store"}


def wire(config: AppConfig) -> AppConfig:
    """Give an application its guards, its error answers and its static files: `Litestar(on_app_init=[wire])`."""
    config.before_send.append(add_security_headers)
    config.middleware.insert(0, forgery_check)
    config.exception_handlers = {Exception: answer_error, **config.exception_handlers}
    static = create_static_files_router(
        path="/static",
        directories=[assets.STATIC],
        cache_control=CacheControlHeader(public=True, max_age=YEAR_SECONDS, immutable=True),
        # Pages stay as they are: compressing a secret beside text from outside would give the secret away (BREACH).
        middleware=[DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip"))],
        opt={"public": True},
    )
    # On a router, not on `config`: Litestar 2.25 passes over a limit that is set there during start.
    handlers = [*config.route_handlers, static]
    config.route_handlers = [Router("/", route_handlers=handlers, request_max_body_size=LARGEST_BODY)]
    return config


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Set the headers of every response, whatever its handler set; only static files may be kept by anybody."""
    if message["type"] != "http.response.start":
        return
    may_be_kept = scope["path"].startswith("/static/") and message["status"] in (200, 206, 304)
    ours = SECURITY_HEADERS | (HSTS if settings().https else {}) | ({} if may_be_kept else NO_STORE)
    if message["status"] == 405 or scope.get("method") == "OPTIONS":
        ours |= {b"allow": allowed_methods(scope)}
    kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
    message["headers"] = [*kept, *ours.items()]


def allowed_methods(scope: Scope) -> bytes:
    """What this path takes (RFC 9110, 10.2.1). Litestar 2.25 names only the methods of the handler it met first."""
    routes = (each for each in scope["litestar_app"].routes if each.path_format == scope.get("path_template"))
    return ", ".join(sorted({method for route in routes for method in getattr(route, "methods", ())})).encode()


def forgery_check(app: ASGIApp) -> ASGIApp:
    """Middleware, to stand before everything that reads a cookie: refuses forged changes, opens the visit.

    Raises: Forged.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await _check(Request(scope, receive))
        await app(scope, receive, send)

    return checked


async def _check(request: Request[Any, Any, Any]) -> None:
    scope = request.scope
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    # HTTP/2 may send cookies one to a header.
    ours = host_cookies(";".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"))
    cookies = {name: value for name, value in ours.items() if name not in visit.BYSTANDERS}
    if scope["path"].startswith("/api/"):
        if not _api_may_use_cookies(headers, cookies):
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
    elif request.method not in SAFE_METHODS:
        _refuse_other_sites(headers)
        await _refuse_without_token(request, headers, cookies)
    notice = visit.opened_notice(ours.get(visit.NOTICE_COOKIE, ""))
    page = scope["path"] if request.method in SAFE_METHODS else _page_of_form(request)
    session = next(iter(cookies.values()), "")
    cases = visit.opened_list(ours.get(visit.LIST_COOKIE, ""), session)
    visit.open_visit(visit.Visit(scope["path"], session, notice, page=page, cases=cases))


def _page_of_form(request: Request[Any, Any, Any]) -> str:
    """The page a form was on, as its own mark says; whoever writes another only misleads themselves, within this site."""
    body: bytes = request.scope["state"].get(SENT_FORM, b"")
    typed = dict(parse_qsl(body.decode("latin-1")))
    return local_path("/" + typed.get(visit.SENT_FIELD, "").partition("/")[2])


def host_cookies(header: str) -> dict[str, str]:
    """Our cookies: no other host can set one of these. Any of them may sign somebody in, but for `BYSTANDERS`."""
    pairs = (each.strip().partition("=") for each in header.split(";"))
    return {name: value for name, _, value in pairs if name.startswith("__Host-")}


def _api_may_use_cookies(headers: dict[bytes, str], cookies: dict[str, str]) -> bool:
    claimed = headers.get(b"x-csrf-token", "")
    return b"authorization" not in headers and _is_token_of(claimed, cookies)


def _refuse_other_sites(headers: dict[bytes, str]) -> None:
    """`Origin` is `null` on our own forms (the referrer policy asks for that), so it only counts where it names one."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forged
    elif headers.get(b"origin", "null") not in ("null", settings().public_url, *_own_origins(headers)):
        raise Forged


def _own_origins(headers: dict[bytes, str]) -> tuple[str, ...]:
    host = headers.get(b"host", "")
    return (f"https://{host}",) if settings().https else (f"http://{host}", f"https://{host}")


async def _refuse_without_token(
    request: Request[Any, Any, Any], headers: dict[bytes, str], cookies: dict[str, str]
) -> None:
    """Somebody with no cookie has nothing to be tricked out of. A file is checked as it comes: ecm/web/uploads.py."""
    if not cookies or is_upload(request):
        return
    claimed = headers.get(b"x-csrf-token", "")
    if headers.get(b"content-type", "").startswith("application/x-www-form-urlencoded"):
        request.scope["state"][SENT_FORM] = body = await request.body()
        typed = parse_qsl(body.decode("latin-1"))
        claimed = claimed or next((value for name, value in typed if name == visit.CSRF_FIELD), "")
    if not _is_token_of(claimed, cookies):
        raise Forged


def is_upload(request: Request[Any, Any, Any]) -> bool:
    """A file, for a route that takes one (`opt={"upload": True}`): too large to be looked at before its handler does."""
    kind = request.headers.get("content-type", "").lower()
    return bool(request.route_handler.opt.get("upload")) and kind.startswith("multipart/form-data")


def refuse_without_token_of_visit(claimed: str) -> None:
    """The same check for a form whose token comes with a file. Raises: Forged."""
    session = visit.current().session
    if session and not visit.same(visit.csrf_token(session), claimed):
        raise Forged


def _is_token_of(claimed: str, cookies: dict[str, str]) -> bool:
    return any(visit.same(visit.csrf_token(each), claimed) for each in cookies.values() if each)
