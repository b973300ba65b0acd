"""The first day of an administrator: what is granted, what is missing, what stays unseen without it, and the command that grants it.

Application permissions of Graph are read from the scanner's own token, directory roles and plans from the tenant. What cannot be seen that way is
told from the last run's custody: a fact that was read proves its permission. What neither tells is `unknown`, never `granted`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import azure.functions as func

from api.answers import answer
from runs.context import Context, context
from scanners import catalogue
from scanners.doors.hosts import cloud
from scanners.doors.tokens import Principal
from scanners.engine import look, readings_of
from scanners.errors import Undecided, Unreachable
from scanners.model import Door, Fact
from scanners.pages import permission_list
from scanners.permissions import ENTRA, GRAPH
from scanners.plans import has_plan
from scanners.ports import StoredPage

State = Literal["granted", "missing", "unknown"]
LIVE = ("subscribed_skus", "role_assignments")


async def readiness() -> func.HttpResponse:
    """Everything that the catalogue asks for, missing things first."""
    import asyncio

    held = context()
    principal, told = await _identity(held)
    seen = await _looked(held, principal)
    last = await asyncio.to_thread(_last_run, held)
    scene = Scene(held, principal, seen, last)
    items = [*(_permission(each, scene) for each in permission_list()), *_plans(scene)]
    order = {"missing": 0, "unknown": 1, "granted": 2}
    items.sort(key=lambda item: (order[item["state"]], item["optional"], -len(item["controls"]), item["name"]))
    required = [item for item in items if item["kind"] != "plan" and not item["optional"]]  # a plan is a choice; what it costs is in its item
    return answer(
        {
            "ready": bool(required) and all(item["state"] == "granted" for item in required),
            "signed_in": principal is not None,
            "problem": told,
            "identity": {"object_id": principal.object_id, "app_id": principal.app_id} if principal else None,
            "counts": {state: sum(item["state"] == state for item in items) for state in order},
            "items": items,
        }
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """What the items are told from: live readings, and fact -> custody of the newest run."""

    held: Context
    principal: Principal | None
    seen: Mapping[str, Any]
    last: Mapping[str, Mapping[str, Any]]


async def _identity(held: Context) -> tuple[Principal | None, str | None]:
    try:
        return await (await held.doors()).principal(), None
    except Undecided as doubt:
        return None, f"{doubt.because}. {doubt.remedy}"


async def _looked(held: Context, principal: Principal | None) -> dict[str, Any]:
    """Readings of a few facts, asked now and kept nowhere; an Undecided where one could not be read."""
    if principal is None:
        return {name: Unreachable("the scanner could not sign in") for name in LIVE}
    facts, doors, found = catalogue.load().facts, await held.doors(), {}
    for name in (name for name in LIVE if name in facts):
        memory = Memory()
        snapshot = await look(facts[name], held.run("readiness", principal), doors, memory, {}, held.clock)
        found[name] = readings_of(facts[name], snapshot, memory.custody(name) or {}, memory)
    return found


def _last_run(held: Context) -> dict[str, Mapping[str, Any]]:
    newest = next(iter(held.storage.runs.older(1)), None)
    if newest is None:
        return {}
    evidence = held.storage.evidence(newest.id)
    return {fact: custody for fact in evidence.facts() if (custody := evidence.custody(fact)) is not None}


def _permission(each: Mapping[str, Any], scene: Scene) -> dict[str, Any]:
    state: State = _granted(each, scene)
    return {
        "kind": each["kind"].replace(" ", "_"),
        "name": each["name"],
        "id": each["id"],
        "resource": each["resource"],
        "optional": each["optional"],
        "state": state,
        "facts": list(each["facts"]),
        "controls": _controls(each["facts"]),
        "remedy": None if state == "granted" else f"Grant {each['name']} to the scanner's identity, then run the scan again.",
        "command": None if state == "granted" else _command(each, scene),
    }


def _granted(each: Mapping[str, Any], scene: Scene) -> State:
    if each["resource"] == GRAPH and scene.principal is not None:
        return "granted" if each["name"] in scene.principal.roles else "missing"
    if each["resource"] == ENTRA and scene.principal is not None and isinstance(held := scene.seen.get("role_assignments"), tuple):
        return "granted" if any(_is_ours(row, each["id"], scene.principal.object_id) for row in held) else "missing"
    return _told(each["facts"], scene)


def _told(facts: Iterable[str], scene: Scene) -> State:
    """From the newest run: one fact that was read proves it; `not_permitted` says that it is missing; anything else says nothing."""
    custody = [scene.last[fact] for fact in facts if fact in scene.last]
    if any(each["read"] for each in custody):
        return "granted"
    return "missing" if any(each["reason"] == "not_permitted" for each in custody) else "unknown"


def _is_ours(row: Any, role: str, principal: str) -> bool:
    try:
        return bool(row.role_definition_id.lower() == role and row.principal_id.lower() == principal.lower() and row.directory_scope_id == "/")
    except Undecided:
        return False


def _plans(scene: Scene) -> Iterable[dict[str, Any]]:
    """Each set of plans of which any one will do, once."""
    sets: dict[tuple[Any, ...], list[Fact]] = {}
    for fact in catalogue.asked_facts():
        if fact.plans:
            sets.setdefault(tuple(fact.plans), []).append(fact)
    skus = scene.seen.get("subscribed_skus")
    for plans, facts in sets.items():
        found = has_plan(skus, *plans) if isinstance(skus, tuple) else None
        state: State = "unknown" if found is None else "granted" if found else "missing"
        title = " or ".join(plan.title for plan in plans)
        names = sorted(fact.id for fact in facts)
        yield {
            "kind": "plan",
            "name": title,
            "id": " ".join(plan.id for plan in plans if plan.id) or None,
            "resource": "subscription",
            "optional": all(fact.without_plan != "skip" for fact in facts),
            "state": state,
            "facts": names,
            "controls": _controls(names),
            "remedy": None if state == "granted" else f"Add {title}, or cover the safeguard in another way and record it as an exception.",
            "command": None,
        }


def _controls(facts: Iterable[str]) -> list[str]:
    """The controls that stay unknown without one of these facts."""
    wanted = set(facts)
    return sorted(c.id for c in catalogue.load().controls.values() if any(required and fact in wanted for fact, required in c.needs.items()))


def _command(each: Mapping[str, Any], scene: Scene) -> str:
    """For the Azure CLI, signed in as somebody who may grant it. Shown to be read and run by a person; this app cannot grant itself anything."""
    graph = cloud(scene.held.settings.cloud).ends[Door.GRAPH].base
    us = scene.principal.object_id if scene.principal else "OBJECT_ID_OF_THE_SCANNER"
    if each["resource"] == ENTRA:
        body = json.dumps({"principalId": us, "roleDefinitionId": each["id"], "directoryScopeId": "/"})
        return f"az rest --method POST --url {graph}/v1.0/roleManagement/directory/roleAssignments --body '{body}'"
    body = json.dumps({"principalId": us, "resourceId": "RESOURCE", "appRoleId": each["id"]}).replace('"', '\\"')
    resource = f"$(az ad sp show --id {each['resource']} --query id --output tsv)"
    address = f"{graph}/v1.0/servicePrincipals/{us}/appRoleAssignments"
    return f'az rest --method POST --url {address} --body "{body.replace("RESOURCE", resource)}"'


class Memory:
    """An evidence port that forgets: what is looked at for an answer is no evidence of any run."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}
        self._custody: dict[str, Mapping[str, Any]] = {}
        self._progress: list[StoredPage] = []

    def put_page(self, fact: str, attempt: int, number: int, body: bytes) -> tuple[str, str | None]:
        """Keep the bytes for as long as this object."""
        path = f"evidence/readiness/{fact}/{attempt}-{number:05d}.json"
        self._pages[path] = body
        return path, None

    def put_progress(self, fact: str, attempt: int, page: StoredPage) -> None:  # noqa: ARG002 - the port's form
        """Remember a page."""
        self._progress.append(page)

    def progress(self, fact: str) -> tuple[int, tuple[StoredPage, ...]]:  # noqa: ARG002 - the port's form
        """Nothing was read before."""
        return 1, tuple(self._progress)

    def commit(self, fact: str, custody: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep the record."""
        return self._custody.setdefault(fact, custody)

    def custody(self, fact: str) -> Mapping[str, Any] | None:
        """The record, or None."""
        return self._custody.get(fact)

    def page(self, blob: str) -> bytes:
        """The bytes of a page."""
        return self._pages[blob]
