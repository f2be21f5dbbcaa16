"""Who can sign in. Names of workers are open to signed-in people; hashes and sessions to nobody but definer functions."""

from piccolo.columns import UUID, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.table import Table

from ecm.agencies.tables import Person
from ecm.clock import new_id


class Credential(Table, tablename="credential"):
    """The Argon2id hash of a person's password. Read only through `sign_in_facts`, which wants the app's proof."""

    person_id = ForeignKey(Person, primary_key=True, null=False)
    password_hash = Text()


class Session(Table, tablename="session"):
    """A live sign-in. `token_hash` is SHA-256 of a secret only the holder has; the row is the truth.

    kind: browser, api, or link (a carer who proved possession of a telephone for one consent request).
    """

    id = UUID(primary_key=True, default=new_id)
    token_hash = Bytea(unique=True)
    kind = Text()
    person_id = ForeignKey(Person, null=False)
    membership_id = UUID(null=True, default=None)
    request_id = UUID(null=True, default=None)
    opened_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    device = Text(default="")


class AccountLink(Table, tablename="account_link"):
    """A link sent to somebody with an account, kept as SHA-256 of its secret; it works once, until it expires.

    purpose: password (set a new one) or email (confirm that `email` is one's address).
    """

    id = UUID(primary_key=True, default=new_id)
    person_id = ForeignKey(Person, null=False)
    purpose = Text()
    token_hash = Bytea(unique=True)
    email = Text()
    made_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class SignInAttempt(Table, tablename="sign_in_attempt"):
    """One try at a password. Keys are keyed hashes, so the table names nobody."""

    id = UUID(primary_key=True, default=new_id)
    account_key = Bytea()
    address_key = Bytea()
    device_key = Bytea(null=True, default=None)
    succeeded = Integer(default=0)
    at = Timestamptz()


class ContextKey(Table, tablename="context_key"):
    """Keys that seal the request context and prove the app to the database. Readable by ecm_policy alone."""

    name = Text(primary_key=True)
    key = Bytea()


class IdempotencyKey(Table, tablename="idempotency_key"):
    """What one creating call made, so that the same call sent again makes nothing: an id, never an answer.

    `principal` is the membership acted in, or the person where there is none. Key and call are kept as SHA-256.
    """

    id = UUID(primary_key=True, default=new_id)
    principal = UUID(default=new_id)
    key_hash = Bytea()
    call_hash = Bytea()
    made_id = UUID(default=new_id)
    at = Timestamptz()
