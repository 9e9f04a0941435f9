"""The portal, assembled: `uvicorn services.portal.app:app`."""

from services.portal.pages import site
from services.portal.settings import Settings

app = site.build(Settings())
