"""Real services without a network: see `tests/services/stage.py`."""

from tests.services.fixtures import (
    empty_databases,
    issuer,
    log_lines,
    played,
    sample_stage,
    stage,
)
from tests.shared.conftest import postgres_server

__all__ = [
    "empty_databases",
    "issuer",
    "log_lines",
    "played",
    "postgres_server",
    "sample_stage",
    "stage",
]
