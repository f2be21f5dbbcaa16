"""Messages waiting to leave. A letter comes from a closed list in which no pupil's name is expressible."""

from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.clock import new_id


class Outbox(Table, tablename="outbox"):
    """One message, written in the same transaction as what it tells.

    state: waiting, sent, refused (for good, by who was to take it), failed (tried for too long), bounced (left and came
    back). `useful_until`: after that its link or code has run out. `about`: the consent request it asks to answer.
    """

    id = UUID(primary_key=True, default=new_id)
    recipient = Text()
    channel = Text()
    letter = Text()
    subject = Text()
    text = Text()
    at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)
    state = Text(default="waiting")
    tries = Integer(default=0)
    tried_at = Timestamptz(null=True, default=None)
    trouble = Text(null=True, default=None)
    waiting_since = Timestamptz()
    useful_until = Timestamptz()
    opened_at = Timestamptz(null=True, default=None)
    about = UUID(null=True, default=None)
