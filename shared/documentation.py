"""What a service answers and tells, to read in a browser: nothing is fetched from elsewhere."""

import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.staticfiles import StaticFiles

_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_STYLE = """
body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b2733;background:#fff}h1{line-height:1.2}h2{margin-top:2.5rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;
padding:.35rem .6rem;border-bottom:1px solid #d8dee4}code{background:#eef2f5;padding:.1rem .3rem;
border-radius:3px}details{margin:1rem 0}pre{overflow:auto;background:#eef2f5;padding:1rem}
@media(prefers-color-scheme:dark){body{color:#dde5ec;background:#11181f}code,pre{background:#1d2730}
th,td{border-color:#33404c}a{color:#7fb8ff}}
"""


def serve(app: FastAPI, service: str) -> None:
    """Serve `/docs` (OpenAPI) and `/asyncapi` (the facts), assets included."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/docs")
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/docs/assets/swagger-ui-bundle.js",
            swagger_css_url="/docs/assets/swagger-ui.css",
            swagger_favicon_url="/docs/assets/favicon.png",
        )

    @pages.get("/asyncapi.json")
    async def contract() -> JSONResponse:
        return JSONResponse(asyncapi(service))

    @pages.get("/asyncapi")
    async def facts() -> HTMLResponse:
        return HTMLResponse(page(asyncapi(service)))

    app.include_router(pages)
    app.mount("/docs/assets", StaticFiles(directory=_SWAGGER))


def asyncapi(service: str) -> dict[str, Any]:
    """The committed AsyncAPI document of a service."""
    file = resources.files("shared.contracts") / f"{service}.asyncapi.json"
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def page(document: Mapping[str, Any]) -> str:
    """An AsyncAPI document as one page: topics, who tells and who listens, what each fact says."""
    info = document["info"]
    described = "".join(
        f"<p>{escape(line)}</p>" for line in info["description"].splitlines() if line
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])}</h1>{described}"
        '<p><a href="/asyncapi.json">AsyncAPI 3.0 document</a> · <a href="/docs">HTTP API</a></p>'
        f"{''.join(_topic(name, one, document) for name, one in document['channels'].items())}"
        "</body></html>"
    )


def _topic(name: str, channel: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    roles = sorted(
        {"send": "tells", "receive": "listens"}[operation["action"]]
        for operation in document["operations"].values()
        if operation["channel"]["$ref"].endswith(f"/{name}")
    )
    binding = channel["bindings"]["kafka"]
    facts = "".join(
        _fact(kind, document["components"]["messages"][kind], document)
        for kind in channel["messages"]
    )
    return (
        f"<h2><code>{escape(name)}</code></h2><p>This service {' and '.join(roles)} here. "
        f"Partitions: {binding['partitions']}. Settings: "
        f"<code>{escape(json.dumps(binding['topicConfiguration']))}</code></p>{facts}"
    )


def _fact(kind: str, message: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    schema = _resolved(message["payload"], document)
    needed = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td>"
        f"<td>{'yes' if field in needed else 'no'}</td>"
        f"<td><code>{escape(_kind_of(said))}</code></td>"
        f"<td>{escape(said.get('description', ''))}</td></tr>"
        for field, said in schema.get("properties", {}).items()
    )
    return (
        f"<h3><code>{escape(kind)}</code></h3><p>{escape(schema.get('description', ''))}</p>"
        "<table><thead><tr><th scope=col>Field</th><th scope=col>Required</th>"
        "<th scope=col>Type</th><th scope=col>Meaning</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><details><summary>JSON Schema</summary>"
        f"<pre>{escape(json.dumps(schema, indent=2))}</pre></details>"
    )


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "schema" in schema:  # AsyncAPI's multi-format wrapping
        schema = schema["schema"]
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].lstrip("#/").split("/"):
            found = found[part]
        return _resolved(found, document)
    return schema


def _kind_of(said: Mapping[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "anyOf" in said:
        return " | ".join(_kind_of(one) for one in said["anyOf"])
    kind = str(said.get("type", "any"))
    return f"{kind} ({said['format']})" if "format" in said else kind
