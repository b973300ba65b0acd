"""The catalogue: what is looked at, why, under which citation, and what each rule needs."""

from typing import Any

import azure.functions as func

from api.answers import answer
from api.asking import chosen
from api.results import known_control
from scanners import catalogue, hipaa
from scanners.model import Control, Severity


def listed(request: func.HttpRequest) -> func.HttpResponse:
    """All controls of this version, by topic and id."""
    known = catalogue.load()
    topics = chosen(request, "topic", {control.topic for control in known.controls.values()})
    severities = chosen(request, "severity", [severity.value for severity in Severity])
    citations = chosen(request, "citation", hipaa.by_citation())
    found = [
        _short(control)
        for control in sorted(known.controls.values(), key=lambda c: (c.topic, c.id))
        if (topics is None or control.topic in topics)
        and (severities is None or control.severity.value in severities)
        and (citations is None or citations & set(control.cites))
    ]
    return answer({"catalogue_sha256": known.sha256, "version": catalogue.VERSION, "total": len(found), "controls": found})


def one(control: str) -> func.HttpResponse:
    """One control with what it needs and what an operator may choose."""
    known_control(control)
    return answer(_whole(catalogue.load().controls[control]))


def _short(control: Control) -> dict[str, Any]:
    return {
        "control": control.id,
        "topic": control.topic,
        "title": control.title,
        "citations": list(control.cites),
        "severity": control.severity.value,
        "designation": control.designation,
        "kind": control.kind.value,
    }


def _whole(control: Control) -> dict[str, Any]:
    facts = catalogue.load().facts
    needed = [facts[fact] for fact in control.needs]
    base = f"/api/v1/controls/{control.id}"
    return {
        **_short(control),
        "why": control.why,
        "fix": control.fix,
        "needs": [{"fact": fact.id, "about": fact.about, "required": control.needs[fact.id]} for fact in needed],
        "permissions": sorted({permission.name for fact in needed for permission in fact.permissions}),
        "plans": sorted({plan.title for fact in needed for plan in fact.plans}),
        "parameters": [
            {"name": name, "why": parameter.why, "unit": parameter.unit, "default": _plain(control.defaults.get(name))}
            for name, parameter in sorted(control.parameters.items())
        ],
        "rule_sha256": control.rule_sha256,
        "links": {"self": base, "history": f"{base}/history"},
    }


def _plain(value: Any) -> Any:
    """A default as JSON: tuples and sets become lists."""
    return sorted(value) if isinstance(value, frozenset | set) else list(value) if isinstance(value, tuple) else value
