"""The OpenAPI 3.1 description of the API, derived from the operations."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from lineal import __version__
from lineal.objects.errors import ERRORS
from lineal.operations import Operation, every
from lineal.server.problems import MEDIA_TYPE, ProblemDetails
from lineal.server.routes import API

_REFERENCES = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """Return the description: every operation, its request, its answer and its errors."""
    operations = list(every().values())
    types = [each.request for each in operations] + [each.response for each in operations] + [ProblemDetails]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCES)
    requests, responses = schemas[: len(operations)], schemas[len(operations) : -1]
    paths = {
        f"{API}/{each.path}": {each.method.lower(): _operation(each, components, request, response)}
        for each, request, response in zip(operations, requests, responses, strict=True)
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lineal",
            "version": __version__,
            "description": "Version control for machine-learning models in production.",
        },
        "paths": {**paths, **_BYTES},
        "components": {
            "schemas": components,
            "responses": {"Problem": {"description": _errors(), "content": {MEDIA_TYPE: {"schema": schemas[-1]}}}},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(
    operation: Operation, components: dict[str, Any], request: dict[str, Any], response: dict[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.words.replace(" ", "_"),
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.words.partition(" ")[0]],
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": {"schema": response}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if operation.method == "GET":
        properties = components[request["$ref"].rpartition("/")[2]]["properties"]
        return found | {"parameters": [_parameter(each, properties[each.name]) for each in operation.parameters]}
    return found | {
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "parameters": [_KEY],
    }


def _parameter(parameter: Any, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.help,
        "schema": schema,
    }


def _errors() -> str:
    lines = (
        f"{kind.http_status} {name}: {(kind.__doc__ or '').partition(chr(10))[0]}" for name, kind in ERRORS.items()
    )
    return "An error, and what to do next. " + " ".join(lines)


def _object(**properties: dict[str, str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"application/json": {"schema": schema}}


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A second request with the same key gets the first one's answer.",
    "schema": {"type": "string", "maxLength": 200},
}
_RANGE = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "Which bytes: bytes=FIRST-LAST.",
    "schema": {"type": "string"},
}
_DIGEST = {"name": "digest", "in": "path", "required": True, "schema": {"type": "string"}}
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_PROBLEM = {"default": {"$ref": "#/components/responses/Problem"}}
_DIGESTS = {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
_BYTES: dict[str, Any] = {
    f"{API}/blobs/{{digest}}": {
        "parameters": [_DIGEST],
        "get": {
            "operationId": "blob_get",
            "summary": "Read bytes, all or a range of them.",
            "parameters": [_RANGE],
            "responses": {
                "200": {"description": "The bytes.", "content": _FILE},
                "206": {"description": "A range of them.", "content": _FILE},
                **_PROBLEM,
            },
        },
        "head": {
            "operationId": "blob_size",
            "summary": "Tell how many bytes there are, as Content-Length.",
            "responses": {"200": {"description": "They are here."}, **_PROBLEM},
        },
        "put": {
            "operationId": "blob_put",
            "summary": "Store bytes under their digest.",
            "requestBody": {"required": True, "content": _FILE},
            "responses": {"204": {"description": "They are stored."}, **_PROBLEM},
        },
    },
    f"{API}/blobs/has": {
        "post": {
            "operationId": "blob_has",
            "summary": "Tell which of a list of digests are here.",
            "requestBody": {"required": True, "content": _DIGESTS},
            "responses": {"200": {"description": "Those that are.", "content": _DIGESTS}, **_PROBLEM},
        }
    },
    f"{API}/trees": {
        "put": {
            "operationId": "tree_put",
            "summary": "Store a tree whose files are stored; the body is its canonical bytes.",
            "requestBody": {"required": True, "content": _FILE},
            "responses": {
                "200": {"description": "Its digest.", "content": _object(digest={"type": "string"})},
                **_PROBLEM,
            },
        }
    },
    f"{API}/health": {
        "get": {
            "operationId": "health",
            "summary": "Tell that the server can reach its database, and which version it is.",
            "security": [],
            "responses": {
                "200": {
                    "description": "It can.",
                    "content": _object(status={"const": "ok"}, version={"type": "string"}, format={"type": "integer"}),
                },
                **_PROBLEM,
            },
        }
    },
}
