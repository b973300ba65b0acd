"""Fifty readers of the latest attestation, the report and the results on the local host for a minute: errors, times, memory.

Readers, app, simulated tenant and measurement share one process here, so that times are upper bounds and memory counts all of them.
"""

import http.client
import os
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

READERS = 50
SECONDS = float(os.environ.get("READERS_SECONDS", "60"))
Row = tuple[str, str, str]


def measure() -> Iterator[tuple[Row, bool]]:
    """What, figure, target; and whether it was met."""
    from local.azurite import Azurite
    from local.demo import PACE, tenant_settings
    from local.environment import Folder, put, settings_of
    from local.scanning import scan, serve
    from local.tenant import SimulatedTenant

    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place))
        with SimulatedTenant("clinic", folder.simulated, pace=PACE) as tenant, Azurite() as azurite:
            told = tenant.world.tenant
            put({**settings_of(told["id"], told["displayName"], azurite.connection_string, folder, signed=True), **tenant_settings(tenant)})
            with serve(folder.host, 0) as host:
                ended = scan(host, lambda _: None)
                if not ended.completed:
                    raise RuntimeError(ended.failure)
                paths = ("/attestations/latest", f"/runs/{ended.run}/report", f"/runs/{ended.run}/results")
                times, errors = read(host.url, host.keys.default, paths)
    yield (f"{READERS} readers, {SECONDS:.0f} s: answers that were no 200", str(errors), "0"), errors == 0
    for path, found in times.items():
        ordered = sorted(found)
        p95 = ordered[int(len(ordered) * 0.95)]
        name = path.rsplit("/", 1)[1]
        yield (f"{READERS} readers: {name}, p95 of {len(ordered):,}", f"{p95 * 1000:.0f} ms", "1,000 ms"), p95 <= 1.0
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield (f"{READERS} readers: memory of app, readers and simulated tenant", f"{megabytes:.0f} MB", "400 MB"), megabytes <= 400


def read(url: str, key: str, paths: tuple[str, ...]) -> tuple[dict[str, list[float]], int]:
    """Seconds of every answer by path, and how many answers were not 200."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    errors: list[int] = []
    until = time.monotonic() + SECONDS

    def reader(number: int) -> None:
        connection = http.client.HTTPConnection(str(urlsplit(url).hostname), urlsplit(url).port, timeout=60)
        while time.monotonic() < until:
            number += 1
            path, began = paths[number % len(paths)], time.monotonic()
            connection.request("GET", f"/api/v1{path}", headers={"x-functions-key": key})
            answer = connection.getresponse()
            answer.read()
            times[path].append(time.monotonic() - began)
            if answer.status != 200:
                errors.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(errors)
