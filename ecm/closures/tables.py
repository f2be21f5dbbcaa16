"""How cases ended and began again."""

from piccolo.columns import UUID, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class CaseTurn(Table, tablename="case_turn"):
    """One turn of a case: `closed`, `reopened`, `voided`, `died`, `died_in_error`. The reason is `education`."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text(default="education")
    kind = Text()
    outcome = Text(null=True, default=None)
    reason = Text(default="")
    died_on = Date(null=True, default=None)
    by_membership_id = ForeignKey(Membership, null=False)
    at = Timestamptz()
