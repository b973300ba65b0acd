"""Exceptions over HTTP: proposed by a signed-in owner, approved by another signed-in person, withdrawn. The rules are in reporting.deciding."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from api.answers import Problem, answer
from api.asking import GUID, chosen, continuation, count, guid_of, json_object, onward, paged
from api.callers import approver, caller
from api.statements import now
from reporting.deciding import approved, proposal_of, proposed, revised, withdrawn
from reporting.records import Actor, Decision
from runs.context import context
from scanners import catalogue
from scanners.errors import RecordRefused
from scanners.exceptions import Decision as Read
from scanners.exceptions import standing
from scanners.model import Control
from scanners.reading import read_as

PAGE, MOST = 100, 200
STATUSES = ("pending", "approved", "withdrawn")


def propose(said: Mapping[str, Any], by: Actor) -> Decision:
    """Make and put an exception, pending until somebody else approves it. Raises RecordRefused."""
    proposal = proposal_of(dict(said))
    made = proposed(proposal, _control(proposal.control), by, now(), str(uuid.uuid4()))
    context().storage.exceptions.put(made)
    return made


def propose_again(text: str, said: Mapping[str, Any], by: Actor) -> Decision:
    """Make and put the next version, pending until somebody else approves it. Raises RecordRefused, VersionTaken."""
    current, proposal = versions_of(text)[-1], proposal_of(dict(said))
    made = revised(proposal, _control(proposal.control), current, by, now())
    context().storage.exceptions.put(made)
    return made


def _control(name: str) -> Control:
    control = catalogue.load().controls.get(name)
    if control is None:
        raise RecordRefused({"control": "is not a control of this version; GET /api/v1/controls lists them"})
    return control


def approve_as(text: str, by: Actor) -> Decision:
    """Put the version that has effect. Raises RecordRefused unless `by` is a signed-in person who has owned no version of it."""
    made = approved(versions_of(text), by, now())
    context().storage.exceptions.put(made)
    return made


def take_back(text: str, by: Actor) -> Decision:
    """Put the version that takes it back, with who did and when."""
    made = withdrawn(versions_of(text)[-1], by, now())
    context().storage.exceptions.put(made)
    return made


def versions_of(text: str) -> tuple[Decision, ...]:
    """All versions, oldest first. Raises Problem (404)."""
    found = context().storage.exceptions.versions(guid_of(text, "exception"))
    if not found:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such exception.")
    return found


def listed(request: func.HttpRequest) -> func.HttpResponse:
    """The newest version of every exception, by id."""
    status, controls = chosen(request, "status", STATUSES), chosen(request, "control", catalogue.load().controls)
    size, place = count(request, MOST, PAGE), continuation(request, "exceptions", GUID)
    current = sorted(context().storage.exceptions.current(), key=lambda each: each.id)
    found = [each for each in current if (status is None or each.status in status) and (controls is None or each.control in controls)]
    page, further = paged(found, lambda each: each.id, place, size)
    return answer({"total": len(found), "exceptions": [shown(each) for each in page], "continuation": onward("exceptions", further)})


def one(text: str) -> func.HttpResponse:
    """An exception: its newest version, and all versions."""
    versions = versions_of(text)
    return answer({**shown(versions[-1]), "versions": [each.to_json() for each in versions]})


def create(request: func.HttpRequest) -> func.HttpResponse:
    """A new exception; its owner is the person whose token comes with the request."""
    made = propose(json_object(request), caller(request))
    return answer(shown(made), HTTPStatus.CREATED, {"Location": f"/api/v1/exceptions/{made.id}"})


def revise(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """The next version of an exception; its owner is the person whose token comes with the request."""
    made = propose_again(text, json_object(request), caller(request))
    return answer(shown(made), HTTPStatus.CREATED, {"Location": f"/api/v1/exceptions/{made.id}"})


def approve(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """Approval by a signed-in person other than the owner."""
    return answer(shown(approve_as(text, approver(request))))


def withdraw(request: func.HttpRequest, text: str) -> func.HttpResponse:
    """Take an exception back; the fail returns with the next run. A bearer token that comes along must be a good one."""
    return answer(shown(take_back(text, caller(request))))


def shown(made: Decision) -> dict[str, Any]:
    """An exception as it is served: the record, whether it has effect today and, if not, why."""
    control = catalogue.load().controls.get(made.control)
    why = "its control is not part of this version" if control is None else standing(read_as(Read, made.to_json()), control, context().clock())
    return {**made.to_json(), "has_effect": why is None, "because": why, "links": {"self": f"/api/v1/exceptions/{made.id}"}}
