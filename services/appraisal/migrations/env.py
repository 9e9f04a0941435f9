"""Appraisal's schema."""

from services.appraisal.models import Base
from shared.migrations import run

run(Base.metadata, "appraisal")
