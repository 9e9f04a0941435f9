"""The development issuer beside a stack: tokens for benches that ask over HTTP."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from deploy.local.environment import HOST
from tests.bench.facts import AGENCY
from tests.bench.programs import Running, start, wait_ready
from tests.bench.site import Site, clean

Headers = dict[str, str]


@contextmanager
def desk(site: Site) -> Iterator[Callable[..., Headers]]:
    """Start it; gives what makes the headers of somebody in a role."""
    port = site.stack.port("desk")
    environ = clean() | {
        "KINERJA_PROFILE": "embedded",
        "KINERJA_DATA": str(site.folder),
        "KINERJA_PORT_BASE": str(site.stack.base),
        "KINERJA_ISSUER": f"http://{HOST}:{port}",
    }
    running = Running()

    def token(role: str, **claims: str) -> Headers:
        wish = {"roles": [role], "agency_id": str(AGENCY), **claims}
        answer = httpx.post(f"http://{HOST}:{port}/token", json=wish, timeout=30)
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    try:
        command = [sys.executable, "-m", "deploy.local.desk", "--no-mail"]
        start(running, command, environ, site.folder / "desk.log")
        wait_ready(running, port, 1)
        yield token
    finally:
        running.end()
