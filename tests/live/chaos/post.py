"""Takes the e-mails that are sent while it storms, and forgets none."""

import re
from collections import Counter
from typing import Any, Self
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.live.real import HOST

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([0-9a-f-]{36})@", re.IGNORECASE | re.MULTILINE)


class Post:
    """A mail server in a thread of its own; `came` counts each letter by its notice."""

    def __init__(self, port: int) -> None:
        self.came: Counter[UUID] = Counter()
        self._controller = Controller(self, hostname=HOST, port=port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        content = envelope.original_content or b""
        found = _MESSAGE_ID.search(content)
        if found is None:
            return "550 a letter without a name"
        self.came[UUID(found[1].decode())] += 1
        return "250 taken"
