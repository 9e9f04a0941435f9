"""Appraisal, assembled: `uvicorn services.appraisal.app:app`."""

from services.appraisal import clock, routes
from services.appraisal.settings import Settings
from services.appraisal.store import Vault
from shared import database, service

settings = Settings()
vault = Vault(settings.secret_key.get_secret_value())
app = service.build(
    "appraisal",
    settings,
    database.connect(settings),
    routes.api,
    clocks=(clock.imports(settings, vault),),
    largest_body=settings.largest_file + routes.FORM,
)
app.state.desk = routes.Desk(settings, vault)
