"""Which reminders were sent: a row for each worker and day, so that nobody is written to twice."""

from piccolo.columns import UUID, Date, ForeignKey, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership
from ecm.clock import new_id


class ReminderRun(Table, tablename="reminder_run"):
    """A day in London whose reminders are all written."""

    day = Date(primary_key=True)
    finished_at = Timestamptz()


class Reminder(Table, tablename="reminder"):
    """A worker was reminded on this day."""

    id = UUID(primary_key=True, default=new_id)
    membership_id = ForeignKey(Membership, null=False)
    day = Date()
    at = Timestamptz()
