"""What the doctor finds: how grave it is, what it is, and what to do about it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from deploy.cli.texts import say


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    """Something could not be looked at, or is only worth knowing."""
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `code` names its texts `doctor.<code>` and, with what to do, `remedy.<code>`."""

    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def ok(cls, code: str, **values: object) -> Self:
        """Something that is well."""
        return cls(Level.OK, code, values)

    @classmethod
    def note(cls, code: str, **values: object) -> Self:
        """Something that was not looked at, or is worth knowing."""
        return cls(Level.NOTE, code, values)

    @classmethod
    def warning(cls, code: str, **values: object) -> Self:
        """Something that will be wrong unless somebody sees to it."""
        return cls(Level.WARNING, code, values)

    @classmethod
    def problem(cls, code: str, **values: object) -> Self:
        """Something that is wrong."""
        return cls(Level.PROBLEM, code, values)

    @property
    def text(self) -> str:
        """What was found, in the terminal's language."""
        return say(f"doctor.{self.code}", **self.values)

    @property
    def remedy(self) -> str | None:
        """What to do; None where there is nothing to do."""
        return None if self.level is Level.OK else say(f"remedy.{self.code}", **self.values)

    def as_json(self) -> dict[str, Any]:
        """The finding for programs."""
        return {
            "level": self.level,
            "code": self.code,
            "text": self.text,
            "remedy": self.remedy,
            "values": {name: str(value) for name, value in self.values.items()},
        }
