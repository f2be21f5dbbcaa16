"""Tables, constraints, indexes of the plan: see ecm_0004_*.sql, one file for each slice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ecm.migrations.files import of_files

ID = "0004"
VERSION = "1.38.0"
DESCRIPTION = "the plan"
SLICES = ("outcomes", "plans", "oversight")


async def forwards() -> MigrationManager:
    """Add what outcomes, provision, views, plans and oversight need to the tables of the third version."""
    return of_files(ID, DESCRIPTION, SLICES)
