"""Who left a school, and how a case goes to the next one."""

from piccolo.columns import UUID, Array, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id
from ecm.pupils.tables import Enrolment, Pupil


class Departure(Table, tablename="departure"):
    """A pupil leaves a school after `last_on`; `name` is what they were called then. Undone when `stayed_at` is set."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    school_id = ForeignKey(Agency, null=False)
    enrolment_id = ForeignKey(Enrolment, null=False)
    name = Text()
    last_on = Date()
    destination = Text()
    next_school_id = ForeignKey(Agency, null=True, default=None)
    by_membership_id = ForeignKey(Membership, null=False)
    at = Timestamptz()
    stayed_at = Timestamptz(null=True, default=None)
    stayed_by_membership_id = ForeignKey(Membership, null=True, default=None)


class CaseHandover(Table, tablename="case_handover"):
    """A case offered by one school to another: `offered`, `accepted`, `refused`, `withdrawn`. Codes only."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    from_school_id = ForeignKey(Agency, null=False)
    to_school_id = ForeignKey(Agency, null=False)
    reason_code = Text()
    wishes = Array(base_column=Text(), default=list)
    joins_on = Date()
    family_told = Text()
    offered_by_membership_id = ForeignKey(Membership, null=False)
    offered_at = Timestamptz()
    status = Text(default="offered")
    answered_by_membership_id = ForeignKey(Membership, null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    refusal_code = Text(null=True, default=None)
    lead_membership_id = ForeignKey(Membership, null=True, default=None)
    pupil_before_id = ForeignKey(Pupil, null=True, default=None)


class KeptBrief(Table, tablename="kept_brief"):
    """The brief of a case as its school left it, for that school to read: category `education`."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text(default="education")
    reason = Text()
    strengths = Text()
    level = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    written_at = Timestamptz()
