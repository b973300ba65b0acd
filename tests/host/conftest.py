from __future__ import annotations

import functools
import importlib.util
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local.host import Host, index

SCHEDULE = {"TOY_SCHEDULE": "0 0 3 * * *"}


@dataclass(frozen=True)
class Got:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _fetch(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
    """One request without following redirects; keyword `x_probe` becomes the header X-Probe."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    try:
        with opener.open(request, timeout=30) as answer:
            return Got(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as fault:
        with fault:
            return Got(fault.code, fault.headers, fault.read())


@pytest.fixture
def fetch() -> Any:
    return _fetch


@pytest.fixture
def toy() -> ModuleType:
    """The toy app, imported afresh; `make()` gives its index, which may be served more than once."""
    spec = importlib.util.spec_from_file_location("host_toy", Path(__file__).with_name("toy.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make = functools.cache(lambda: index(module.app))
    return module


@pytest.fixture
def host(toy: ModuleType, tmp_path: Path) -> Iterator[Host]:
    (tmp_path / "host.json").write_text(
        json.dumps({"version": "2.0", "extensions": {"durableTask": {"maxConcurrentActivityFunctions": 4, "defaultVersion": "1.0"}}})
    )
    with Host(toy.make(), tmp_path / "data", root=tmp_path, environment=SCHEDULE) as running:
        yield running


@pytest.fixture
def drive(host: Host) -> Any:
    """Call a method of the real durable client inside a function of the running app."""

    def call(method: str, *arguments: Any, **options: Any) -> Any:
        asked = json.dumps({"method": method, "arguments": arguments, "options": options}).encode()
        return _fetch(f"{host.url}/api/drive", "POST", asked, x_functions_key=host.keys.default).json

    return call
