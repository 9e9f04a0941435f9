"""Door for people: exports handed in, evaluations and why they are as they are."""

from fastapi import APIRouter

from services.appraisal.routes import evaluations, imports
from services.appraisal.routes.imports import Desk

__all__ = ["Desk", "api"]

api = APIRouter()
api.include_router(imports.api)
api.include_router(evaluations.routes)
