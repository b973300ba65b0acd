"""The words in which the interface is described: OpenAPI 2.0, because custom connectors of Logic Apps and Power Automate take nothing newer.

2.0 knows neither null nor alternatives; what may be null carries `x-nullable`.
Sources: https://swagger.io/specification/v2/ , https://learn.microsoft.com/connectors/custom-connectors/openapi-extensions
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
JSON, PROBLEM, HTML, ZIP = "application/json", "application/problem+json", "text/html", "application/zip"
KEY: list[dict[str, list[str]]] = [{"key": []}]


def text(about: str, **more: Any) -> Schema:
    """A string."""
    return {"type": "string", "description": about, **more}


def moment(about: str) -> Schema:
    """A time, RFC 3339 in UTC."""
    return text(about, format="date-time")


def day(about: str) -> Schema:
    """A day."""
    return text(about, format="date")


def digest(about: str) -> Schema:
    """A SHA-256 in lower-case hexadecimal."""
    return text(about, pattern="^[0-9a-f]{64}$")


def whole(about: str, **more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer", "description": about, **more}


def flag(about: str) -> Schema:
    """Yes or no."""
    return {"type": "boolean", "description": about}


def many(items: Schema, about: str = "") -> Schema:
    """A list."""
    return {"type": "array", "items": items, **({"description": about} if about else {})}


def maybe(schema: Schema) -> Schema:
    """Or null."""
    return {**schema, "x-nullable": True}


def ref(name: str) -> Schema:
    """One of the definitions."""
    return {"$ref": f"#/definitions/{name}"}


def anything(about: str) -> Schema:
    """An object whose properties are not listed here."""
    return {"type": "object", "description": about, "additionalProperties": True}


def shape(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = (), more: bool = False) -> Schema:
    """An object that has all of these properties, but for the optional ones; `more`: others may be added in later versions."""
    named = {name: {"x-ms-summary": title(name), **each} if "$ref" not in each else each for name, each in properties.items()}
    required = [name for name in properties if name not in optional]
    made: Schema = {"type": "object", "properties": named}
    return {**made, **({"required": required} if required else {}), **({"additionalProperties": True} if more else {})}


def title(name: str) -> str:
    """`completed_at` -> `Completed At`, as designers show it."""
    return " ".join(part.capitalize() for part in name.split("_"))


def query(name: str, about: str, **more: Any) -> Schema:
    """A parameter of the query; optional."""
    made = {"name": name, "in": "query", "required": False, "description": about, "x-ms-summary": title(name)}
    return {**made, **({} if "type" in more else {"type": "string"}), **more}


def header(name: str, about: str, **more: Any) -> Schema:
    """A parameter among the headers; optional."""
    return {"name": name, "in": "header", "required": False, "type": "string", "description": about, "x-ms-summary": name, **more}


def path(name: str, about: str) -> Schema:
    """A part of the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "type": "string",
        "description": about,
        "x-ms-summary": title(name),
        "x-ms-url-encoding": "single",
    }


def body(schema: Schema, about: str) -> Schema:
    """The body."""
    return {"name": "body", "in": "body", "required": True, "description": about, "schema": schema}


# Never shown in designers: a connector has its own way to send a header of this name.
TOKEN = header("Authorization", "Bearer and a token of a person who signed in to this tenant", **{"x-ms-visibility": "internal"})


def operation(
    name: str,
    summary: str,
    answers: Mapping[int, Schema | None],
    *parameters: Schema,
    about: str = "",
    level: str = "function",
    tag: str,
    consumes: str | tuple[str, ...] = (),
    produces: tuple[str, ...] = (JSON, PROBLEM),
    refuses: tuple[int, ...] = (),
    visible: str = "",
    always: bool = False,
) -> Schema:
    """One operation. `answers`: status -> schema of the good answers; `refuses`: statuses that are answered with a problem.

    401 is the platform's own, without a body, where the key is missing, and a problem where a token came along that is not believed. 503 is said
    where settings or store are at fault, but for operations that `always` answer because they need neither.
    """
    takes_token = any(each["name"] == TOKEN["name"] for each in parameters)
    made: Schema = {
        "operationId": name,
        "summary": summary,
        "description": about or summary,
        "tags": [tag],
        "produces": list(produces),
        "responses": {str(status): _answer(status, schema) for status, schema in sorted({**answers}.items())},
        "security": [] if level == "anonymous" else KEY,
        "x-auth-level": level,
    }
    if level != "anonymous":
        made["responses"]["401"] = {"description": "The key is missing or wrong; the platform answers without a body."}
    if takes_token:
        refuses = (*refuses, 401, 403)
    for status in sorted({*refuses, *(() if always else (503,))}):
        made["responses"][str(status)] = {"description": WHY[status], "schema": ref("Problem")}
    if parameters:
        made["parameters"] = list(parameters)
    if consumes:
        made["consumes"] = [consumes] if isinstance(consumes, str) else list(consumes)
    return {**made, **({"x-ms-visibility": visible} if visible else {})}


WHY = {
    400: "A parameter or the body is not as it must be; the detail says what is allowed.",
    401: "The key, the link or the sign-in is missing, wrong or has ended.",
    403: "Who calls may not do this.",
    404: "There is nothing of that name.",
    409: "The present state does not allow it.",
    410: "It has ended.",
    413: "It is too large for one answer or request; the detail says how to go on.",
    415: "The content type is not taken.",
    416: "The range lies outside.",
    422: "Fields are not as they must be; nothing was written, and `errors` names each.",
    429: "Too many requests were refused; wait a minute.",
    500: "The run failed; the detail says why.",
    503: "Settings or store are at fault; try again later.",
}
GOOD = {
    200: "Done.",
    201: "Made.",
    202: "Under way; ask again at Location after Retry-After seconds.",
    206: "The part that was asked for.",
    302: "The place to fetch it from: an address that works for ten minutes.",
    303: "Go on to Location.",
    304: "The caller has it already.",
}
HEADERS: dict[int, dict[str, Schema]] = {
    202: {"Location": {"type": "string", "description": "Where to ask"}, "Retry-After": {"type": "string", "description": "Seconds to wait"}},
    302: {"Location": {"type": "string", "description": "Where to fetch it"}},
    303: {"Location": {"type": "string", "description": "Where to go on"}},
}


def _answer(status: int, schema: Schema | None) -> Schema:
    made: Schema = {"description": GOOD[status]}
    if schema is not None:
        made["schema"] = schema
    return {**made, **({"headers": HEADERS[status]} if status in HEADERS else {})}
