"""GET /api/v1/readiness: what is granted and what is missing."""

import azure.functions as func

from api.answers import guarded

routes = func.Blueprint()


@routes.function_name("readiness")
@routes.route(route="v1/readiness", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def readiness(req: func.HttpRequest) -> func.HttpResponse:
    """Per permission, role and plan: granted or missing, what stays unseen without it, and the command that grants it."""
    from api.readiness import readiness as look

    return await guarded(req, look)
