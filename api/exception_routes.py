"""Exceptions: decisions not to meet a control for a while."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("list_exceptions")
@routes.route(route="v1/exceptions", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_exceptions(req: func.HttpRequest) -> func.HttpResponse:
    """Exceptions."""
    from api.exceptions import listed

    return await served(req, lambda: listed(req))


@routes.function_name("create_exception")
@routes.route(route="v1/exceptions", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def create_exception(req: func.HttpRequest) -> func.HttpResponse:
    """A new exception, without effect until somebody else approves it."""
    from api.exceptions import create

    return await served(req, lambda: create(req))


@routes.function_name("get_exception")
@routes.route(route="v1/exceptions/{id}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_exception(req: func.HttpRequest) -> func.HttpResponse:
    """One exception with its versions."""
    from api.exceptions import one

    return await served(req, lambda: one(req.route_params["id"]))


@routes.function_name("withdraw_exception")
@routes.route(route="v1/exceptions/{id}", methods=["DELETE"], auth_level=func.AuthLevel.ADMIN)
async def withdraw_exception(req: func.HttpRequest) -> func.HttpResponse:
    """Take an exception back."""
    from api.exceptions import withdraw

    return await served(req, lambda: withdraw(req, req.route_params["id"]))


@routes.function_name("revise_exception")
@routes.route(route="v1/exceptions/{id}/versions", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def revise_exception(req: func.HttpRequest) -> func.HttpResponse:
    """The next version of an exception, without effect until somebody else approves it."""
    from api.exceptions import revise

    return await served(req, lambda: revise(req, req.route_params["id"]))


@routes.function_name("approve_exception")
@routes.route(route="v1/exceptions/{id}/approval", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def approve_exception(req: func.HttpRequest) -> func.HttpResponse:
    """Approval by a signed-in person other than the owner."""
    from api.exceptions import approve

    return await served(req, lambda: approve(req, req.route_params["id"]))
