"""Sharing agreements between organisations. Who reads a row: policies.sql."""

from piccolo.columns import UUID, Array, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.clock import new_id


class SharingAgreement(Table, tablename="sharing_agreement"):
    """What organisations have agreed with each other about sharing; a draft until it is approved. It opens nothing."""

    id = UUID(primary_key=True, default=new_id)
    title = Text()
    from_on = Date()
    until_on = Date()
    made_by_membership_id = ForeignKey(Membership, null=True, default=None)
    made_at = Timestamptz()
    approved_by_membership_id = ForeignKey(Membership, null=True, default=None)
    approved_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class AgreementParty(Table, tablename="agreement_party"):
    """An organisation that has signed, from when until when."""

    id = UUID(primary_key=True, default=new_id)
    agreement_id = ForeignKey(SharingAgreement, null=False)
    agency_id = ForeignKey(Agency, null=False)
    joined_at = Timestamptz()
    left_at = Timestamptz(null=True, default=None)


class AgreementClause(Table, tablename="agreement_clause"):
    """For which purposes which categories may be shared under an agreement; its number as it stands on the paper."""

    id = UUID(primary_key=True, default=new_id)
    agreement_id = ForeignKey(SharingAgreement, null=False)
    number = Text()
    categories = Array(base_column=Text(), default=list)
    purposes = Array(base_column=Text(), default=list)
