"""Training, assembled: `uvicorn services.training.app:app`."""

from services.training import handlers, routes
from services.training.settings import Settings
from shared import database, service

settings = Settings()
app = service.build(
    "training",
    settings,
    database.connect(settings),
    routes.api,
    listening=handlers.listening,
)
