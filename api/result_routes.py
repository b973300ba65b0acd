"""Results, evidence, history, changes and the catalogue."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("run_results")
@routes.route(route="v1/runs/{run}/results", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def run_results(req: func.HttpRequest) -> func.HttpResponse:
    """The results of a signed run."""
    from api.results import of_run

    return await served(req, lambda: of_run(req, req.route_params["run"]))


@routes.function_name("run_evidence")
@routes.route(route="v1/runs/{run}/evidence/{fact}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def run_evidence(req: func.HttpRequest) -> func.HttpResponse:
    """The chain of custody of a fact."""
    from api.results import evidence

    return await served(req, lambda: evidence(req.route_params["run"], req.route_params["fact"]))


@routes.function_name("run_evidence_page")
@routes.route(route="v1/runs/{run}/evidence/{fact}/{number}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def run_evidence_page(req: func.HttpRequest) -> func.HttpResponse:
    """A page of evidence as it was stored."""
    from api.results import evidence_page

    return await served(req, lambda: evidence_page(req.route_params["run"], req.route_params["fact"], req.route_params["number"]))


@routes.function_name("list_controls")
@routes.route(route="v1/controls", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_controls(req: func.HttpRequest) -> func.HttpResponse:
    """The catalogue."""
    from api.controls import listed

    return await served(req, lambda: listed(req))


@routes.function_name("get_control")
@routes.route(route="v1/controls/{control}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_control(req: func.HttpRequest) -> func.HttpResponse:
    """One control."""
    from api.controls import one

    return await served(req, lambda: one(req.route_params["control"]))


@routes.function_name("control_history")
@routes.route(route="v1/controls/{control}/history", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def control_history(req: func.HttpRequest) -> func.HttpResponse:
    """What a control came to over time."""
    from api.results import history

    return await served(req, lambda: history(req, req.route_params["control"]))


@routes.function_name("list_changes")
@routes.route(route="v1/changes", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_changes(req: func.HttpRequest) -> func.HttpResponse:
    """What changed."""
    from api.results import changed

    return await served(req, lambda: changed(req))
