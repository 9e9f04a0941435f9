"""Templates with what every page needs: texts, dates, the menu, who is signed in."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.portal.pages import charts, matrix
from services.portal.settings import Settings
from shared.auth import Role
from shared.events.words import TO_COACH, Predicate
from shared.i18n import LANGUAGES

if TYPE_CHECKING:
    from services.portal.pages.visit import Visit

FOLDER: Final = Path(__file__).parent.parent
STATIC: Final = FOLDER / "static"
EVERYBODY: Final = frozenset(Role)
OFFICE: Final = frozenset({Role.PERSONNEL_OFFICER})
PEOPLE: Final = frozenset({Role.EMPLOYEE, Role.REVIEWER}) | OFFICE
MENU: Final = (
    ("/", "home", EVERYBODY),
    ("/results", "results", PEOPLE),
    ("/team", "team", frozenset({Role.REVIEWER})),
    ("/imports", "imports", OFFICE | {Role.OPERATOR}),
    ("/courses", "courses", EVERYBODY),
    ("/inbox", "inbox", PEOPLE),
    ("/preferences", "preferences", PEOPLE),
)
"""Path, name, and whose menu it stands in."""


class Renderer:
    """Fills templates; everything in them is escaped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals |= {
            "ROLE": Role,
            "PREDICATES": tuple(Predicate),
            "TO_COACH": TO_COACH,
            "LANGUAGES": LANGUAGES,
            "matrix": matrix,
            "charts": charts,
            "embedded": settings.embedded,
            "objection_days": settings.objection_days,
            "static": {file.name: _fingerprinted(file) for file in STATIC.iterdir()},
        }

    def render(self, template: str, visit: "Visit", **content: Any) -> str:
        """The page as HTML."""
        speech = visit.speech
        url = visit.request.url
        return self._templates.get_template(template).render(
            t=speech.text,
            speech=speech,
            here=url.path,
            address=f"{url.path}?{url.query}" if url.query else url.path,
            person=visit.guest,
            menu=_menu(visit),
            **content,
        )


def _menu(visit: "Visit") -> list[tuple[str, str]]:
    if visit.guest is None:
        return []
    found = [(path, name) for path, name, roles in MENU if visit.guest.may_be(*roles)]
    return [*found, ("/mail", "mail")] if visit.house.settings.embedded else found


def _fingerprinted(file: Path) -> str:
    """A file's address, which changes when the file does."""
    return f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
