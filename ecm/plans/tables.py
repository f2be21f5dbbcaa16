"""Issued documents."""

from piccolo.columns import JSONB, UUID, Array, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class Plan(Table, tablename="plan"):
    """A numbered document frozen for one audience. Reading it needs every category in it, now.

    `snapshot`: what it says, as data. `content`: SHA-256 of that without number, date and history. Both are missing
    from plans that were made before they were kept.
    """

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    number = Integer()
    plan_type = Text()
    audience = Text()
    categories = Array(base_column=Text(), default=list)
    made_by_membership_id = ForeignKey(Membership, null=False)
    made_at = Timestamptz()
    status = Text(default="preparing")
    sha256 = Text(null=True, default=None)
    document = Bytea(null=True, default=None)
    snapshot = JSONB(null=True, default=None)
    content = Text(null=True, default=None)
