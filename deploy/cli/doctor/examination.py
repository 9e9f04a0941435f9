"""The whole examination, in the order in which things stand on each other."""

import asyncio

from deploy.cli.doctor import bus, databases, secrets, versions, web
from deploy.cli.doctor.findings import Finding
from deploy.cli.doctor.site import Site


def examine(site: Site) -> list[Finding]:
    """Look at everything there is to look at; changes nothing."""
    return [
        *versions.check(),
        *secrets.check(site),
        *asyncio.run(_wait(site)),
        *web.check(site.urls, proxy=site.production),
    ]


async def _wait(site: Site) -> list[Finding]:
    return [
        *await databases.check(site),
        *await bus.check(site.client, replication=site.replication),
    ]
