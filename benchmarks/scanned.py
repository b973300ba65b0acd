"""One whole scan, measured from outside: wall time, requests, memory, and the least time that the throttle classes allow."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanners import catalogue
from scanners.doors.pacing import LIMITS
from scanners.planning import followers, needed_facts, snapshot_types, waves

SNAPSHOT_SECONDS, SEARCH_SECONDS = 60.0, 90.0  # local/tenant/graph: how long a job waits and runs, at pace 1
ROOT = Path(__file__).parent.parent
SCRIPT = """
import json, resource, sys, time
from pathlib import Path
from benchmarks.scanned import inside
print(json.dumps(inside(json.loads(Path(sys.argv[1]).read_text("utf-8")))))
"""


@dataclass(frozen=True)
class Figures:
    """What one scan took. `cpu` are the seconds of processor time of the app and its host, which do not depend on what else runs on the machine."""

    seconds: float
    bound: float
    requests: int
    polls: int
    megabytes: float
    users: int
    cpu: float
    closing: float = 0.0  # seconds that close_run took: package, report, signature
    report_bytes: int = 0

    @property
    def ratio(self) -> float:
        """Wall time against the bound."""
        return self.seconds / self.bound if self.bound else float("inf")


def scanned(tenant: Any, pace: float, latency: float) -> Figures:
    """Scan in a fresh process; the simulated tenant and Azurite are not counted in its memory."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "scan.json"  # a file: a large tenant is longer than an argument may be
        said.write_text(json.dumps({"tenant": tenant, "pace": pace, "latency": latency, "folder": folder}), encoding="utf-8")
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(said)], cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return Figures(**json.loads(done.stdout.splitlines()[-1]))


def inside(order: Mapping[str, Any]) -> dict[str, Any]:
    """In the measured process: the tenant runs in a process of its own."""
    import resource
    import time

    from benchmarks.tenant_process import running
    from local.azurite import Azurite
    from local.environment import Folder, put, settings_of
    from local.scanning import scan, serve

    folder = Folder(Path(order["folder"]))
    with running(order) as tenant, Azurite() as azurite:
        values = settings_of(tenant.id, tenant.name, azurite.connection_string, folder, signed=True)
        put({**values, **tenant.settings})
        with serve(folder.host, 0) as host:
            begun, before = time.perf_counter(), time.process_time()
            closing: list[float] = []
            ended = scan(host, lambda step: closing.append(step.seconds or 0.0) if step.name == "close_run" and step.seconds else None)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - before
            if not ended.completed:
                raise RuntimeError(ended.failure)
            pages, (late, service) = _pages(ended.run), _waited_for(ended.run)
            seen = {**tenant.requests(), "closing": sum(closing), "report_bytes": _report_bytes(ended.run)}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bound = lower_bound(pages, late, service, order["pace"], order["latency"])
    return {"seconds": seconds, "bound": bound, "megabytes": memory, "users": tenant.users, "cpu": cpu, **seen}


def _report_bytes(run: str) -> int:
    from runs.context import context

    return len(context().storage.attestations.get(run, "report.html"))


def _pages(run: str) -> dict[str, int]:
    from runs.context import context

    evidence = context().storage.evidence(run)
    return {fact: len((evidence.custody(fact) or {"pages": []})["pages"]) for fact in evidence.facts()}


def _waited_for(run: str) -> tuple[frozenset[str], float]:
    """The facts that came out of asynchronous jobs, and the seconds (at pace 1) that the simulated service takes for those that were made."""
    from runs.context import context
    from runs.jobs import STARTED

    made = context().storage.runs.find_record(run, STARTED) or {"snapshots": [], "searches": [], "searched_by": ""}
    types = {kind for job in made["snapshots"] for kind in job["types"]}
    facts = {f.id for f in catalogue.load().facts.values() if types & snapshot_types(f)} | ({made["searched_by"]} - {""})
    return frozenset(facts), max(SNAPSHOT_SECONDS if types else 0.0, SEARCH_SECONDS if made["searches"] else 0.0)


def lower_bound(pages: Mapping[str, int], late: frozenset[str], service: float, pace: float, latency: float) -> float:
    """The least time of a scan: in each wave the slowest lane, where a lane waits for its throttle class and for each answer in turn.

    What the service prepares runs beside the first waves, and the facts that wait for it come after both.
    """
    known = catalogue.load()
    wanted = needed_facts(known.controls.values(), known.facts)
    after = followers(late, wanted, known.facts)
    at_once = frozenset(wanted) - after
    early = sum(max(_lane(lane, pages, pace, latency) for lane in wave) for wave in waves(at_once, known.facts))
    afterwards = sum(max(_lane(lane, pages, pace, latency) for lane in wave) for wave in waves(after, known.facts, read=at_once))
    return max(early, service * pace) + afterwards


def _lane(lane: tuple[str, ...], pages: Mapping[str, int], pace: float, latency: float) -> float:
    limit = LIMITS[catalogue.load().facts[lane[0]].throttle]
    requests = sum(pages.get(fact, 0) for fact in lane)
    paced = max(0, requests - limit.requests) / limit.requests * limit.window * pace if limit.requests else 0.0
    return paced + requests * latency if limit.at_once == 1 else max(paced, requests * latency)
