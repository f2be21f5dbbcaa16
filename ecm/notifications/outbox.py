"""Messages on their way out: written in the transaction that causes them, so that none is lost or sent for nothing."""

from dataclasses import asdict
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from ecm.clock import new_id
from ecm.config import settings
from ecm.database import Act, outside_the_log, proof
from ecm.notifications.letters import Letter
from ecm.web.render import environment, render

MOST_SHOWN = 200


async def queue(act: Act, letter: Letter) -> None:
    """Put a letter in the outbox; it leaves only if the transaction commits."""
    template = environment().get_template(f"letters/{letter.name}.txt")
    text = template.render(**asdict(letter), site=settings().public_url)
    await act.run(
        "INSERT INTO outbox (id, recipient, channel, letter, subject, text, at) VALUES ($1, $2, $3, $4, $5, $6, app_now())",
        new_id(), letter.to, letter.channel, letter.name, letter.subject, text.strip(),
    )  # fmt: skip


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
