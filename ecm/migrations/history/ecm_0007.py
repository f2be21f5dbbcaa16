"""What is asked often in a large area: see ecm_0007_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0007"
VERSION = "1.38.0"
DESCRIPTION = "what is asked often in a large area"
SLICES = ("pupils", "cases")


async def forwards() -> MigrationManager:
    """Add a table and an index to those of the sixth version."""
    return of_files(ID, DESCRIPTION, SLICES)
