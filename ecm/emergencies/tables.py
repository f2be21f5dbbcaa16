"""Emergency accesses and what is said of them afterwards; who is on duty; health alerts. Who reads a row: policies.sql."""

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class EmergencyAccess(Table, tablename="emergency_access"):
    """One worker opened one record in an emergency; without a case: nobody was found."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=True, default=None)
    membership_id = ForeignKey(Membership, null=False)
    agency_id = ForeignKey(Agency, null=False)
    reason_code = Text()
    reason = Text()
    from_at = Timestamptz()
    until_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    review_by_at = Timestamptz()
    escalated_at = Timestamptz(null=True, default=None)


class EmergencyReview(Table, tablename="emergency_review"):
    """What somebody else says of an emergency access afterwards."""

    emergency_id = ForeignKey(EmergencyAccess, primary_key=True, null=False)
    reviewer_membership_id = ForeignKey(Membership, null=False)
    verdict = Text()
    text = Text()
    reviewed_at = Timestamptz()


class SafeguardingDuty(Table, tablename="safeguarding_duty"):
    """Somebody of an agency is on safeguarding duty."""

    id = UUID(primary_key=True, default=new_id)
    membership_id = ForeignKey(Membership, null=False)
    agency_id = ForeignKey(Agency, null=False)
    set_by_membership_id = ForeignKey(Membership, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class HealthAlert(Table, tablename="health_alert"):
    """What somebody must know in an emergency, such as an allergy."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text(default="health")
    text = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    written_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    ended_by_membership_id = ForeignKey(Membership, null=True, default=None)
