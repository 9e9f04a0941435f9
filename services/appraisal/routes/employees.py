"""People: who somebody is, as the newest export says."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.appraisal import store
from services.appraisal.models import Employee
from services.appraisal.routes.answers import agency_name
from services.appraisal.routes.evaluations import Concerned
from shared.auth import Principal, Role
from shared.events.words import EmploymentKind, PositionKind
from shared.http import Reading, absent, asks

api = APIRouter()
Oneself = Annotated[Principal, asks(Role.EMPLOYEE, Role.REVIEWER)]


class EmployeeOut(BaseModel):
    """An employee's record; the NIP is shown nowhere."""

    employee_id: UUID
    name: str
    employment_kind: EmploymentKind
    position_title: str
    position_kind: PositionKind
    unit: str
    root_unit: str
    agency: str
    reviewer_id: UUID | None
    reviewer_name: str | None


@api.get("/employees/{employee_id}")
async def show_employee(employee_id: UUID, session: Reading, who: Concerned) -> EmployeeOut:
    """An employee one may see: oneself, a subordinate, somebody of one's agency."""
    found = await store.people.employee(session, employee_id)
    if found is None or not who.scope.allows(found):
        raise absent()
    return await _shown(session, found)


@api.get("/me")
async def show_me(session: Reading, who: Oneself) -> EmployeeOut:
    """The own record."""
    found = await store.people.employee(session, who.employee_id) if who.employee_id else None
    if found is None:
        raise absent()
    return await _shown(session, found)


async def _shown(session: AsyncSession, found: Employee) -> EmployeeOut:
    names = await store.people.names(session, {found.reviewer_id} if found.reviewer_id else ())
    return EmployeeOut(
        employee_id=found.employee_id,
        name=found.name,
        employment_kind=EmploymentKind(found.employment_kind),
        position_title=found.position_title,
        position_kind=PositionKind(found.position_kind),
        unit=found.unit,
        root_unit=found.root_unit,
        agency=agency_name(found.agency_id),
        reviewer_id=found.reviewer_id,
        reviewer_name=names.get(found.reviewer_id) if found.reviewer_id else None,
    )
