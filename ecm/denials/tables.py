"""What closes, whatever opens: deny beats allow. Who reads a row: policies.sql."""

from piccolo.columns import UUID, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.cases.tables import SupportCase
from ecm.clock import new_id
from ecm.pupils.tables import ContactBar, Pupil


class ConflictOfInterest(Table, tablename="conflict_of_interest"):
    """A worker is too close to a pupil to work for them, or to look."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    pupil_id = ForeignKey(Pupil, null=False)
    kind = Text()
    declared_by_membership_id = ForeignKey(Membership, null=False)
    agency_id = ForeignKey(Agency, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    ended_by_membership_id = ForeignKey(Membership, null=True, default=None)


class CaseRestriction(Table, tablename="case_restriction"):
    """A case that only named people may see, among those who otherwise could."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    reason_code = Text()
    set_by_membership_id = ForeignKey(Membership, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    ended_by_membership_id = ForeignKey(Membership, null=True, default=None)


class NamedReader(Table, tablename="named_reader"):
    """Somebody named on a restricted case; the lead practitioner always is."""

    id = UUID(primary_key=True, default=new_id)
    restriction_id = ForeignKey(CaseRestriction, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    membership_id = ForeignKey(Membership, null=False)
    from_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class CourtOrder(Table, tablename="court_order"):
    """An order of a court about one adult and one pupil; where it bars sharing it has a contact bar, which is what closes."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    person_id = ForeignKey(Person, null=False)
    kind = Text()
    made_on = Date()
    until_on = Date(null=True, default=None)
    contact_bar_id = ForeignKey(ContactBar, null=True, default=None)
    recorded_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    recorded_by_membership_id = ForeignKey(Membership, null=False)
