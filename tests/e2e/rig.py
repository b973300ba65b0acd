"""The whole product on one machine: Azurite, a simulated tenant and the app under the local host."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from local.azurite import Azurite
from local.demo import tenant_settings
from local.environment import Folder, in_place, settings_of
from local.host import Host
from local.scanning import Ended, scan, serve
from local.tenant import SimulatedTenant

PACE = 0.02


@dataclass(frozen=True)
class Rig:
    """What a test can ask."""

    host: Host
    tenant: SimulatedTenant
    folder: Folder

    @property
    def storage(self) -> Any:
        from runs.context import context

        return context().storage

    def scan(self) -> Ended:
        return scan(self.host, lambda _: None)

    def call(self, path: str, method: str = "GET", key: str | None = "function", **headers: str) -> tuple[int, Message, bytes]:
        keys = {"function": self.host.keys.default, "admin": self.host.keys.master}
        sent = {**headers, **({"x-functions-key": keys.get(key, key)} if key else {})}
        request = Request(f"{self.host.url}/api{path}", method=method, headers=sent, data=b"" if method == "POST" else None)
        try:
            with urlopen(request, timeout=30) as response:
                return response.status, response.headers, response.read()
        except HTTPError as refusal:
            return refusal.code, refusal.headers, refusal.read()

    def results(self, run: str) -> dict[str, Any]:
        return {r.control: r for r in self.storage.results.of(run)}


@contextmanager
def rig(path: Path, tenant: Any = "clinic", **changed: Any) -> Iterator[Rig]:
    """Start everything; `environment` overrides settings, the rest goes to the simulated tenant."""
    environment = changed.pop("environment", {})
    folder = Folder(path)
    with SimulatedTenant(tenant, folder.simulated, pace=PACE, **changed) as simulated, Azurite() as azurite:
        told = simulated.world.tenant
        values = settings_of(told["id"], told["displayName"], azurite.connection_string, folder, signed=True)
        with in_place({**values, **tenant_settings(simulated), **environment}), serve(folder.host, 0) as host:
            yield Rig(host, simulated, folder)


def members(package: bytes, path: Path) -> dict[str, bytes]:
    """The package's members."""
    import zipfile

    path.write_bytes(package)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def custody(held: Any, run: str, fact: str) -> dict[str, Any]:
    """A fact's custody record."""
    return dict(held.evidence(run).custody(fact) or {})


def loads(body: bytes) -> Any:
    return json.loads(body)
