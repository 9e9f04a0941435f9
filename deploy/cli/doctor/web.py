"""Services over HTTP: alive, ready, and with the same idea of the time."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from deploy.cli.doctor.findings import Finding
from deploy.cli.moments import lasting

ANSWER_SECONDS: Final = 5.0
SKEW_SECONDS: Final = 5.0


def check(
    urls: Mapping[str, str], *, transport: httpx.BaseTransport | None = None, proxy: bool = False
) -> list[Finding]:
    """Ask each service whether it is ready and what time it is."""
    if not urls:
        return [Finding.note("services_unknown")]
    with httpx.Client(timeout=ANSWER_SECONDS, transport=transport, trust_env=proxy) as client:
        return [finding for name, url in urls.items() for finding in _one(client, name, url)]


def _one(client: httpx.Client, name: str, url: str) -> list[Finding]:
    began = time.time()
    try:
        answer = client.get(f"{url}/readyz")
    except httpx.TransportError as error:
        reason = type(error).__name__
        return [Finding.problem("service_silent", service=name, url=url, reason=reason)]
    ended = time.time()
    if answer.is_success:
        found = [Finding.ok("service", service=name, url=url)]
    else:
        status = answer.status_code
        found = [Finding.problem("service_not_ready", service=name, url=url, status=status)]
    skew = skew_of(answer.headers.get("date"), began, ended)
    if abs(skew) > SKEW_SECONDS:
        found.append(Finding.problem("clock_skew", service=name, lasting=lasting(abs(skew))))
    return found


def skew_of(date: str | None, began: float, ended: float) -> float:
    """Seconds a service's clock is ahead of ours (HTTP `Date`, whole seconds); 0 if unknown.

    Whatever the time between question and answer can explain counts as none.
    """
    try:
        told = parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError):
        return 0.0
    if told + 1 < began:
        return told + 1 - began
    return max(0.0, told - ended)
