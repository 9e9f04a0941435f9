"""The services, as the person who is signed in may ask them. Every question has a time limit."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeVar
from uuid import UUID

import httpx
import msgspec

from services.portal.clients import answers
from services.portal.clients.answers import Page
from services.portal.clients.calls import STREAM_SILENCE, Asked, Calls, Service, asked, read

__all__ = ["Calls", "Development", "Services", "answers"]

T = TypeVar("T")
WHOLE: Final = 200
"""The largest page a service gives."""


class Services:
    """Questions to the services in one person's name and language."""

    def __init__(self, calls: Calls, token: str, language: str) -> None:
        self._calls = calls
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}

    async def me(self) -> answers.Employee:
        """The own record."""
        return await self._get("appraisal", "/me", answers.Employee)

    async def evaluations(self, **query: Asked) -> Page[answers.Evaluation]:
        """Evaluations one may see, oldest first."""
        return await self._get("appraisal", "/evaluations", Page[answers.Evaluation], **query)

    async def evaluation(self, evaluation_id: UUID) -> answers.Evaluation:
        """One evaluation, in the version that counts."""
        return await self._get("appraisal", f"/evaluations/{evaluation_id}", answers.Evaluation)

    async def versions(self, evaluation_id: UUID) -> list[answers.Evaluation]:
        """All versions of an evaluation, newest first."""
        path = f"/evaluations/{evaluation_id}/versions"
        return (await self._get("appraisal", path, Page[answers.Evaluation])).items

    async def imports(self, **query: Asked) -> Page[answers.Import]:
        """Imports, newest first."""
        return await self._get("appraisal", "/imports", Page[answers.Import], **query)

    async def import_(self, import_id: UUID) -> answers.Import:
        """One import."""
        return await self._get("appraisal", f"/imports/{import_id}", answers.Import)

    async def findings(self, import_id: UUID, **query: Asked) -> Page[answers.Finding]:
        """What was found in an import's rows."""
        path = f"/imports/{import_id}/findings"
        return await self._get("appraisal", path, Page[answers.Finding], **query)

    async def distribution(self, import_id: UUID) -> answers.Distribution:
        """How an import's predicates spread."""
        path = f"/imports/{import_id}/distribution"
        return await self._get("appraisal", path, answers.Distribution)

    async def rejected(self, import_id: UUID) -> bytes:
        """The rejected rows as a workbook."""
        path = f"/imports/{import_id}/rejected.xlsx"
        return (await self._calls.send("appraisal", "GET", path, headers=self._headers)).content

    async def hand_in(self, body: AsyncIterator[bytes], kind: str) -> answers.HandedIn:
        """Pass an upload on as it comes; `kind` is its content type."""
        answer = await self._calls.send(
            "appraisal",
            "POST",
            "/imports",
            headers=self._headers | {"Content-Type": kind},
            content=body,
            timeout=httpx.Timeout(self._calls.settings.upload_seconds, connect=2),
        )
        return read("appraisal", answer, answers.HandedIn)

    async def recommendations(self, evaluation_id: UUID) -> answers.RecommendationSet | None:
        """What is recommended after an evaluation; None while nothing was decided."""
        found = await self._get(
            "training",
            "/recommendations",
            Page[answers.RecommendationSet],
            evaluation_id=evaluation_id,
        )
        return found.items[0] if found.items else None

    async def recommendation_sums(self, import_id: UUID) -> answers.RecommendationSums:
        """Counts of an import's recommendations."""
        path = "/recommendations/summary"
        return await self._get("training", path, answers.RecommendationSums, import_id=import_id)

    async def courses(self) -> list[answers.Course]:
        """The whole catalogue, by code."""
        found: list[answers.Course] = []
        after: str | None = None
        while True:
            page = await self._get(
                "training", "/courses", Page[answers.Course], limit=WHOLE, after=after
            )
            found += page.items
            after = page.next
            if after is None:
                return found

    async def course(self, code: str) -> answers.Course:
        """One kind of training."""
        return await self._get("training", f"/courses/{code}", answers.Course)

    async def inbox(self, **query: Asked) -> answers.Inbox:
        """The own inbox, newest first."""
        return await self._get("notifications", "/inbox", answers.Inbox, **query)

    async def mark_read(self, notice_id: UUID) -> None:
        """Mark a notice as read."""
        path = f"/inbox/{notice_id}/read"
        await self._calls.send("notifications", "POST", path, headers=self._headers)

    def inbox_stream(self) -> AbstractAsyncContextManager[httpx.Response]:
        """Server-sent events: the number of unread notices, whenever it changes."""
        return self._calls.stream(
            "notifications", "/inbox/stream", headers=self._headers, seconds=STREAM_SILENCE
        )

    async def notice_sums(self, import_id: UUID) -> answers.NoticeSums:
        """How an import's notices are doing."""
        path = "/notices/summary"
        return await self._get("notifications", path, answers.NoticeSums, import_id=import_id)

    async def preferences(self) -> answers.Preferences:
        """What one chose about e-mail."""
        return await self._get("notifications", "/preferences", answers.Preferences)

    async def prefer(self, chosen: answers.Preferences) -> None:
        """Choose."""
        await self._calls.send(
            "notifications",
            "PUT",
            "/preferences",
            headers=self._headers | {"Content-Type": "application/json"},
            content=msgspec.json.encode(chosen),
        )

    async def _get(self, service: Service, path: str, shape: type[T], /, **query: Asked) -> T:
        answer = await self._calls.send(
            service, "GET", path, headers=self._headers, params=asked(query)
        )
        return read(service, answer, shape)


class Development:
    """The embedded stack's front desk: tokens for whoever asks, and the mail sink."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def token(
        self, roles: list[str], *, agency_id: UUID, employee_id: UUID | None = None
    ) -> str:
        """A development token."""
        wish = {"roles": roles, "agency_id": agency_id}
        if employee_id is not None:
            wish["employee_id"] = employee_id
        answer = await self._calls.send(
            "desk", "POST", "/token", headers={}, content=msgspec.json.encode(wish)
        )
        return read("desk", answer, answers.Token).access_token

    async def letters(self, **query: Asked) -> Page[answers.Letter]:
        """E-mails that came, newest first."""
        answer = await self._calls.send("desk", "GET", "/mail", headers={}, params=asked(query))
        return read("desk", answer, Page[answers.Letter])

    async def letter(self, number: int) -> answers.Letter:
        """One e-mail with its text."""
        answer = await self._calls.send("desk", "GET", f"/mail/{number}", headers={})
        return read("desk", answer, answers.Letter)
