"""Who is asked to join an agency, and who stands in for whom. No pupil data."""

from piccolo.columns import UUID, Array, Boolean, Bytea, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.clock import new_id


class ColleagueInvitation(Table, tablename="colleague_invitation"):
    """A letter with a link to somebody who is to work here; accepted once, or cancelled, or expired."""

    id = UUID(primary_key=True, default=new_id)
    agency_id = ForeignKey(Agency, null=False)
    invited_by_membership_id = ForeignKey(Membership, null=False)
    name = Text()
    email = Text()
    role = Text()
    class_names = Array(base_column=Text(), default=list)
    temporary = Boolean(default=False)
    starts_on = Date()
    ends_on = Date(null=True, default=None)
    token_hash = Bytea(unique=True)
    sent_at = Timestamptz()
    expires_at = Timestamptz()
    accepted_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)


class Cover(Table, tablename="cover"):
    """One membership reads what another does, from the first to the last of these London days."""

    id = UUID(primary_key=True, default=new_id)
    absent_membership_id = ForeignKey(Membership, null=False)
    covering_membership_id = ForeignKey(Membership, null=False)
    from_on = Date()
    until_on = Date()
    set_by_membership_id = ForeignKey(Membership, null=False)
    set_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
