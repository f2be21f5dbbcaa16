"""Delivery reports: what a mail system says about a message that left and did not arrive.

Source: RFC 3464 (the report), RFC 3461 (the envelope id that a report names).
"""

import re
from email import message_from_bytes, policy
from email.message import Message
from uuid import UUID

from ecm.audit.events import Event
from ecm.database import acting_for, proof

OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")
MOST_BYTES = 1_000_000


def read_report(report: bytes) -> tuple[UUID, str] | None:
    """The message that a report says did not arrive, and why as a code; None for everything else.

    A report of delay, of success or of relaying is none. Never raises: anybody may write to the address of reports.
    """
    mail = message_from_bytes(report[:MOST_BYTES], policy=policy.compat32)
    parts = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    fields = [group for part in parts for group in part.walk() if group is not part]
    failed = [group for group in fields if str(group.get("Action", "")).strip().casefold() == "failed"]
    ids = [found for found in (_named(group) for group in fields) if found] or _returned(mail)
    if not failed or not ids:
        return None
    status = STATUS.match(str(failed[0].get("Status", "")).strip())
    return ids[0], "dsn_" + (status[0].replace(".", "_") if status else "failed")


def _named(group: Message) -> UUID | None:
    found = OURS.fullmatch(str(group.get("Original-Envelope-Id", "")).strip())
    return UUID(found[0]) if found else None


def _returned(mail: Message) -> list[UUID]:
    """Ids of ours in the Message-ID of what was returned with the report, whole or its header alone."""
    texts = []
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            texts.append(str(part.get_payload(0).get("Message-ID", "")))  # type: ignore[union-attr]
        elif part.get_content_type() == "text/rfc822-headers":
            texts.append(str(message_from_bytes(part.get_payload(decode=True) or b"").get("Message-ID", "")))  # type: ignore[arg-type]
    return [UUID(found[0]) for text in texts if (found := OURS.search(text))]


async def note_bounce(report: bytes) -> bool:
    """Mark the message that this report is about. False: it is about none that left from here. Records message:bounced."""
    found = read_report(report)
    if found is None:
        return False
    message_id, trouble = found
    async with acting_for("post", "bounce") as act:
        noted = await act.value(
            "SELECT bounce_message($1, $2, $3)", message_id, trouble, proof("post", "bounce", message_id)
        )
        act.record(Event.MESSAGE_BOUNCED, subject=message_id, outcome="done" if noted else "denied", trouble=trouble)
    return bool(noted)
