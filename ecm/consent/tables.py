"""What was asked, and every answer ever given. Events are append-only; the state is a fold of them."""

from piccolo.columns import UUID, Array, BigInt, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.cases.tables import SupportCase
from ecm.clock import new_id
from ecm.pupils.tables import Carer


class ConsentRequest(Table, tablename="consent_request"):
    """One carer asked, on one day, in one wording, about some proposals. The names are those that stand in the wording."""

    id = UUID(primary_key=True, default=new_id)
    case_id = ForeignKey(SupportCase, null=False)
    carer_id = ForeignKey(Carer, null=False)
    person_id = ForeignKey(Person, null=False)
    language = Text(default="en")
    wording_version = Text()
    wording_hash = Bytea()
    asked_by_membership_id = ForeignKey(Membership, null=False)
    asked_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)
    school_name = Text(null=True, default=None)
    pupil_name = Text(null=True, default=None)
    asker_name = Text(null=True, default=None)
    asker_role = Text(null=True, default=None)


class ConsentProposal(Table, tablename="consent_proposal"):
    """One scope put to the carer: this agency, this category, for this purpose."""

    id = UUID(primary_key=True, default=new_id)
    request_id = ForeignKey(ConsentRequest, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    person_id = ForeignKey(Person, null=False)
    agency_id = ForeignKey(Agency, null=False)
    category = Text()
    purpose = Text()
    agency_name = Text(null=True, default=None)


class ConsentEvent(Table, tablename="consent_event"):
    """Requested, given, refused, withdrawn, or that an earlier event was entered in error: who, by what channel, on whose word, and until when it holds."""

    id = UUID(primary_key=True, default=new_id)
    proposal_id = ForeignKey(ConsentProposal, null=False)
    case_id = ForeignKey(SupportCase, null=False)
    person_id = ForeignKey(Person, null=False)
    agency_id = ForeignKey(Agency, null=False)
    category = Text()
    purpose = Text()
    kind = Text()
    channel = Text(null=True, default=None)
    witness = Text(null=True, default=None)
    given_by = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    recorded_by_membership_id = ForeignKey(Membership, null=True, default=None)
    wording_version = Text()
    wording_hash = Bytea()
    language = Text(default="en")
    at = Timestamptz()
    until_at = Timestamptz(null=True, default=None)
    number = BigInt(default=0)
    corrects_event_id: ForeignKey = ForeignKey("self", null=True, default=None)


class ConsentLink(Table, tablename="consent_link"):
    """The carer's link: an invitation that proves nothing. Only hashes are kept."""

    request_id = ForeignKey(ConsentRequest, primary_key=True, null=False)
    token_hash = Bytea(unique=True)
    expires_at = Timestamptz()
    browser_hash = Bytea(null=True, default=None)
    code_hash = Bytea(null=True, default=None)
    code_sent_at = Timestamptz(null=True, default=None)
    codes_sent = Integer(default=0)
    tries = Integer(default=0)
    offered_categories = Array(base_column=Text(), default=list)
