"""Where everybody starts."""

from litestar import Response, get

from ecm.accounts.current import page


@get("/help/accessibility", opt={"public": True}, sync_to_thread=False)
def show_help() -> Response[bytes]:
    """Help, and how accessible this is."""
    return page("help/accessibility.html", None)


@get("/health", opt={"public": True}, sync_to_thread=False)
def show_health() -> dict[str, str]:
    """Whether this process answers. No pupil data."""
    return {"status": "ok"}


routes = [show_help, show_health]
