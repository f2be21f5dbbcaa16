"""Columns and constraints that the plan's issue left open: see ecm_0005_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0005"
VERSION = "1.38.0"
DESCRIPTION = "what the plan left open"
SLICES = ("corrections", "consent", "cases", "pupils", "plans")


async def forwards() -> MigrationManager:
    """Add what was found missing after the fourth version."""
    return of_files(ID, DESCRIPTION, SLICES)
