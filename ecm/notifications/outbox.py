"""Messages on their way out: written in the transaction that causes them, so that none is lost or sent for nothing.

The outbox is the truth about every message. A trigger puts a job into PgQueuer's queue beside each row, in the same
transaction; the worker delivers (ecm/post). Whoever calls `queue` has nothing else to do.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from ecm.clock import new_id
from ecm.config import settings
from ecm.database import Act, outside_the_log, proof
from ecm.notifications.letters import AboutCase, Letter, useful_for
from ecm.web.render import environment, render

MOST_SHOWN = 200


async def queue(act: Act, letter: Letter, about: UUID | None = None) -> None:
    """Put a letter in the outbox; it leaves only if the transaction commits.

    `about` is the consent request that a letter asks to answer: who sees the request then sees what became of it.
    A letter that names a case goes through `write_to_worker`, which asks whether this worker may learn of it.
    """
    assert not isinstance(letter, AboutCase)
    await _put(act, letter, about)


async def _put(act: Act, letter: Letter, about: UUID | None = None) -> None:
    template = environment().get_template(f"letters/{letter.name}.txt")
    text = template.render(letter=letter, **asdict(letter), site=settings().public_url)
    await act.run(
        """INSERT INTO outbox (id, recipient, channel, letter, subject, text, at, waiting_since, useful_until, about)
           VALUES ($1, $2, $3, $4, $5, $6, app_now(), app_now(), app_now() + $7, $8)""",
        new_id(), letter.to, letter.channel, letter.name, letter.subject, text.strip(), useful_for(letter), about,
    )  # fmt: skip


async def write_to_worker(
    act: Act, membership_id: UUID, make: Callable[[str], Letter], case: UUID | None = None
) -> bool:
    """Queue the letter that `make` writes to the e-mail address of a worker; the caller never shows that address.

    `case`: what the letter is about, if about one. False, and nothing queued: the worker has no address, the membership
    has ended or not begun, the worker is too close to the pupil, or is not named on a restricted case that is named here.
    """
    where = await act.row(
        "SELECT * FROM worker_address($1, $2, $3)", membership_id, case, proof("worker_address", membership_id, case or "")
    )  # fmt: skip
    if where is None:
        return False
    letter = make(where["address"])
    assert case is not None or not isinstance(letter, AboutCase)
    if isinstance(letter, AboutCase) and not where["may_name"]:
        return False
    await _put(act, letter)
    return True


async def write_to_first(
    act: Act, memberships: Iterable[UUID], make: Callable[[str], Letter], case: UUID | None = None
) -> bool:
    """The same to the first of these workers to whom it can be written; False: to none of them."""
    for each in memberships:
        if await write_to_worker(act, each, make, case):
            return True
    return False


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
