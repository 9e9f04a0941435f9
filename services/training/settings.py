"""TRAINING_* knobs."""

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Knobs of training; the common ones are in `shared.settings`."""

    model_config = SettingsConfigDict(env_prefix="TRAINING_", extra="ignore")
