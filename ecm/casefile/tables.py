"""What the pages of a case keep for themselves: when a reader was last there, and how actions moved on."""

from piccolo.columns import UUID, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership, Person
from ecm.cases.tables import Action, SupportCase
from ecm.clock import new_id


class CaseVisit(Table, tablename="case_visit"):
    """The last time one reader, in one of their roles, had the case's overview or timeline before them."""

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    membership_id = ForeignKey(Membership, null=True, default=None)
    case_id = ForeignKey(SupportCase, null=False)
    seen_at = Timestamptz()


class ActionChange(Table, tablename="action_change"):
    """One change of an action, as a trigger wrote it down. `progress` is empty where that line stayed as it was."""

    id = UUID(primary_key=True, default=new_id)
    action_id = ForeignKey(Action, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    by_membership_id = ForeignKey(Membership, null=True, default=None)
    status_before = Text()
    status = Text()
    due_before = Date()
    due_on = Date()
    progress = Text()
    at = Timestamptz()
