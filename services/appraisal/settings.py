"""APPRAISAL_* knobs."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Knobs of appraisal; the common ones are in `shared.settings`."""

    model_config = SettingsConfigDict(env_prefix="APPRAISAL_", extra="ignore")

    secret_key: SecretStr
    """At least 32 characters: NIPs and files waiting to be read are encrypted under it."""
    import_batch: int = 1000
    """Rows of an export kept in one transaction."""
    lease_seconds: float = 15
    """After how long without a sign of life another process takes over an import."""
    largest_file: int = 200 * 1024 * 1024
    """Bytes an export may have."""
    smallest_unit: int = 10
    """Units with fewer people are not held against the distribution guideline."""
