"""What the addresses of a case's pages carry beside the case: since when things are new, what is filtered by."""

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID


def since_query(since: datetime | None) -> str:
    """`?since=…` for the way from one tab to the next, so that what is new stays marked; '' on a first visit."""
    return f"?{urlencode({'since': stamp(since)})}" if since else ""


def stamp(since: datetime) -> str:
    """An instant as an address carries it."""
    return since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str | None) -> datetime | None:
    """What `stamp` wrote; None for anything else: it only marks what is new, so it is not worth an error."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def an_id(text: str | None) -> UUID | None:
    """An id chosen from a list, None for nothing chosen or anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def following(path: str, **asked: str | None) -> str:
    """The address of the next page with what was asked for; '' when there is none (`cursor` is not given)."""
    return f"{path}?{urlencode({name: each for name, each in asked.items() if each})}" if asked.get("cursor") else ""
