"""The simulated tenant in a process of its own, so that its memory and time are not the scanner's."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SCRIPT = """
import json, sys
from pathlib import Path
from local.demo import tenant_settings
from local.tenant import SimulatedTenant
order = json.loads(Path(sys.argv[1]).read_text("utf-8"))
with SimulatedTenant(order["tenant"], Path(order["folder"]) / "tenant", pace=order["pace"], latency=order["latency"]) as tenant:
    told = tenant.world.tenant
    print(json.dumps({"id": told["id"], "name": told["displayName"], "settings": tenant_settings(tenant)}), flush=True)
    for line in sys.stdin:
        seen = [r for r in tenant.requests if "/oauth2/" not in r.path and "/msi/" not in r.path and "openid" not in r.path]
        polls = [r for r in seen if "auditLog/queries" in r.path or "configurationSnapshot" in r.path]
        print(json.dumps({"requests": len(seen) - len(polls), "polls": len(polls)}), flush=True)
"""


@dataclass
class Tenant:
    """A running tenant."""

    id: str
    name: str
    settings: dict[str, str]
    users: int
    process: "subprocess.Popen[str]"

    def requests(self) -> dict[str, int]:
        """Requests seen so far, polls of asynchronous jobs and pages of audit records apart."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))


@contextmanager
def running(order: Mapping[str, Any]) -> Iterator[Tenant]:
    """Start the tenant that `order` names and stop it afterwards."""
    said = Path(order["folder"]) / "order.json"  # a file: a large tenant is longer than an argument may be
    said.parent.mkdir(parents=True, exist_ok=True)
    said.write_text(json.dumps(order), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(said)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        users = order["tenant"]["people"]["count"] if isinstance(order["tenant"], dict) else 0
        yield Tenant(told["id"], told["name"], told["settings"], users, process)
    finally:
        process.terminate()
        process.wait(timeout=20)
