"""A simulated Microsoft 365 tenant: the other end of every door, over HTTPS on loopback.

A tenant is data (`local/tenants/*.yaml`). The server gives it the behaviour of the real service: sign-in, OData, permissions, licences,
throttling and error bodies. It is a stand-in for tests and the demo; what it knows about the service is taken from Microsoft's published
documentation and metadata, never from a live tenant.
"""

from local.tenant.faults import Fault
from local.tenant.server import SeenRequest, SimulatedTenant
from local.tenant.tenant_file import load, names

__all__ = ["Fault", "SeenRequest", "SimulatedTenant", "load", "names"]
