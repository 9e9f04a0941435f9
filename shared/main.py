"""A service as a process: `python -m shared.main training`, until it is told to end.

It listens where KINERJA_HOST and KINERJA_PORT say. An image may name its service once and for
all in KINERJA_SERVICE.
"""

import gc
import signal
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import uvicorn
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DRAIN_SECONDS: Final = 10
"""How long requests under way may take to end; streams are cut then."""


class Listening(BaseSettings):
    """Which service this process is, and where it listens."""

    model_config = SettingsConfigDict(env_prefix="KINERJA_", extra="ignore")

    service: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)


def serve(service: str, host: str, port: int) -> None:
    """Run a service's web application, and all that starts with it, until a signal ends it."""
    # uvicorn drains, then raises the signal it got once more: having drained is a success
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    gc.disable()  # what is imported stays: to look through it again and again takes a tenth of it
    import_module(f"services.{service}.app")
    gc.enable()
    uvicorn.run(
        f"services.{service}.app:app",
        host=host,
        port=port,
        access_log=False,  # paths could tell who looked at what
        log_config=None,  # services set up their logs themselves
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )


def main(arguments: list[str]) -> None:
    """Serve the one named, else the one of the environment."""
    listening = Listening()
    names = arguments or [listening.service]
    if len(names) != 1 or not names[0].isidentifier() or not _is_here(names[0]):
        sys.exit("Name one service that is here: python -m shared.main SERVICE, or KINERJA_SERVICE")
    serve(names[0], listening.host, listening.port)


def _is_here(service: str) -> bool:
    return find_spec("services") is not None and find_spec(f"services.{service}") is not None


if __name__ == "__main__":
    main(sys.argv[1:])
