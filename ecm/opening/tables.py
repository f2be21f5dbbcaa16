"""A case that is being opened."""

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Membership
from ecm.clock import new_id
from ecm.pupils.tables import Pupil


class CaseDraft(Table, tablename="case_draft"):
    """What one worker, in one membership, has written so far about opening a case for one pupil.

    Read by nobody else, not even by colleagues of the same desk; gone 30 days after the last change.
    """

    id = UUID(primary_key=True, default=new_id)
    membership_id = ForeignKey(Membership, null=False)
    pupil_id = ForeignKey(Pupil, null=False)
    answers = JSONB(default="{}")
    updated_at = Timestamptz()
    version = Integer(default=1)
