"""Door for people: exports handed in, evaluations and why they are as they are."""

from fastapi import APIRouter

from services.appraisal.routes import employees, evaluations, imports
from services.appraisal.routes.upload import FORM, Desk

__all__ = ["FORM", "Desk", "api"]

api = APIRouter()
api.include_router(imports.api)
api.include_router(evaluations.api)
api.include_router(employees.api)
