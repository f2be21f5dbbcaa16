"""People, organisations, and who works where."""

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Text, Timestamptz
from piccolo.table import Table

from ecm.clock import new_id


class Person(Table, tablename="person"):
    """Somebody who may sign in: a worker, a carer, or both. Two hats never mix: see Membership."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    email = Text(null=True, default=None, unique=True)
    phone = Text(null=True, default=None)
    phone_verified_at = Timestamptz(null=True, default=None)
    phone_changed_at = Timestamptz(null=True, default=None)
    left_at = Timestamptz(null=True, default=None)


class Agency(Table, tablename="agency"):
    """An organisation. Its id is the principal of its agency-wide roles.

    `safeguarding_desk_id` is a second principal, held by a school's safeguarding lead alone.
    `involvement_category` says who may learn that this agency is involved at all. A school is known outside by its
    number in the national register (`urn`) and by its local authority and establishment (`laestab`, 7 digits).
    """

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    kind = Text()
    offers = Array(base_column=Text(), default=list)
    involvement_category = Text(default="core")
    safeguarding_desk_id = UUID(default=new_id, unique=True)
    urn = Text(null=True, default=None)
    telephone = Text(null=True, default=None)
    laestab = Text(null=True, default=None)


class Membership(Table, tablename="membership"):
    """A worker in one role at one agency, from a day until it ends. Its id is a principal.

    `temporary`: has an end from the start. `telephone`: at work, shown to colleagues.
    """

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    agency_id = ForeignKey(Agency, null=False)
    role = Text()
    class_names = Array(base_column=Text(), default=list)
    started_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    temporary = Boolean(default=False)
    telephone = Text(null=True, default=None)


class Permission(Table, tablename="permission"):
    """`permissions.py` as the database sees it; rewritten from there at every migration, read by definer functions."""

    id = UUID(primary_key=True, default=new_id)
    kind = Text()
    role = Text()
    verb = Text()
