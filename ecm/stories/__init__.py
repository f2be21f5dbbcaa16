"""Cases of the demonstration area, at every stage, made by the people of the area through the commands they use."""

import asyncpg

from ecm import connections, database
from ecm.accounts.passwords import hash_password
from ecm.clock import fixed_ids
from ecm.embedded import as_role
from ecm.seeds import PASSWORD, known, lay_ground
from ecm.stories import partners, sharing, work
from ecm.stories.people import signed_in

# A mother who signs in here, and in no test, to whom something is shared by law and who agreed to something else.
EWA = "ewa.wisniewska@home.example"


async def seed_demo(admin_url: str, secret: str) -> None:
    """The demonstration area, if the database is empty: the ground, then cases through the commands people use.

    Made in two steps; a database that was interrupted between them has no cases, and is finished next time.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM agency)"):
            await lay_ground(connection)
        begun = await connection.fetchval("SELECT EXISTS (SELECT FROM support_case)")
        if not begun:
            await _let_ewa_sign_in(connection)
    finally:
        await connection.close()
    if not begun:
        database.use_secret(secret)
        await connections.open_pool(as_role(admin_url, "ecm_app"), size=2)
        try:
            with fixed_ids(seed=2003):
                await tell_stories()
        finally:
            await connections.close_pool()


async def _let_ewa_sign_in(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE person SET email = $2 WHERE id = $1", known("ewa"), EWA)
    await connection.execute(
        "INSERT INTO credential (person_id, password_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        known("ewa"), hash_password(PASSWORD),
    )  # fmt: skip


async def tell_stories() -> None:
    """Cases at every stage, by the people of the area. Needs an open pool and the ground."""
    senco, other = await signed_in("senco@oakfield.example"), await signed_in("senco@hillside.example")
    health = await signed_in("therapist@community-health.example")
    hub = await signed_in("family.worker@family-hub.example")
    manager = await signed_in("manager@childrens-services.example")

    asked = await partners.invited(senco)
    waiting = await partners.waiting(senco, health)
    working = await partners.working(senco, health, hub)
    await partners.given_to_a_worker(other, manager)
    await partners.stopped(other, health)
    await partners.refused(other, health)

    await work.reviewed(senco, working)
    await work.measured(senco, health, hub, working)
    await work.ended(other)
    await work.known_twice(senco, other)
    await work.moving(senco)
    await work.in_class(senco, asked, waiting)

    dsl = await signed_in("dsl@oakfield.example")
    await sharing.by_law(senco, await signed_in("case.officer@council.example"), working)
    await sharing.overridden(senco, dsl, manager)
    worker = await signed_in("social.worker@childrens-services.example")
    await sharing.in_an_emergency(senco, worker, asked)
    await sharing.for_named_people(senco, dsl)
