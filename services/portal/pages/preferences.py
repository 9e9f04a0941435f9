"""What somebody chooses: e-mail or not, its language, and the language of pages."""

from typing import Final

from starlette.responses import Response

from services.portal.clients.answers import Preferences
from services.portal.clients.trouble import Unfit
from services.portal.pages.doors import Door
from services.portal.pages.language import COOKIE, YEAR_SECONDS
from services.portal.pages.visit import READERS, Visit, own_path, to
from shared.i18n import LANGUAGES


async def show_preferences(visit: Visit) -> Response:
    """What is chosen now."""
    chosen = await visit.services.preferences()
    return await visit.page(
        "preferences.html", chosen=chosen, saved=visit.query.get("saved") == "true"
    )


async def choose(visit: Visit) -> Response:
    """Keep what was chosen."""
    async with visit.request.form(max_files=0, max_fields=5) as form:
        email, wanted = form.get("email"), form.get("language")
    language = next((one for one in LANGUAGES if one == wanted), None)
    if language is None:
        raise Unfit
    await visit.services.prefer(Preferences(email=email == "true", language=language))
    return to("/preferences?saved=true")


async def speak(visit: Visit) -> Response:
    """Show pages in another language from now on, beginning with the one looked at."""
    async with visit.request.form(max_files=0, max_fields=5) as form:
        wanted, onward = form.get("language"), str(form.get("next", "/"))
    if wanted not in LANGUAGES:
        raise Unfit
    answer = to(own_path(onward))
    answer.set_cookie(
        COOKIE,
        str(wanted),
        max_age=YEAR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=not visit.house.settings.embedded,
    )
    return answer


DOORS: Final = (
    Door("/preferences", show_preferences, READERS),
    Door("/preferences", choose, READERS, "POST"),
    Door("/language", speak, None, "POST"),
)
