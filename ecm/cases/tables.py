"""The working life of a case. Every row of text about a pupil carries exactly one category.

`case_id`, `category` and the author columns never change: column grants leave them out.
"""

from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.clock import new_id
from ecm.pupils.tables import Carer, Pupil


class SupportCase(Table, tablename="support_case"):
    """The case itself: category `core`."""

    id = UUID(primary_key=True, default=new_id)
    reference = Text(unique=True)
    pupil_id = ForeignKey(Pupil, null=False)
    school_id = ForeignKey(Agency, null=False)
    lead_membership_id = ForeignKey(Membership, null=False)
    status = Text(default="open")
    next_review_on = Date(null=True, default=None)
    opened_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    kept_since = Timestamptz(null=True, default=None)


class CaseBrief(Table, tablename="case_brief"):
    """Why this case, what goes well, which level of support: category `education`."""

    case_id = ForeignKey(SupportCase, primary_key=True, null=False)
    category = Text(default="education")
    reason = Text()
    strengths = Text()
    level = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    updated_at = Timestamptz()
    version = Integer(default=1)


class IdentifiedBarrier(Table, tablename="identified_barrier"):
    """A barrier to learning somebody identified, in the catalogue's words and their own."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    code = Text()
    how_identified = Text()
    detail = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    updated_at = Timestamptz()


class Involvement(Table, tablename="involvement"):
    """An agency asked to help, what it answered, and who does the work there.

    `status` holds what people decided (invited, accepted, declined, withdrawn, ended); whether an accepted one is
    `waiting_for_basis` or `active` is read from the relation. `category` says who may know of it.
    """

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    agency_id = ForeignKey(Agency, null=False)
    invited_by_agency_id = ForeignKey(Agency, null=False)
    invited_by_membership_id = ForeignKey(Membership, null=False)
    reason_code = Text()
    offered_categories = Array(base_column=Text(), default=list)
    status = Text(default="invited")
    invited_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by_membership_id = ForeignKey(Membership, null=True, default=None)
    answer_reason = Text(null=True, default=None)
    answer_message = Text(null=True, default=None)
    assignee_membership_id = ForeignKey(Membership, null=True, default=None)
    updated_at = Timestamptz()
    version = Integer(default=1)


class InvolvementMessage(Table, tablename="involvement_message"):
    """What was written to the invited agency, or back: shown only once there is a basis. Category `core`."""

    involvement_id = ForeignKey(Involvement, primary_key=True, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text(default="core")
    text = Text()


class Action(Table, tablename="action"):
    """Something somebody will do by a day. Its owner agency learns title, date, status and progress."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    title = Text()
    owner_agency_id = ForeignKey(Agency, null=False)
    owner_desk_id = UUID(default=new_id)
    assignee_membership_id = ForeignKey(Membership, null=True, default=None)
    due_on = Date()
    status = Text(default="todo")
    progress = Text(default="")
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    added_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    in_error = Boolean(default=False)


class Note(Table, tablename="note"):
    """Something worth writing down, in one category."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    category = Text()
    text = Text()
    author_agency_id = ForeignKey(Agency, null=False)
    author_membership_id = ForeignKey(Membership, null=False)
    author_desk_id = UUID(default=new_id)
    written_at = Timestamptz()
    in_error = Boolean(default=False)


class CaseAuthor(Table, tablename="case_author"):
    """The fact behind `own_record`: this principal wrote at least one row of this category here."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    principal = UUID()
    category = Text()
    since_at = Timestamptz()


class CarerAdmission(Table, tablename="carer_admission"):
    """A named worker let this carer see the case, saw the authority, and judged it safe."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    carer_id = ForeignKey(Carer, null=False)
    person_id = ForeignKey(Person, null=False)
    categories = Array(base_column=Text(), default=list)
    authority_seen = Text()
    admitted_by_membership_id = ForeignKey(Membership, null=False)
    admitted_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
