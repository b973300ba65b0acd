"""The Logic App's definition as it is deployed, and a small engine that runs it. For tests only.

Order, statuses and scopes as documented: https://learn.microsoft.com/azure/logic-apps/error-exception-handling
"""

import copy
import json
from collections.abc import Iterator
from typing import Any, Protocol

import jsonschema

from tests.infra import bicep, wdl

Actions = dict[str, dict[str, Any]]
ENDED_BADLY = ("Failed", "TimedOut")


class Platform(Protocol):
    """What the actions of a workflow reach. Each raises RefusedError for an answer that is no 2xx."""

    def http(self, inputs: dict[str, Any]) -> Any: ...

    def connector(self, connection: str, inputs: dict[str, Any]) -> Any: ...


class RefusedError(Exception):
    """An answer that is no 2xx, after all retries."""


class TerminatedError(Exception):
    """A Terminate action ended the run."""


def merged(one: Any, other: Any) -> Any:
    """What Bicep's union() makes of two objects: nested objects are merged, of anything else the last counts."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return copy.deepcopy(other)
    return {**copy.deepcopy(one), **{key: merged(one[key], each) if key in one else copy.deepcopy(each) for key, each in other.items()}}


def definition(tell: str) -> dict[str, Any]:
    """The definition that logicapp.bicep deploys for `teams` or `mail`."""
    base, tellings = (json.loads((bicep.BICEP / name).read_text(encoding="utf-8")) for name in ("logicapp.json", "logicapp.tell.json"))
    return dict(merged(base, tellings[tell]))


def groups(action: dict[str, Any]) -> Iterator[Actions]:
    """The sets of actions inside an action."""
    yield action.get("actions", {})
    yield action.get("else", {}).get("actions", {})
    yield action.get("default", {}).get("actions", {})
    for case in action.get("cases", {}).values():
        yield case["actions"]


def everywhere(actions: Actions) -> Iterator[tuple[str, dict[str, Any]]]:
    """All actions, nested ones included."""
    for name, action in actions.items():
        yield name, action
        for group in groups(action):
            yield from everywhere(group)


class Execution:
    """One run of the workflow for one message of the queue."""

    def __init__(self, flow: dict[str, Any], parameters: dict[str, Any], message: dict[str, Any], platform: Platform) -> None:
        self.flow, self.platform = flow, platform
        connections = {name: {"connectionId": name} for name in ("azurequeues", "teams", "office365")}
        self.scope = wdl.Scope({"$connections": connections, **parameters}, message, {})
        self.error: dict[str, Any] | None = None
        try:
            self._all(flow["actions"])
            self.status = self._outcome(flow["actions"])
        except TerminatedError as end:
            self.status, self.error = end.args

    def went(self, name: str) -> str:
        """Status of an action."""
        return str(self.scope.actions[name]["status"])

    def _all(self, actions: Actions) -> None:
        waiting = dict(actions)
        while waiting:
            name = next(n for n, a in waiting.items() if not set(a["runAfter"]) & set(waiting))
            action = waiting.pop(name)
            if all(self.went(before) in allowed for before, allowed in action["runAfter"].items()):
                self._one(name, action)
            else:
                self._skip({name: action})

    def _skip(self, actions: Actions) -> None:
        for name, _ in everywhere(actions):
            self.scope.actions[name] = {"status": "Skipped"}

    def _one(self, name: str, action: dict[str, Any]) -> None:
        try:
            outputs = getattr(self, f"_{action['type'].lower()}")(action)
        except (wdl.ExpressionError, jsonschema.ValidationError, RefusedError):
            self.scope.actions[name] = {"status": "Failed"}
            for group in groups(action):
                self._skip({inner: each for inner, each in group.items() if inner not in self.scope.actions})
        else:
            self.scope.actions[name] = outputs if action["type"] in ("Scope", "If", "Switch") else {"status": "Succeeded", "outputs": outputs}

    def _outcome(self, actions: Actions) -> str:
        """Failed when a branch ended badly: its last action, or where that was skipped, the ones before it."""
        followed = {before for action in actions.values() for before in action["runAfter"]}

        def bad(name: str) -> bool:
            status = self.went(name)
            return status in ENDED_BADLY or (status == "Skipped" and any(bad(before) for before in actions[name]["runAfter"]))

        return "Failed" if any(bad(name) for name in actions if name not in followed) else "Succeeded"

    def _value(self, value: Any) -> Any:
        return wdl.evaluated(value, self.scope)

    def _each(self, value: Any, item: Any) -> Any:
        self.scope.item = item
        try:
            return self._value(value)
        finally:
            self.scope.item = None

    def _compose(self, action: dict[str, Any]) -> Any:
        return self._value(action["inputs"])

    def _parsejson(self, action: dict[str, Any]) -> Any:
        content = self._value(action["inputs"]["content"])
        jsonschema.Draft4Validator(action["inputs"]["schema"]).validate(content)
        return {"body": content}

    def _list(self, action: dict[str, Any]) -> list[Any]:
        found = self._value(action["inputs"]["from"])
        if not isinstance(found, list):
            raise wdl.ExpressionError("a list is needed")
        return found

    def _query(self, action: dict[str, Any]) -> Any:
        return {"body": [item for item in self._list(action) if self._each(action["inputs"]["where"], item) is True]}

    def _select(self, action: dict[str, Any]) -> Any:
        return {"body": [self._each(action["inputs"]["select"], item) for item in self._list(action)]}

    def _http(self, action: dict[str, Any]) -> Any:
        return {"body": self.platform.http(self._value(action["inputs"]))}

    def _apiconnection(self, action: dict[str, Any]) -> Any:
        inputs = self._value(action["inputs"])
        return {"body": self.platform.connector(inputs["host"]["connection"]["name"], inputs)}

    def _scope(self, action: dict[str, Any]) -> Any:
        self._all(action["actions"])
        return {"status": self._outcome(action["actions"])}

    def _if(self, action: dict[str, Any]) -> Any:
        branches = (action["actions"], action["else"]["actions"])
        return self._branch(branches[0] if self._holds(action["expression"]) else branches[1], branches)

    def _switch(self, action: dict[str, Any]) -> Any:
        value = self._value(action["expression"])
        taken = next((case for case in action["cases"].values() if case["case"] == value), action["default"])
        return self._branch(taken["actions"], tuple(groups(action)))

    def _branch(self, taken: Actions, branches: tuple[Actions, ...]) -> Any:
        for branch in branches:
            if branch is not taken:
                self._skip(branch)
        self._all(taken)
        return {"status": self._outcome(taken)}

    def _terminate(self, action: dict[str, Any]) -> Any:
        raise TerminatedError(action["inputs"]["runStatus"], action["inputs"]["runError"])

    def _holds(self, condition: dict[str, Any]) -> bool:
        ((operator, operands),) = condition.items()
        if operator == "not":
            return not self._holds(operands)
        if operator == "and":
            return all(self._holds(each) for each in operands)
        return bool(wdl._PURE[operator.lower()](*self._value(operands)))
