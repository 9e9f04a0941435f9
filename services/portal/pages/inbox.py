"""The inbox: notices, what is unread, and news without reload."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import httpx
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from services.portal.clients.trouble import ServiceAway
from services.portal.pages.doors import Door
from services.portal.pages.visit import READERS, Visit, to

SHOWN: Final = 20
RETRY_MS: Final = 3000
PING_SECONDS: Final = 20


async def show_inbox(visit: Visit) -> Response:
    """The inbox, newest first."""
    asked = visit.query
    unread = asked.get("unread") == "true"
    inbox = await visit.services.inbox(limit=SHOWN, unread=unread or None, after=asked.get("after"))
    return await visit.page(
        "inbox.html", inbox=inbox, only_unread=unread, first="after" not in asked
    )


async def read_notice(visit: Visit) -> Response:
    """Mark a notice as read and go back to the list."""
    await visit.services.mark_read(visit.request.path_params["notice_id"])
    return to("/inbox?unread=true" if visit.query.get("unread") == "true" else "/inbox")


async def stream_inbox(visit: Visit) -> Response:
    """What notifications says of the inbox, passed on event by event."""
    async with AsyncExitStack() as opening:
        source = await opening.enter_async_context(visit.services.inbox_stream())
        kept = opening.pop_all()
    return EventSourceResponse(_events(source, kept), ping=PING_SECONDS)


async def _events(source: httpx.Response, kept: AsyncExitStack) -> AsyncIterator[ServerSentEvent]:
    """Events until either side ends; the browser then asks again by itself."""
    event = ""
    async with kept:
        try:
            async for line in source.aiter_lines():
                field, _, value = line.partition(":")
                if field == "event":
                    event = value.strip()
                elif field == "data" and event == "inbox":
                    yield ServerSentEvent(value.strip(), event=event, retry=RETRY_MS)
        except (httpx.HTTPError, ServiceAway):
            return


DOORS: Final = (
    Door("/inbox", show_inbox, READERS),
    Door("/inbox/stream", stream_inbox, READERS),
    Door("/inbox/{notice_id:uuid}/read", read_notice, READERS, "POST"),
)
