"""Real services without a network: see `tests/services/stage.py`."""

from tests.services.fixtures import (
    empty_databases,
    issuer,
    log_lines,
    played,
    sample_stage,
    stage,
)

__all__ = ["empty_databases", "issuer", "log_lines", "played", "sample_stage", "stage"]
