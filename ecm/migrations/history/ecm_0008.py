"""By which record a case came: see ecm_0008_moves.sql."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0008"
VERSION = "1.38.0"
DESCRIPTION = "by which record of a pupil a case came"
SLICES = ("moves",)


async def forwards() -> MigrationManager:
    """Add an index to the tables of the seventh version."""
    return of_files(ID, DESCRIPTION, SLICES)
