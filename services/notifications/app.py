"""Notifications, assembled: `uvicorn services.notifications.app:app`."""

from services.notifications import clock, handlers, routes
from services.notifications.settings import Settings
from shared import database, service

settings = Settings()
app = service.build(
    "notifications",
    settings,
    database.connect(settings),
    routes.api,
    listening=handlers.listening,
    clocks=(clock.digests(settings), clock.mails(settings)),
    after_replay=clock.after_replay(settings),
)
