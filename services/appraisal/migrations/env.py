"""Appraisal's schema."""

from services.appraisal.models import Base
from services.appraisal.settings import Settings
from shared.migrations import run

run(Base.metadata, Settings())
