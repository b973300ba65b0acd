"""The applications that are registered in this tenant, with the dates of their secrets and certificates.

Source: https://learn.microsoft.com/graph/api/application-list . Secrets themselves never come back and are never stored. A secret can also sit on the
service principal (SAML, older applications).
"""

from scanners.facts.service_principals import Credential, nameless
from scanners.model import Ask, Fact
from scanners.permissions import APPLICATION_READ_ALL
from scanners.reading import Json, Row, absent_is_null


class Application(Row):
    """One registration. `id` is the registration, `app_id` joins it with the service principal."""

    id: str
    app_id: str
    display_name: str | None = absent_is_null()
    password_credentials: tuple[Credential, ...]
    key_credentials: tuple[Credential, ...]


def reduce(page: Json) -> Json:
    """Leave e-mail addresses out of the names of applications."""
    return {**page, "value": [nameless(row, "displayName") for row in page["value"]]}


fact = Fact(
    reading=tuple[Application, ...],
    asks=(Ask(build=lambda graph: graph.applications, query={"$select": "id,appId,displayName,passwordCredentials,keyCredentials", "$top": "999"}),),
    permissions=(APPLICATION_READ_ALL,),
    keep="listed",
    reduce=reduce,
    sample=[
        {
            "id": "0b0b0b0b-0000-4000-8000-000000000001",
            "appId": "f2f2f2f2-0000-4000-8000-000000000001",
            "displayName": "Intake form",
            "passwordCredentials": [
                {"keyId": "1e1e1e1e-0000-4000-8000-000000000001", "startDateTime": "2026-10-01T00:00:00Z", "endDateTime": "2027-03-01T00:00:00Z"}
            ],
            "keyCredentials": [],
        }
    ],
)
