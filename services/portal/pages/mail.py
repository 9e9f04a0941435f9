"""The e-mails of the embedded stack, which leave it never. In production there is no such page."""

from typing import Final

from starlette.responses import Response

from services.portal.pages.doors import Door
from services.portal.pages.visit import Visit, to

SHOWN: Final = 50


async def show_mail(visit: Visit) -> Response:
    """The newest e-mails, unless the mail sink shows them itself."""
    settings = visit.house.settings
    if settings.embedded and settings.mail_url:
        return to(settings.mail_url)
    asked = visit.query
    page = await visit.development.letters(limit=SHOWN, after=asked.get("after"))
    return await visit.page(
        "mail.html", letters=page.items, next=page.next, first="after" not in asked
    )


async def show_letter(visit: Visit) -> Response:
    """One e-mail."""
    letter = await visit.development.letter(visit.request.path_params["number"])
    return await visit.page("letter.html", letter=letter)


DOORS: Final = (
    Door("/mail", show_mail),
    Door("/mail/{number:int}", show_letter),
)
