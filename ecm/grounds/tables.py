"""Every basis of sharing that is recorded, beside consent. Who reads a row: policies.sql."""

from piccolo.columns import UUID, Array, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class SharingGround(Table, tablename="sharing_ground"):
    """Why something is shared with an agency that does not rest on consent, from when until when."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    agency_id = ForeignKey(Agency, null=False)
    basis = Text()
    code = Text()
    categories = Array(base_column=Text(), default=list)
    reason = Text(default="")
    consulted = Text(default="")
    agreed_by_person_id = ForeignKey(Person, null=True, default=None)
    channel = Text(null=True, default=None)
    family_told_on = Date(null=True, default=None)
    told_person_ids = Array(base_column=UUID(), default=list)
    not_told_code = Text(null=True, default=None)
    revisit_on = Date(null=True, default=None)
    from_at = Timestamptz()
    until_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by_person_id = ForeignKey(Person, null=True, default=None)
    end_reason = Text(default="")
    renews_id: ForeignKey = ForeignKey("self", null=True, default=None)
    recorded_by_membership_id = ForeignKey(Membership, null=False)
    version = Integer(default=1)


class GroundObjection(Table, tablename="ground_objection"):
    """What a parent or carer says against what is shared by law."""

    id = UUID(primary_key=True, default=new_id)
    ground_id = ForeignKey(SharingGround, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    person_id = ForeignKey(Person, null=False)
    text = Text()
    at = Timestamptz()
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    answered_by_membership_id = ForeignKey(Membership, null=True, default=None)
