"""APPRAISAL_* knobs."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Knobs of appraisal; the common ones are in `shared.settings`."""

    model_config = SettingsConfigDict(env_prefix="APPRAISAL_", extra="ignore")

    secret_key: SecretStr
    """At least 32 characters: NIPs and files waiting to be read are encrypted under it."""
    secret_key_file: Path | None = None
    import_batch: int = Field(default=1000, ge=1, le=5000)
    """Rows of an export kept in one transaction."""
    import_attempts: int = Field(default=5, ge=1)
    """How often an import that comes no further is taken up before it is given up."""
    lease_seconds: float = Field(default=15, gt=0)
    """After how long without a sign of life another process takes over an import."""
    largest_file: int = Field(default=200_000_000, ge=1)
    """Bytes an export may have; no more than `workbooks.MOST_BYTES` are ever read."""
