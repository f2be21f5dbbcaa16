"""What keeps the post going: looking at what is in trouble, and trying it again."""

from typing import Any
from uuid import UUID

from ecm.audit.events import Event
from ecm.database import Actor, acting_as
from ecm.errors import NotAllowed, Refused
from ecm.post.rules import SHOWN_FOR, TOO_LONG
from ecm.post.words import letter_label, trouble_sentence

MOST_SHOWN = 200
NOTHING = "There is nothing to try again here: the message has left by now, or its link or code has run out."


async def list_troubles(actor: Actor) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Messages in trouble, newest first, and how much waits. Whoever reads this learns nothing of any case.

    Records messages:listed. Raises: NotAllowed.
    """
    async with acting_as(actor, "list_messages") as act:
        if not act.who.may("post:manage"):
            raise NotAllowed
        rows = await act.rows("SELECT * FROM post_troubles($1, $2, $3)", TOO_LONG, SHOWN_FOR, MOST_SHOWN)
        counts = await act.row("SELECT * FROM post_counts()")
        act.record(Event.MESSAGES_LISTED, outcome="shown", count=len(rows))
    words = [{"kind": letter_label(row["letter"]), "sentence": trouble_sentence(row["trouble"])} for row in rows]
    return [dict(row) | said for row, said in zip(rows, words, strict=True)], dict(counts or {})


async def send_again(actor: Actor, message_id: UUID | None) -> int:
    """Try one message again, or with None all that can be; how many.

    Records messages:retried. Raises: NotAllowed; Refused when there is nothing to try again.
    """
    async with acting_as(actor, "send_again") as act:
        if not act.who.may("post:manage"):
            raise NotAllowed
        count = int(await act.value("SELECT send_again($1)", message_id))
        if not count:
            raise Refused({"": NOTHING})
        act.record(Event.MESSAGES_RETRIED, subject=message_id, count=count)
    return count
