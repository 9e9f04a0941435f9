"""Notifications's schema."""

from services.notifications.models import Base
from services.notifications.settings import Settings
from shared.migrations import run

run(Base.metadata, Settings())
