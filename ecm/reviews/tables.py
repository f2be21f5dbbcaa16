"""What a review is made of: a header that everybody on the case reads, and a text for each kind of information."""

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.cases.tables import SupportCase
from ecm.clock import new_id


class Review(Table, tablename="review"):
    """That people sat together, when, and when they will again: category `core`."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text(default="core")
    held_on = Date()
    next_review_on = Date(null=True, default=None)
    held_by_membership_id = ForeignKey(Membership, null=False)
    written_at = Timestamptz()


class ReviewContribution(Table, tablename="review_contribution"):
    """What one worker said about one kind of information at a review."""

    id = UUID(primary_key=True, default=new_id)
    review_id = ForeignKey(Review, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    text = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    written_at = Timestamptz()
    in_error = Boolean(default=False)
