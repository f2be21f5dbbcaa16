"""Messages waiting to leave. A letter comes from a closed list in which no pupil's name is expressible."""

from piccolo.columns import UUID, Text, Timestamptz
from piccolo.table import Table

from ecm.clock import new_id


class Outbox(Table, tablename="outbox"):
    """One message, written in the same transaction as what it tells."""

    id = UUID(primary_key=True, default=new_id)
    recipient = Text()
    channel = Text()
    letter = Text()
    subject = Text()
    text = Text()
    at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)
