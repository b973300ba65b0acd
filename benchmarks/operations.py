"""Counts what a run asks of the store and of the tenant, for the cost table of docs/OPERATIONS.md: `python -m benchmarks.operations USERS ...`.

The sample clinic with so many people, on the emulator and the simulated tenant. Operations are counted where they leave the storage SDKs.
"""

import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

import yaml

KINDS = {
    ("Blob", "PUT"): "blob writes",
    ("Blob", "GET"): "blob reads",
    ("Table", "*"): "table operations",
    ("Queue", "*"): "queue operations",
}
_ADDRESS = re.compile(r"https?://127\.0\.0\.1:(\d+)/devstoreaccount1")


class Counting:
    """Counts requests on their way through azure-core's transport."""

    def __init__(self, connection: str) -> None:
        self.seen: Counter[str] = Counter()
        self._services = {port: name for name, port in re.findall(r"(\w+)Endpoint=http://127\.0\.0\.1:(\d+)", connection)}

    def __enter__(self) -> Self:
        from azure.core.pipeline.transport import RequestsTransport

        self._transport, self._send = RequestsTransport, RequestsTransport.send

        def send(transport: Any, request: Any, **options: Any) -> Any:
            if found := _ADDRESS.match(request.url):
                service = self._services[found[1]]
                self.seen[KINDS.get((service, request.method)) or KINDS.get((service, "*"), f"{service} {request.method}")] += 1
            return self._send(transport, request, **options)

        RequestsTransport.send = send  # the one place through which all storage SDKs go
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.send = self._send


def counted(users: int) -> dict[str, float]:
    """One run with so many people. Raises RuntimeError when it does not complete."""
    from local.azurite import Azurite
    from local.demo import PACE, tenant_settings
    from local.environment import Folder, put, settings_of
    from local.scanning import scan, serve
    from local.tenant import SimulatedTenant
    from local.tenant.tenant_file import merge
    from runs.context import context

    clinic = yaml.safe_load((Path(__file__).parent.parent / "local" / "tenants" / "clinic.yaml").read_text(encoding="utf-8"))
    world = merge(clinic, {"people": {"count": users}, "skus": dict.fromkeys(clinic["skus"], users * 2)})
    activities: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        with SimulatedTenant(world, folder.simulated, pace=PACE) as tenant, Azurite() as azurite, Counting(azurite.connection_string) as counting:
            told = tenant.world.tenant
            put({**settings_of(told["id"], told["displayName"], azurite.connection_string, folder, signed=True), **tenant_settings(tenant)})
            with serve(folder.host, 0) as host:
                begun = time.process_time()
                ended = scan(host, lambda step: activities.update([step.kind]))
                seconds = time.process_time() - begun
                if not ended.completed:
                    raise RuntimeError(ended.failure)
                seen = dict(counting.seen)
                blobs = context().storage.blobs
                stored = sum(blob.size for name in ("evidence", "runs", "attestations", "statements") for blob in blobs.listed(f"{name}/"))
            requests = len(tenant.requests)
    made = {"requests to Microsoft 365": requests, **seen, "bytes stored": stored, "activities": activities["activity_started"]}
    return {**made, "processor seconds, with the simulated tenant": round(seconds, 1)}


def main(arguments: list[str]) -> int:
    """Print a line for each number of users."""
    for users in arguments or ["50"]:
        print(f"{users} users: " + ", ".join(f"{name} {figure:,}" for name, figure in counted(int(users)).items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
