"""Pupils, where they are on roll, and the adults who care for them."""

from piccolo.columns import JSONB, UUID, Boolean, Date, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership, Person
from ecm.clock import new_id


class Pupil(Table, tablename="pupil"):
    """Who the pupil is: category `core`."""

    id = UUID(primary_key=True, default=new_id)
    first_name = Text()
    last_name = Text()
    preferred_name = Text(null=True, default=None)
    pronouns = Text(null=True, default=None)
    date_of_birth = Date(null=True, default=None)
    date_of_birth_known = Boolean(default=True)
    search_key = Text()
    version = Integer(default=1)
    died_on = Date(null=True, default=None)


class Enrolment(Table, tablename="enrolment"):
    """A pupil on the roll of a school: who may look the pupil up before there is a case. Category `education`.

    `imported`: what the last approved file said of each field.
    """

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    school_id = ForeignKey(Agency, null=False)
    upn = Text(null=True, default=None)
    year_group = Text()
    class_name = Text(null=True, default=None)
    from_on = Date()
    to_on = Date(null=True, default=None)
    imported = JSONB(null=True, default=None)


class PupilIdentifier(Table, tablename="pupil_identifier"):
    """Another number of a pupil, as the school keeps it: a former UPN, the ULN, the NHS number. Category `education`."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    school_id = ForeignKey(Agency, null=False)
    kind = Text()
    value = Text()


class SenStatus(Table, tablename="sen_status"):
    """Special educational needs: provision (N K E) and ranked needs. Category `education`."""

    pupil_id = ForeignKey(Pupil, primary_key=True, null=False)
    sen_provision = Text()
    needs = JSONB(default="[]")


class Carer(Table, tablename="carer"):
    """A person who cares for a pupil. The responsibility flag is a claim until its authority was seen."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    person_id = ForeignKey(Person, null=False)
    relationship = Text()
    has_parental_responsibility = Boolean(default=False)
    authority_seen = Text(null=True, default=None)
    authority_verified_at = Timestamptz(null=True, default=None)
    language = Text(default="en")
    needs_interpreter = Boolean(default=False)
    format = Text(default="standard")
    version = Integer(default=1)


class ContactBar(Table, tablename="contact_bar"):
    """This person must see nothing about this pupil, from an instant until another (or for good). Denies beat allows."""

    id = UUID(primary_key=True, default=new_id)
    pupil_id = ForeignKey(Pupil, null=False)
    person_id = ForeignKey(Person, null=False)
    reason_code = Text()
    from_at = Timestamptz()
    until_at = Timestamptz(null=True, default=None)
    set_by_membership_id = ForeignKey(Membership, null=True, default=None)
