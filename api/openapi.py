"""GET /api/openapi.json: the interface in OpenAPI 2.0, for custom connectors of Logic Apps and Power Automate."""

from urllib.parse import urlsplit

import azure.functions as func

from api import openapi_paths, openapi_people
from api.answers import answer
from api.openapi_records import records
from api.openapi_schemas import schemas
from api.openapi_words import Schema
from scanners.catalogue import VERSION

ABOUT = (
    "Evaluates one Microsoft 365 tenant against HIPAA every night and serves what it found: results, signed packages, and what people stated. "
    "It is an evaluation in the sense of 45 CFR 164.308(a)(8), not the risk analysis and not a certification."
)


def described(request: func.HttpRequest) -> func.HttpResponse:
    """The description, for the host that was asked."""
    parts = urlsplit(request.url)
    return answer(document(parts.netloc, parts.scheme))


def document(host: str, scheme: str) -> Schema:
    """The whole description."""
    return {
        "swagger": "2.0",
        "info": {"title": "HIPAA evaluation of Microsoft 365", "description": ABOUT, "version": VERSION},
        "host": host,
        "basePath": "/api",
        "schemes": [scheme],
        "consumes": [],
        "produces": ["application/json", "application/problem+json"],
        "securityDefinitions": {
            "key": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key, or the master key where said"}
        },
        "x-ms-capabilities": {"testConnection": {"operationId": "ListRuns", "parameters": {"limit": 1}}},
        "paths": {**openapi_paths.paths(), **openapi_people.paths()},
        "definitions": {**schemas(), **records()},
    }
