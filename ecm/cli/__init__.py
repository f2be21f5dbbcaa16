"""The `ecm` command. Each file below adds its own commands to `main`."""

from ecm.cli import data, demo, log, serving  # what they add is what they are read for
from ecm.cli.ground import main

__all__ = ["data", "demo", "log", "main", "serving"]
