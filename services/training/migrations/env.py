"""Training's schema."""

from services.training.models import Base
from services.training.settings import Settings
from shared.migrations import run

run(Base.metadata, Settings())
