"""Files of pupils: the file, and its rows until they are approved or a day has passed."""

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from ecm.agencies.tables import Agency, Membership
from ecm.clock import new_id


class PupilImport(Table, tablename="pupil_import"):
    """A file a school has sent. `sentence`: why it could not be read. `roll_print`: the roll it was compared with."""

    id = UUID(primary_key=True, default=new_id)
    school_id = ForeignKey(Agency, null=False)
    membership_id = ForeignKey(Membership, null=True, default=None)
    made_at = Timestamptz()
    expires_at = Timestamptz()
    status = Text()
    sha256 = Text(null=True, default=None)
    format = Text(null=True, default=None)
    head = JSONB(default="{}")
    counts = JSONB(default="{}")
    warnings = JSONB(default="[]")
    sentence = Text(null=True, default=None)
    roll_print = Text(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by_membership_id = ForeignKey(Membership, null=True, default=None)
    version = Integer(default=1)


class ImportRow(Table, tablename="import_row"):
    """One row of a file as it was read, and as it compares with the roll. Staging: gone within a day."""

    id = UUID(primary_key=True, default=UUID4())
    import_id = ForeignKey(PupilImport, null=False)
    row = Integer()
    kind = Text()
    pupil_id = UUID(null=True, default=None)
    said = JSONB(default="{}")
    search_key = Text()
    carers = JSONB(default="[]")
    raw_codes = JSONB(default="{}")
    changes = JSONB(default="[]")
    kept = JSONB(default="[]")
    problems = JSONB(default="[]")
    conflicts = JSONB(default="[]")
    warnings = JSONB(default="[]")
