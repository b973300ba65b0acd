from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scanners.declare import control, fails, passes, stays_unknown
from scanners.durations import iso_duration
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_management_policy import AppManagementPolicy, CredentialRestriction
from scanners.model import Parameter, Verdict, failed, passed
from scanners.three_valued import Maybe, attempt, some

LIFETIME = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P180D"}
CERTIFICATE = {"restrictionType": "asymmetricKeyLifetime", "state": "enabled", "maxLifetime": "P365D"}
NO_SECRETS = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}


def limits(*secrets: dict[str, Any], certificates: tuple[dict[str, Any], ...] = (CERTIFICATE,)) -> dict[str, list[dict[str, Any]]]:
    return {"passwordCredentials": list(secrets), "keyCredentials": list(certificates)}


@control(
    title="A tenant policy limits new application secrets",
    cites=("164.312(d)",),
    severity="low",
    designation="standard",
    fix="Entra admin center > Enterprise applications > Application policies: block or limit the lifetime of secrets, limit the lifetime of certificates",
    crosswalk={
        "cis_m365_v7": "5.1.5.3, 5.1.5.4, 5.1.5.5, 5.1.5.6",
        "scuba": "MS.AAD.5.5v1, MS.AAD.5.6v1, MS.AAD.5.7v1",
        "prowler": "entra_default_app_management_policy_enabled",
        "maester": "MT.1002",
        "nist_800_53": ["IA-5"],
    },
    seeds=("S25",),
    parameters={
        "max_secret_days": Parameter(why="published baselines allow half a year for a secret", unit="days", low=1, high=730, looser="higher"),
        "max_certificate_days": Parameter(why="baselines say 180 or 365", unit="days", low=1, high=1096, looser="higher"),
    },
    examples=(
        passes(isEnabled=True, applicationRestrictions=limits(LIFETIME)),
        passes("no new secrets at all", applicationRestrictions=limits(NO_SECRETS)),
        passes("six months", applicationRestrictions=limits({**LIFETIME, "maxLifetime": "P6M"})),
        passes("one restriction that counts is enough", applicationRestrictions=limits({**LIFETIME, "maxLifetime": "soon"}, NO_SECRETS)),
        passes(
            "for applications made after a day in the past",
            applicationRestrictions=limits({**LIFETIME, "restrictForAppsCreatedAfterDateTime": "2025-01-01T00:00:00Z"}),
        ),
        fails(isEnabled=False, applicationRestrictions=None),
        fails("restrictions that are filled in and switched off", isEnabled=False, applicationRestrictions=limits(LIFETIME)),
        fails(
            "only for applications made after a day in the future",
            applicationRestrictions=limits({**LIFETIME, "restrictForAppsCreatedAfterDateTime": "2027-01-01T00:00:00Z"}),
        ),
        fails("a year is too long", applicationRestrictions=limits({**LIFETIME, "maxLifetime": "P1Y"})),
        fails("seven months are too", applicationRestrictions=limits({**LIFETIME, "maxLifetime": "P7M"})),
        fails("a restriction that is switched off", applicationRestrictions=limits({**LIFETIME, "state": "disabled"})),
        fails("certificates are not limited", applicationRestrictions=limits(LIFETIME, certificates=())),
        fails("another kind of restriction says nothing", applicationRestrictions=limits({**LIFETIME, "restrictionType": "symmetricKeyLifetime"})),
        stays_unknown(isEnabled=True, applicationRestrictions=limits({**LIFETIME, "maxLifetime": "soon"})),
        stays_unknown("a state that is new", applicationRestrictions=limits({**LIFETIME, "state": "audit"})),
        stays_unknown("a missing switch", isEnabled=ABSENT),
        stays_unknown(app_management_policy=Unreadable("not_permitted")),
    ),
)
def new_application_secrets_are_limited_by_policy(
    app_management_policy: AppManagementPolicy, at: datetime, *, max_secret_days: int = 180, max_certificate_days: int = 365
) -> Verdict:
    """A limit that the service enforces does not depend on anybody's memory.

    The tenant's policy is on; it forbids new secrets of applications or limits their lifetime, and limits the lifetime of certificates, each to the days allowed. A
    restriction counts when it is on and acts on all applications or on those made after a day that is past.
    """
    policy = app_management_policy
    if not policy.is_enabled or policy.application_restrictions is None:
        return failed("no policy of the tenant limits new secrets of applications", isEnabled=policy.is_enabled)
    secrets_ = policy.application_restrictions.password_credentials
    certificates_ = policy.application_restrictions.key_credentials
    limited = {
        "secrets": some((_any(secrets_, "passwordAddition", None, at), _any(secrets_, "passwordLifetime", max_secret_days, at))),
        "certificates": _any(certificates_, "asymmetricKeyLifetime", max_certificate_days, at),
    }
    observed: dict[str, Any] = {"isEnabled": True, "limited": limited, "restrictions": [_shown(each) for each in (*secrets_, *certificates_)]}
    if False in limited.values():
        return failed(f"the tenant's policy does not limit new {' and '.join(k for k, v in limited.items() if v is False)}", **observed)
    if None in limited.values():
        raise Unrecognised("a restriction of the tenant's policy could not be recognised")
    return passed("the tenant's policy limits new secrets and certificates of applications", **observed)


def _any(restrictions: Iterable[CredentialRestriction], kind: str, days: int | None, at: datetime) -> Maybe:
    return some(attempt(partial(_limits, each, kind, days, at)) for each in restrictions)


def _limits(restriction: CredentialRestriction, kind: str, days: int | None, at: datetime) -> bool:
    if restriction.restriction_type != kind or restriction.state != "enabled":
        return False
    since = restriction.restrict_for_apps_created_after_date_time
    acts = since is None or since < at
    if days is None:
        return acts
    return acts and restriction.max_lifetime is not None and iso_duration(restriction.max_lifetime) <= timedelta(days=days)


def _shown(restriction: CredentialRestriction) -> dict[str, Any]:
    faults = restriction.faults
    names = ("restriction_type", "state", "max_lifetime", "restrict_for_apps_created_after_date_time")
    return {
        **{n: getattr(restriction, n) for n in names if n not in faults},
        "exempts_some": bool("exclude_actors" not in faults and restriction.exclude_actors),
    }
