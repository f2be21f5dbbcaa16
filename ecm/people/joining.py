"""Following an invitation: what its link says, and joining. Nobody is signed in here."""

from asyncpg import Record

from ecm.accounts.commands import token_hash
from ecm.accounts.links import proof_of
from ecm.accounts.passwords import hash_password_aside, password_problem
from ecm.audit.events import Event
from ecm.clock import new_id
from ecm.database import acting_for, outside_the_log
from ecm.errors import NotFound, Refused
from ecm.people.schemas import Joining

NO_NAME = "Enter your name."


async def show_joining(secret: str) -> Record:
    """What an invitation that still works says. Uses nothing up. Raises: NotFound."""
    kept = token_hash(secret)
    async with outside_the_log("joining") as act:
        proof = proof_of("joining", kept.hex())
        row = await act.row("SELECT * FROM live_colleague_invitation($1, $2)", kept, proof)
    if row is None:
        raise NotFound
    return row


async def join(secret: str, said: Joining) -> None:
    """Become a member of the agency that invited; a newcomer also gets an account with this password.

    Records colleague:joined. Raises: NotFound for a link that does not work; Refused, link unused.
    """
    found = await show_joining(secret)
    phc = None
    if found["account"] == "none":
        problems = {} if said.name else {"name": NO_NAME}
        if problem := password_problem(said.password, found["email"]):
            problems["password"] = problem
        if problems:
            raise Refused(problems)
        phc = await hash_password_aside(said.password)
    kept, person, membership = token_hash(secret), new_id(), new_id()
    async with acting_for("joining", "join") as act:
        row = await act.row(
            "SELECT * FROM join_agency($1, $2, $3, $4, $5, $6)",
            kept, person, membership, said.name, phc, proof_of("join", kept.hex(), person, membership, phc),
        )  # fmt: skip
        if row is None:
            raise NotFound
        act.record(Event.COLLEAGUE_JOINED, subject=membership, person=row["person_id"], agency=row["agency_id"])
