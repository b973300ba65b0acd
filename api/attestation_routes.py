"""The latest attestation and what belongs to it, what a period shows, and the public keys."""

import azure.functions as func

from api.answers import served

routes = func.Blueprint()


@routes.function_name("latest_attestation")
@routes.route(route="v1/attestations/latest", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def latest_attestation(req: func.HttpRequest) -> func.HttpResponse:
    """The summary of the latest signed run, with its age; 304 when the caller has it already."""
    from api.attestations import latest

    return await served(req, lambda: latest(req))


@routes.function_name("latest_package")
@routes.route(route="v1/attestations/latest/package", methods=["GET", "HEAD"], auth_level=func.AuthLevel.FUNCTION)
async def latest_package(req: func.HttpRequest) -> func.HttpResponse:
    """The package of the latest signed run."""
    from api.bundles import package

    return await served(req, lambda: package(req, None))


@routes.function_name("latest_report")
@routes.route(route="v1/attestations/latest/report", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def latest_report(req: func.HttpRequest) -> func.HttpResponse:
    """The report of the latest signed run."""
    from api.bundles import report

    return await served(req, lambda: report(req, None))


@routes.function_name("period_attestation")
@routes.route(route="v1/attestations/period", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def period_attestation(req: func.HttpRequest) -> func.HttpResponse:
    """What the signed runs of a period show."""
    from api.attestations import period

    return await served(req, lambda: period(req))


@routes.function_name("period_package")
@routes.route(route="v1/attestations/period/package", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def period_package(req: func.HttpRequest) -> func.HttpResponse:
    """The same as a signed package."""
    from api.attestations import period_package as package

    return await served(req, lambda: package(req))


@routes.function_name("list_keys")
@routes.route(route="v1/keys", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def list_keys(req: func.HttpRequest) -> func.HttpResponse:
    """The public keys that signed something here."""
    from api.attestations import keys

    return await served(req, keys)
