"""What was entered in error, and why it is hidden."""

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class Correction(Table, tablename="correction"):
    """Something that should not be there. The author is whoever wrote that row, `by` whoever corrected it.

    Of what a carer wrote themselves the author is a person; only they take it back, and the agency is the school that
    keeps the case.
    """

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    kind = Text()
    subject_id = UUID(default=new_id)
    reason = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=True, default=None)
    by_membership_id = ForeignKey(Membership, null=True, default=None)
    at = Timestamptz()
    author_person_id = ForeignKey(Person, null=True, default=None)
