"""Tables, constraints, indexes of the working day: see ecm_0002_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0002"
VERSION = "1.38.0"
DESCRIPTION = "the working day"
SLICES = ("notifications", "accounts", "pupils", "cases", "opening", "casefile", "actions")


async def forwards() -> MigrationManager:
    """Add what the working day needs to the tables of the first version."""
    return of_files(ID, DESCRIPTION, SLICES)
