"""`python -m deploy.cli` is `kinerja`."""

from deploy.cli.app import main

main()
