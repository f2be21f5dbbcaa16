"""Every other basis than consent, every denial, and what is shielded: see ecm_0006_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0006"
VERSION = "1.38.0"
DESCRIPTION = "the whole sharing model"
SLICES = ("grounds", "emergencies", "denials", "shields", "agreements", "seats")


async def forwards() -> MigrationManager:
    """Add the tables of the sharing model to those of the fifth version."""
    return of_files(ID, DESCRIPTION, SLICES)
