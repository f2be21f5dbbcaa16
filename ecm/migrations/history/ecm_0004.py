"""Tables, constraints, indexes of the plan: see ecm_0004_*.sql, one file for each slice."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.database import ENGINE

ID = "0004"
VERSION = "1.38.0"
DESCRIPTION = "the plan"
SLICES = ("outcomes", "plans", "oversight")


async def forwards() -> MigrationManager:
    """Add what outcomes, provision and views need to the tables of the third version."""
    manager = MigrationManager(migration_id=ID, app_name="ecm", description=DESCRIPTION)

    async def run() -> None:
        joined = ENGINE.current_transaction.get()
        assert joined is not None  # `migrate` runs its history inside one transaction
        for slice_ in SLICES:
            await joined.connection.execute(Path(__file__).with_name(f"ecm_0004_{slice_}.sql").read_text())

    manager.add_raw(run)
    return manager
