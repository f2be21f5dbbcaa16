"""What a case is to change, what is done for it, and what pupil and family say. Who reads a row: ecm/cases/policies.sql."""

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, Numeric, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class Outcome(Table, tablename="outcome"):
    """What is to be different, how that is measured (where it is), from where to where, and by when."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    title = Text()
    measure = Text(null=True, default=None)
    baseline = Numeric(null=True, default=None)
    target = Numeric(null=True, default=None)
    due_on = Date(null=True, default=None)
    status = Text(default="working")
    settled_at = Timestamptz(null=True, default=None)
    settled_by_membership_id = ForeignKey(Membership, null=True, default=None)
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    added_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    in_error = Boolean(default=False)


class Measurement(Table, tablename="measurement"):
    """A number that was measured on a day; it has the category of its outcome. Of one day, the one written last counts."""

    id = UUID(primary_key=True, default=new_id)
    outcome_id = ForeignKey(Outcome, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    measured_on = Date()
    value = Numeric()
    note = Text(default="")
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    written_at = Timestamptz()
    in_error = Boolean(default=False)


class Provision(Table, tablename="provision"):
    """What the pupil gets: from whom, how often, for how many minutes a time, for how many weeks."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    title = Text()
    who = Text()
    how_often = Text()
    minutes = Integer(null=True, default=None)
    weeks = Integer(null=True, default=None)
    starts_on = Date()
    ended_on = Date(null=True, default=None)
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    added_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    in_error = Boolean(default=False)


class CaseView(Table, tablename="case_view"):
    """What pupil or family say, in their own words: written down by a worker, or by a carer themselves, never both."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    whose = Text()
    text = Text()
    how = Text(default="")
    given_on = Date()
    author_agency_id = ForeignKey(Agency, null=True, default=None)
    author_membership_id = ForeignKey(Membership, null=True, default=None)
    author_desk_id = UUID(null=True, default=None)
    author_person_id = ForeignKey(Person, null=True, default=None)
    written_at = Timestamptz()
    in_error = Boolean(default=False)
