"""Shielded facts. Who reads a row: policies.sql."""

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership
from ecm.clock import new_id
from ecm.pupils.tables import Pupil


class ShieldedFact(Table, tablename="shielded_fact"):
    """Where a pupil at risk can be found: for named people only."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    kind = Text()
    text = Text()
    set_by_membership_id = ForeignKey(Membership, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class ShieldedReader(Table, tablename="shielded_reader"):
    """Somebody who may read one shielded fact."""

    id = UUID(primary_key=True, default=new_id)
    fact_id = ForeignKey(ShieldedFact, null=False)
    membership_id = ForeignKey(Membership, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
