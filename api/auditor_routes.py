"""What an auditor's link opens. Anonymous for the host: the link's secret is the guard, in code."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("auditor_page")
@routes.route(route="auditor/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def auditor_page(req: func.HttpRequest) -> func.HttpResponse:
    """The page behind a link, or the same data for a machine."""
    from api.auditor import home

    return await served(req, lambda: home(req, req.route_params["link"]))


@routes.function_name("auditor_package")
@routes.route(route="auditor/{link}/package", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def auditor_package(req: func.HttpRequest) -> func.HttpResponse:
    """The package of the newest run that the link opens."""
    from api.auditor import package

    return await served(req, lambda: package(req, req.route_params["link"], None))


@routes.function_name("auditor_report")
@routes.route(route="auditor/{link}/report", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def auditor_report(req: func.HttpRequest) -> func.HttpResponse:
    """The report of the newest run that the link opens."""
    from api.auditor import report

    return await served(req, lambda: report(req, req.route_params["link"], None))


@routes.function_name("auditor_run_package")
@routes.route(route="auditor/{link}/runs/{run}/package", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def auditor_run_package(req: func.HttpRequest) -> func.HttpResponse:
    """The package of a run that the link opens."""
    from api.auditor import package

    return await served(req, lambda: package(req, req.route_params["link"], req.route_params["run"]))


@routes.function_name("auditor_run_report")
@routes.route(route="auditor/{link}/runs/{run}/report", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def auditor_run_report(req: func.HttpRequest) -> func.HttpResponse:
    """The report of a run that the link opens."""
    from api.auditor import report

    return await served(req, lambda: report(req, req.route_params["link"], req.route_params["run"]))
