"""The message that tells Logic Apps that a run ended. Small, links by path, no findings, no tenant data beyond counts."""

import json
from collections.abc import Mapping
from typing import Any


def event_of(outcome: Mapping[str, Any]) -> str:
    """JSON with the shape of an Event Grid event's data; `type` is Hipaa.M365.ScanCompleted or Hipaa.M365.ScanFailed."""
    run, completed = outcome.get("run", ""), outcome.get("status") == "completed"
    return json.dumps(
        {
            "type": "Hipaa.M365.ScanCompleted" if completed else "Hipaa.M365.ScanFailed",
            "subject": f"/runs/{run}",
            "run": run,
            "status": "completed" if completed else "failed",
            "counts": outcome.get("counts", {}),
            "failure": None if completed else outcome.get("failure"),
            "results": f"/api/v1/runs/{run}/results",
            "report": f"/api/v1/runs/{run}/report",
        }
    )
