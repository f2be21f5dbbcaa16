"""What an auditor looks for again and again, and what the log was counted to."""

from piccolo.columns import JSONB, UUID, BigInt, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.clock import new_id


class SavedQuery(Table, tablename="saved_query"):
    """A filter under a name, of one auditor alone. `filter`: the boxes of the search as they were filled in."""

    id = UUID(primary_key=True, default=new_id)
    membership_id = ForeignKey(Membership, null=False)
    name = Text()
    filter = JSONB()
    saved_at = Timestamptz()


class AuditCount(Table, tablename="audit_count"):
    """How many events of one sort a day in London had, by organisation.

    `kind` is the organisation's, or `family`, `program`; `all` in the one row that says that the day was counted.
    """

    id = UUID(primary_key=True, default=new_id)
    day = Date()
    agency_id = ForeignKey(Agency, null=True, default=None)
    kind = Text()
    what = Text()
    number = BigInt()
