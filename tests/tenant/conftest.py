from collections.abc import Iterator

import httpx
import pytest

from local.tenant import SimulatedTenant
from tests.tenant.rig import OPEN, SMALL, client


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTenant]:
    with SimulatedTenant(SMALL, tmp_path_factory.mktemp("small"), pace=0.01) as tenant:
        yield tenant


@pytest.fixture
def tenant(_running: SimulatedTenant) -> Iterator[SimulatedTenant]:
    """The small tenant, without faults and without throttling unless a test switches it on."""
    _running.ends.throttle.enabled = False
    _running.requests.clear()
    yield _running
    _running.faults.clear()
    _running.ends.throttle.enabled = True


@pytest.fixture
def http(tenant: SimulatedTenant) -> httpx.Client:
    return client(tenant)
