"""GET /api/health: whether this deployment can work at all, without any data. GET /api/openapi.json: what it can be asked."""

import azure.functions as func

from api.answers import answer, guarded, served

routes = func.Blueprint()


@routes.function_name("health")
@routes.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when the settings can be read; 503 with the names of the faulty ones, without their values."""
    from api.health import look

    return await guarded(req, lambda: look(answer))


@routes.function_name("openapi")
@routes.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """The interface in OpenAPI 2.0."""
    from api.openapi import described

    return await served(req, lambda: described(req))
