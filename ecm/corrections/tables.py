"""What was entered in error, and why it is hidden."""

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class Correction(Table, tablename="correction"):
    """A note or an action that should not be there. The author is whoever wrote that row, `by` whoever corrected it."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    kind = Text()
    subject_id = UUID(default=new_id)
    reason = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    by_membership_id = ForeignKey(Membership, null=False)
    at = Timestamptz()
