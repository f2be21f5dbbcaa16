"""`python -m ecm` is `ecm`."""

from ecm.cli import main

main()
