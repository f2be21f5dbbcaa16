"""Tables, constraints, indexes of real data: see ecm_0003_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0003"
VERSION = "1.38.0"
DESCRIPTION = "real data"
SLICES = ("imports", "duplicates", "moves")


async def forwards() -> MigrationManager:
    """Add what pupils from files, duplicates and moves need to the tables of the second version."""
    return of_files(ID, DESCRIPTION, SLICES)
