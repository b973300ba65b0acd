"""Auditor links, the access log and console sessions: for who holds the admin key."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("list_auditor_links")
@routes.route(route="v1/auditor-links", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def list_auditor_links(req: func.HttpRequest) -> func.HttpResponse:
    """A page of the links that were given out."""
    from api.sharing import listed

    return await served(req, lambda: listed(req))


@routes.function_name("create_auditor_link")
@routes.route(route="v1/auditor-links", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def create_auditor_link(req: func.HttpRequest) -> func.HttpResponse:
    """A new link; its URL is shown once."""
    from api.sharing import create

    return await served(req, lambda: create(req))


@routes.function_name("get_auditor_link")
@routes.route(route="v1/auditor-links/{id}", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def get_auditor_link(req: func.HttpRequest) -> func.HttpResponse:
    """One link."""
    from api.sharing import one

    return await served(req, lambda: one(req.route_params["id"]))


@routes.function_name("revoke_auditor_link")
@routes.route(route="v1/auditor-links/{id}", methods=["DELETE"], auth_level=func.AuthLevel.ADMIN)
async def revoke_auditor_link(req: func.HttpRequest) -> func.HttpResponse:
    """End a link at once."""
    from api.sharing import revoke

    return await served(req, lambda: revoke(req, req.route_params["id"]))


@routes.function_name("list_accesses")
@routes.route(route="v1/access-log", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def list_accesses(req: func.HttpRequest) -> func.HttpResponse:
    """Who fetched what, and when."""
    from api.sharing import access_log

    return await served(req, lambda: access_log(req))


@routes.function_name("create_console_session")
@routes.route(route="v1/console-sessions", methods=["POST"], auth_level=func.AuthLevel.ADMIN)
async def create_console_session(req: func.HttpRequest) -> func.HttpResponse:
    """A one-time sign-in link to the console."""
    from api.sharing import console_session

    return await served(req, lambda: console_session(req))
