"""A version of the database that is written in SQL: a file for each slice, run in order."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.connections import ENGINE

HISTORY = Path(__file__).with_name("history")


def of_files(version: str, description: str, slices: tuple[str, ...]) -> MigrationManager:
    """The migration that runs history/ecm_<version>_<slice>.sql of every slice, inside the transaction of `migrate`."""
    manager = MigrationManager(migration_id=version, app_name="ecm", description=description)

    async def run() -> None:
        joined = ENGINE.current_transaction.get()
        assert joined is not None  # `migrate` runs its history inside one transaction
        for slice_ in slices:
            await joined.connection.execute((HISTORY / f"ecm_{version}_{slice_}.sql").read_text())

    manager.add_raw(run)
    return manager
