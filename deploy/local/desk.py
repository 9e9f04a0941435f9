"""The front desk of the embedded stack: development tokens and a mail sink. Not for production.

`python -m deploy.local.desk` refuses to start unless KINERJA_PROFILE is `embedded`. It signs as
KINERJA_ISSUER, listens where KINERJA_HOST says, and with `--no-mail` it only signs.
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from deploy.local.environment import HOST, Stack
from deploy.local.issuer import Issuer, Wish
from deploy.local.mail import Sink

PAGE: Final = Path(__file__).with_name("desk.html")
WARNING: Final = "DEVELOPMENT ONLY: this issuer gives a token to whoever asks"
KEY: Final = "development-issuer.pem"
LARGEST_PAGE: Final = 500

log = logging.getLogger("desk")


def refusal(environ: dict[str, str]) -> str | None:
    """Why it must not start in this environment, in one line; None where it may."""
    profile = environ.get("KINERJA_PROFILE", "production")
    if profile == "embedded":
        return None
    return (
        f"The development issuer runs with KINERJA_PROFILE=embedded only, not {profile}: "
        "use your own identity provider, see KINERJA_ISSUER and KINERJA_JWKS_URL"
    )


def build(issuer: Issuer, sink: Sink, *, smtp_port: int | None) -> Starlette:
    """The desk's web application; it takes mail by SMTP where a port is given."""

    async def page(_request: Request) -> Response:
        return FileResponse(PAGE, headers={"Content-Security-Policy": "default-src 'self'"})

    async def ready(_request: Request) -> Response:
        return JSONResponse({"started": True})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if smtp_port is not None:
            await sink.listen(HOST, smtp_port)
        log.warning(WARNING)
        yield
        await sink.close()

    own_name = urlsplit(issuer.address).hostname or HOST
    own = [Route("/", page), Route("/healthz", ready), Route("/readyz", ready)]
    return Starlette(
        routes=own + _issuer_routes(issuer) + _mail_routes(sink),
        # a page elsewhere must not get at it by a name that leads to this machine
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost", own_name])],
        lifespan=lifespan,
    )


def _issuer_routes(issuer: Issuer) -> list[Route]:
    async def configuration(_request: Request) -> Response:
        return JSONResponse(issuer.configuration())

    async def keys(_request: Request) -> Response:
        return JSONResponse(issuer.keys(), headers={"Cache-Control": "max-age=60"})

    async def token(request: Request) -> Response:
        try:
            wish = msgspec.json.decode(await request.body(), type=Wish)
        except msgspec.DecodeError as error:
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "wish_invalid", str(error))
        return JSONResponse(issuer.token(wish), headers={"Cache-Control": "no-store"})

    return [
        Route("/.well-known/openid-configuration", configuration),
        Route("/.well-known/jwks.json", keys),
        Route("/token", token, methods=["POST"]),
    ]


def _mail_routes(sink: Sink) -> list[Route]:
    async def mails(request: Request) -> Response:
        asked = request.query_params
        try:
            limit = min(max(int(asked.get("limit", 50)), 1), LARGEST_PAGE)
            after = int(asked["after"]) if asked.get("after") else None
        except ValueError:
            return _problem(
                HTTPStatus.UNPROCESSABLE_ENTITY, "page_invalid", "limit and after take a number."
            )
        found = sink.newest(limit=limit + 1, before=after, to=asked.get("to", ""))
        shown = found[:limit]
        more = str(shown[-1].id) if len(found) > limit else None
        return JSONResponse({"items": [mail.summary() for mail in shown], "next": more})

    async def mail(request: Request) -> Response:
        found = sink.get(request.path_params["number"])
        if found is None:
            return _problem(HTTPStatus.NOT_FOUND, "not_found", "This e-mail is not kept.")
        return JSONResponse(found.whole())

    async def count(_request: Request) -> Response:
        return JSONResponse(sink.counts())

    return [
        Route("/mail", mails),
        Route("/mail/count", count),
        Route("/mail/{number:int}", mail),
    ]


def _problem(status: HTTPStatus, code: str, detail: str) -> Response:
    problem = {"title": status.phrase, "status": status, "code": code, "detail": detail}
    return JSONResponse(problem, status, media_type="application/problem+json")


def main() -> None:
    """Run the desk until it is told to end."""
    if why := refusal(dict(os.environ)):
        sys.exit(why)
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stack = Stack.of(os.environ)
    issuer = Issuer(stack.keys / KEY, os.environ.get("KINERJA_ISSUER") or stack.url("desk"))
    takes_mail = "--no-mail" not in sys.argv[1:]
    app = build(issuer, Sink(), smtp_port=stack.port("smtp") if takes_mail else None)
    host = os.environ.get("KINERJA_HOST") or HOST
    uvicorn.run(app, host=host, port=stack.port("desk"), access_log=False, log_config=None)


if __name__ == "__main__":
    main()
