"""Messages on their way out: written in the transaction that causes them, so that none is lost or sent for nothing.

The outbox is the truth about every message. A trigger puts a job into PgQueuer's queue beside each row, in the same
transaction; the worker delivers (ecm/post). Whoever calls `queue` has nothing else to do.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from ecm.clock import new_id
from ecm.config import settings
from ecm.database import Act, outside_the_log, proof
from ecm.notifications.letters import Letter, useful_for
from ecm.web.render import environment, render

MOST_SHOWN = 200


async def queue(act: Act, letter: Letter, about: UUID | None = None) -> None:
    """Put a letter in the outbox; it leaves only if the transaction commits.

    `about` is the consent request that a letter asks to answer: who sees the request then sees what became of it.
    """
    template = environment().get_template(f"letters/{letter.name}.txt")
    text = template.render(letter=letter, **asdict(letter), site=settings().public_url)
    await act.run(
        """INSERT INTO outbox (id, recipient, channel, letter, subject, text, at, waiting_since, useful_until, about)
           VALUES ($1, $2, $3, $4, $5, $6, app_now(), app_now(), app_now() + $7, $8)""",
        new_id(), letter.to, letter.channel, letter.name, letter.subject, text.strip(), useful_for(letter), about,
    )  # fmt: skip


async def write_to_worker(act: Act, membership_id: UUID, make: Callable[[str], Letter]) -> bool:
    """Queue the letter that `make` writes to the e-mail address of a worker; the caller never shows that address.

    False, and nothing queued: the worker has no address, or the membership has ended or not begun.
    """
    address = await act.value("SELECT worker_address($1, $2)", membership_id, proof("worker_address", membership_id))
    if address is None:
        return False
    await queue(act, make(address))
    return True


async def messages() -> list[dict[str, Any]]:
    """The newest 200 messages, newest first. For the demonstration only."""
    async with outside_the_log("outbox") as act:
        rows = await act.rows("SELECT * FROM read_outbox($1, $2)", MOST_SHOWN, proof("outbox"))
    return [{"to": row["recipient"], **{k: row[k] for k in ("channel", "subject", "text", "at")}} for row in rows]


@get("/demo/outbox", opt={"public": True})
async def show_outbox() -> Response[bytes]:
    """What would have been sent."""
    return render("letters/outbox.html", None, messages=await messages())


@get("/demo/outbox.json", opt={"public": True})
async def list_outbox() -> list[dict[str, Any]]:
    """The same, for programs."""
    return await messages()


def demo_routes() -> list[HTTPRouteHandler]:
    """The outbox pages in the demonstration; nothing anywhere else."""
    return [show_outbox, list_outbox] if settings().demo else []
