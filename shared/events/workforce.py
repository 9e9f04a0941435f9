"""Facts about who works where: told by agencies' systems, or by our importers for them."""

from typing import ClassVar
from uuid import UUID

from shared.events.fact import Data
from shared.events.topics import EMPLOYEES, Topic
from shared.events.words import EmploymentKind, PositionKind


class EmployeeRegistered(Data, frozen=True, gc=False, kw_only=True):
    """An employee's record, whole: the only fact that carries a name or an address.

    The topic is compacted, so the newest version is all a listener needs.
    """

    type: ClassVar[str] = "employee.registered.v1"
    topic: ClassVar[Topic] = EMPLOYEES

    employee_id: UUID
    version: int
    agency_id: UUID
    name: str
    employment_kind: EmploymentKind
    position_kind: PositionKind
    position_title: str
    unit: str
    root_unit: str
    reviewer_id: UUID | None = None
    email: str | None = None
