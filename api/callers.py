"""Who calls. The platform has checked the key; a bearer token is checked here. What a body says about its author is never looked at."""

import azure.functions as func

from api.entra import ADMINISTRATOR, APPROVER, Person, bearer, person_of
from reporting.records import Actor


def caller(request: func.HttpRequest) -> Actor:
    """The person whose token comes with the request, else the holder of the key. Raises Problem when a token is not believed."""
    token = bearer(request.headers.get("Authorization"))
    return Actor(kind="key") if token is None else Actor(kind="entra", object_id=person_of(token).object_id)


def approver(request: func.HttpRequest) -> Actor:
    """The person who approves; nobody can do that with a key alone. Raises Problem (401, 403)."""
    return Actor(kind="entra", object_id=signed_in(request, APPROVER, ADMINISTRATOR).object_id)


def signed_in(request: func.HttpRequest, *roles: str) -> Person:
    """The person whose token comes with the request. Raises Problem: 401 without one, 403 without one of the roles."""
    from http import HTTPStatus

    from api.answers import Problem

    token = bearer(request.headers.get("Authorization"))
    if token is None:
        detail = "This needs a signed-in person: send an Entra token of this tenant as a bearer token."
        raise Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})
    person = person_of(token)
    person.require(*roles)
    return person
