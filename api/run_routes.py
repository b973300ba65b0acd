"""Runs: the 202 pattern that Logic Apps' HTTP action follows by itself, the list, and what was made of a run."""

import azure.durable_functions as df
import azure.functions as func

from api.answers import guarded, served

routes = df.Blueprint()


@routes.function_name("start_run")
@routes.route(route="v1/runs", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
@routes.durable_client_input(client_name="client")
async def start_run(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """202 with Location and Retry-After; 409 with a link when a run is under way."""
    from api.runs import begin

    return await guarded(req, lambda: begin(req, client))


@routes.function_name("list_runs")
@routes.route(route="v1/runs", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_runs(req: func.HttpRequest) -> func.HttpResponse:
    """Runs, newest first."""
    from api.runs import listed

    return await served(req, lambda: listed(req))


@routes.function_name("get_run")
@routes.route(route="v1/runs/{run}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def get_run(req: func.HttpRequest) -> func.HttpResponse:
    """One run."""
    from api.runs import one

    return await served(req, lambda: one(req.route_params["run"]))


@routes.function_name("run_status")
@routes.route(route="v1/runs/{run}/status", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@routes.durable_client_input(client_name="client")
async def run_status(req: func.HttpRequest, client: str) -> func.HttpResponse:
    """202 while it runs, 200 when completed, 500 problem+json when failed."""
    from api.runs import status

    return await guarded(req, lambda: status(req, req.route_params["run"], client))


@routes.function_name("run_package")
@routes.route(route="v1/runs/{run}/package", methods=["GET", "HEAD"], auth_level=func.AuthLevel.FUNCTION)
async def run_package(req: func.HttpRequest) -> func.HttpResponse:
    """The package of a signed run."""
    from api.bundles import package

    return await served(req, lambda: package(req, req.route_params["run"]))


@routes.function_name("run_report")
@routes.route(route="v1/runs/{run}/report", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def run_report(req: func.HttpRequest) -> func.HttpResponse:
    """The report of a signed run, one page of HTML."""
    from api.bundles import report

    return await served(req, lambda: report(req, req.route_params["run"]))
