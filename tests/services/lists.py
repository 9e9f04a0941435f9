"""Lists as somebody reads them who turns page after page."""

from typing import Any

import httpx


async def pages(client: httpx.AsyncClient, path: str, limit: int) -> list[dict[str, Any]]:
    """All items of a list, page by page; no page is longer than asked for."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        answer = await client.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{after}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"
