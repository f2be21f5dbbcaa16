"""Tables, constraints, indexes of the working day: see ecm_0002_*.sql, one file for each slice."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.database import ENGINE

ID = "0002"
VERSION = "1.38.0"
DESCRIPTION = "the working day"
SLICES = ("notifications", "accounts", "pupils", "cases", "opening", "casefile", "actions")


async def forwards() -> MigrationManager:
    """Add what the working day needs to the tables of the first version."""
    manager = MigrationManager(migration_id=ID, app_name="ecm", description=DESCRIPTION)

    async def run() -> None:
        joined = ENGINE.current_transaction.get()
        assert joined is not None  # `migrate` runs its history inside one transaction
        for slice_ in SLICES:
            await joined.connection.execute(Path(__file__).with_name(f"ecm_0002_{slice_}.sql").read_text())

    manager.add_raw(run)
    return manager
