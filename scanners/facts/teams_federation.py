"""With whom people of the tenant can chat and meet in Teams: other organisations, trial tenants, and private Teams accounts.

Source: https://learn.microsoft.com/powershell/module/microsoftteams/get-cstenantfederationconfiguration . The list of allowed domains is written in several
shapes; `{}`, `[]` and AllowAllKnownDomains mean every domain. It is stored in one shape; one that is not known becomes a text, so that no rule takes it
for an open list or for an allow list. An older service behind serves this type, so the request names the tenant.
"""

from typing import Any, Literal

from scanners.reading import Json, Row, pascal
from scanners.teams_settings import configuration_fact

UNKNOWN = "a shape that is not known"  # stored in place of the list; no list, so no rule reads it as one


class TeamsFederation(Row, spelling=pascal):
    """The one configuration object. Allowed domains: null means every domain, a list only those."""

    allow_federated_users: bool
    allowed_domains: tuple[str, ...] | None
    blocked_domains: tuple[str, ...]
    allow_teams_consumer: bool
    allow_teams_consumer_inbound: bool
    external_access_with_trial_tenants: Literal["Allowed", "Blocked"]
    allowed_trial_tenant_domains: tuple[str, ...]
    treat_discovered_partners_as_unverified: bool
    restrict_teams_consumer_to_external_user_profiles: bool


def reduce(body: Json) -> Json:
    """The object with its lists of domains in one shape each; nothing else of what stands in them is stored."""
    if not isinstance(body, dict):
        return body
    lists = {key: _names(body[key]) for key in ("BlockedDomains", "AllowedTrialTenantDomains") if key in body}
    allowed = {"AllowedDomains": _allowed(body["AllowedDomains"])} if "AllowedDomains" in body else {}
    return {**body, **lists, **allowed}


def _allowed(value: Json) -> Any:
    if value in ({}, []) or (isinstance(value, dict) and set(value) == {"AllowAllKnownDomains"}):
        return None
    if isinstance(value, dict) and set(value) == {"AllowedDomain"}:
        inner = value["AllowedDomain"]
        return _names([inner] if isinstance(inner, str) else inner)
    return _names(value)


def _names(value: Json) -> Any:
    """Texts, `Domain=x` texts, or objects with a Domain, as a list of names."""
    rows = value if isinstance(value, list) else [value]
    names: list[Any] = [row.get("Domain") if isinstance(row, dict) else row for row in rows]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in names):
        return UNKNOWN
    return [name.removeprefix("Domain=").lower() for name in names]


fact = configuration_fact(
    TeamsFederation,
    "TenantFederationSettings",
    snapshot="microsoft.teams.federationconfiguration",
    names_tenant=True,
    reduce=reduce,
    shape=reduce,
    sample={
        "AllowFederatedUsers": True,
        "AllowedDomains": {"AllowedDomain": [{"Domain": "partnerclinic.example"}]},
        "BlockedDomains": [],
        "AllowTeamsConsumer": False,
        "AllowTeamsConsumerInbound": False,
        "ExternalAccessWithTrialTenants": "Blocked",
        "AllowedTrialTenantDomains": [],
        "TreatDiscoveredPartnersAsUnverified": False,
        "RestrictTeamsConsumerToExternalUserProfiles": False,
    },
)
