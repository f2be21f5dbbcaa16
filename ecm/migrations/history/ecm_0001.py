"""Tables, constraints, indexes: see ecm_0001.sql."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.connections import ENGINE

ID = "0001"
VERSION = "1.38.0"
DESCRIPTION = "the walls"


async def forwards() -> MigrationManager:
    """Make every table of the first version, the log's among them."""
    manager = MigrationManager(migration_id=ID, app_name="ecm", description=DESCRIPTION)

    async def run() -> None:
        here = Path(__file__)
        joined = ENGINE.current_transaction.get()
        assert joined is not None  # `migrate` runs its history inside one transaction
        for file in (here.with_suffix(".sql"), here.parents[2] / "audit" / "schema.sql"):
            await joined.connection.execute(file.read_text())

    manager.add_raw(run)
    return manager
