"""Which service principal runs the scans, so that it can be judged like any other application, and by stricter rules.

Not asked of the tenant: the run knows it from its own token. The form that the engine is handed, as JSON:
`{"object_id": claim oid, "app_id": claim appid, "tenant_id": claim tid}` of the access token for Microsoft Graph. A scan under a person's own sign-in
(Azure CLI, device code) has no such identity: then object_id is null, and what asks about it is unknown.
"""

from scanners.model import Door, Fact, Throttle
from scanners.reading import Row
from scanners.statements import as_written


class ScannerIdentity(Row, spelling=as_written):
    """The identity that runs the scans, by object id, application id and tenant."""

    object_id: str | None
    app_id: str | None
    tenant_id: str


fact = Fact(
    reading=ScannerIdentity,
    door=Door.RECORDS,
    throttle=Throttle.NONE,
    sample={
        "object_id": "5ca55ca5-0000-4000-8000-000000000001",
        "app_id": "5ca55ca5-0000-4000-8000-0000000000a1",
        "tenant_id": "99999999-0000-4000-8000-000000000001",
    },
)
