"""Pairs that are two pupils after all, what was merged, and pupils who may be on the rolls of two schools."""

from piccolo.columns import JSONB, UUID, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.clock import new_id
from ecm.pupils.tables import Pupil


class DismissedPair(Table, tablename="dismissed_pair"):
    """Somebody said that these two are not the same pupil, until somebody takes that back. The smaller id comes first."""

    id = UUID(primary_key=True, default=new_id)
    school_id = ForeignKey(Agency, null=False)
    pupil_id = ForeignKey(Pupil, null=False)
    other_pupil_id = ForeignKey(Pupil, null=False)
    by_membership_id = ForeignKey(Membership, null=False)
    at = Timestamptz()
    undone_at = Timestamptz(null=True, default=None)
    undone_by_membership_id = ForeignKey(Membership, null=True, default=None)


class PupilMerge(Table, tablename="pupil_merge"):
    """One record of a pupil was put into another: who, when, why, what moved (ids), and both as they were before."""

    id = UUID(primary_key=True, default=new_id)
    school_id = ForeignKey(Agency, null=False)
    pupil_id = ForeignKey(Pupil, null=False)
    gone_id = UUID(default=None)
    by_membership_id = ForeignKey(Membership, null=False)
    at = Timestamptz()
    reason = Text()
    moved = JSONB(default="{}")
    before = JSONB(default="{}")


class SchoolMatch(Table, tablename="school_match"):
    """A pupil of a school whose number another school has on its roll. Each school has a row of its own."""

    id = UUID(primary_key=True, default=new_id)
    school_id = ForeignKey(Agency, null=False)
    pupil_id = ForeignKey(Pupil, null=False)
    other_school_id = ForeignKey(Agency, null=False)
    kind = Text()
    number = Text()
    found_at = Timestamptz()
    outcome = Text(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    settled_by_membership_id = ForeignKey(Membership, null=True, default=None)


class MatchMark(Table, tablename="match_mark"):
    """A pupil whose number or roll has changed since the matching service last looked."""

    pupil_id = UUID(primary_key=True, default=new_id)
