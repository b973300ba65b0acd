"""The console. Anonymous for the host: an Entra token or a console session is the guard, in code."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("console_home")
@routes.route(route="console", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_home(req: func.HttpRequest) -> func.HttpResponse:
    """Today's state and what needs a person."""
    from api.console import home

    return await served(req, lambda: home(req))


@routes.function_name("console_sign_in_page")
@routes.route(route="console/sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_sign_in_page(req: func.HttpRequest) -> func.HttpResponse:
    """The page behind a one-time sign-in link."""
    from api.console import sign_in_page

    return await served(req, lambda: sign_in_page(req))


@routes.function_name("console_sign_in")
@routes.route(route="console/sign-in", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    """Use a one-time sign-in link."""
    from api.console import sign_in

    return await served(req, lambda: sign_in(req))


@routes.function_name("console_page")
@routes.route(route="console/{page}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_page(req: func.HttpRequest) -> func.HttpResponse:
    """A page of the console."""
    from api.console import page

    return await served(req, lambda: page(req, req.route_params["page"]))


@routes.function_name("console_submit")
@routes.route(route="console/{page}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_submit(req: func.HttpRequest) -> func.HttpResponse:
    """A form of the console."""
    from api.console import submit

    return await served(req, lambda: submit(req, req.route_params["page"]))


@routes.function_name("console_act")
@routes.route(route="console/{page}/{id}/{verb}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_act(req: func.HttpRequest) -> func.HttpResponse:
    """A button of the console."""
    from api.console import act

    return await served(req, lambda: act(req, req.route_params["page"], req.route_params["id"], req.route_params["verb"]))
