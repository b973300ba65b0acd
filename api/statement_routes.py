"""Statements: what only a person can say."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("list_statement_types")
@routes.route(route="v1/statement-types", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_statement_types(req: func.HttpRequest) -> func.HttpResponse:
    """The types, and what is due."""
    from api.statements import kinds

    return await served(req, kinds)


@routes.function_name("list_statements")
@routes.route(route="v1/statements", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_statements(req: func.HttpRequest) -> func.HttpResponse:
    """Statements."""
    from api.statements import listed

    return await served(req, lambda: listed(req))


@routes.function_name("create_statement")
@routes.route(route="v1/statements", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def create_statement(req: func.HttpRequest) -> func.HttpResponse:
    """A new statement."""
    from api.statements import create

    return await served(req, lambda: create(req))


@routes.function_name("get_statement")
@routes.route(route="v1/statements/{id}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_statement(req: func.HttpRequest) -> func.HttpResponse:
    """One statement with its versions."""
    from api.statements import one

    return await served(req, lambda: one(req.route_params["id"]))


@routes.function_name("withdraw_statement")
@routes.route(route="v1/statements/{id}", methods=["DELETE"], auth_level=func.AuthLevel.ADMIN)
async def withdraw_statement(req: func.HttpRequest) -> func.HttpResponse:
    """Take a statement back."""
    from api.statements import withdraw

    return await served(req, lambda: withdraw(req, req.route_params["id"]))


@routes.function_name("revise_statement")
@routes.route(route="v1/statements/{id}/versions", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def revise_statement(req: func.HttpRequest) -> func.HttpResponse:
    """The next version of a statement."""
    from api.statements import revise

    return await served(req, lambda: revise(req, req.route_params["id"]))


@routes.function_name("get_document")
@routes.route(route="v1/statements/{id}/document", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_document(req: func.HttpRequest) -> func.HttpResponse:
    """The file behind a statement."""
    from api.statements import document

    return await served(req, lambda: document(req, req.route_params["id"]))


@routes.function_name("attach_document")
@routes.route(route="v1/statements/{id}/document", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def attach_document(req: func.HttpRequest) -> func.HttpResponse:
    """The file behind a statement, which makes its next version."""
    from api.statements import attach

    return await served(req, lambda: attach(req, req.route_params["id"]))


@routes.function_name("approve_statement")
@routes.route(route="v1/statements/{id}/approval", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
async def approve_statement(req: func.HttpRequest) -> func.HttpResponse:
    """A second, signed-in person's word on a statement."""
    from api.statements import approve

    return await served(req, lambda: approve(req, req.route_params["id"]))
