from collections.abc import Iterable

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.organization import Organization
from scanners.facts.permission_classifications import PermissionClassification
from scanners.facts.permission_grant_policies import ConditionSet, PermissionGrantPolicy
from scanners.health_data import opens_health_data
from scanners.model import Parameter, Verdict, failed, passed
from scanners.quoting import listed, token
from scanners.three_valued import Maybe, sort

FOR_SELF = "managepermissiongrantsforself."
LEGACY = "microsoft-user-default-legacy"
LONGEST = 64  # characters of a policy's id, which is no GUID
LOW = {"defaultUserRolePermissions.permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.microsoft-user-default-low"]}
CUSTOM = {"defaultUserRolePermissions.permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.custom-x"]}


def assigned(*entries: str) -> dict[str, list[str]]:
    return {"defaultUserRolePermissions.permissionGrantPoliciesAssigned": list(entries)}


@control(
    title="Users cannot give applications access to data on their own",
    cites=("164.308(b)(1)", "164.308(a)(4)(ii)(B)", "164.312(a)(1)"),
    severity="high",
    designation="standard",
    fix="Entra admin center > Enterprise applications > Consent and permissions > User consent settings > Do not allow user consent",
    crosswalk={
        "cis_m365_v7": "5.1.5.1",
        "scuba": "MS.AAD.5.2v1",
        "prowler": "entra_policy_restricts_user_consent_for_apps",
        "maester": "EIDSCA.AP08, EIDSCA.AP09",
        "nist_800_53": ["CM-11", "SA-9"],
    },
    seeds=("A6", "B11", "S25", "T14"),
    parameters={
        "accept_low_risk": Parameter(
            why="some baselines allow low-risk permissions of verified publishers, others none", unit="boolean", looser="true"
        )
    },
    examples=(
        passes("nothing assigned is the good state", authorization_policy=assigned()),
        passes(authorization_policy={**LOW, "allowUserConsentForRiskyApps": False}, permission_grant_policies=[{}]),
        passes(
            "the flag for risky applications may be unset",
            authorization_policy={**LOW, "allowUserConsentForRiskyApps": None},
            permission_grant_policies=[{}],
        ),
        passes(
            "own applications only",
            authorization_policy=CUSTOM,
            permission_grant_policies=[
                {
                    "id": "Custom-X",
                    "includes": [
                        {"clientApplicationsFromVerifiedPublisherOnly": False, "clientApplicationTenantIds": ["99999999-0000-4000-8000-000000000001"]}
                    ],
                }
            ],
        ),
        passes(
            "entries for owned resources belong to another control",
            authorization_policy=assigned("ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team"),
        ),
        passes(
            "a harmless permission that the tenant calls low",
            authorization_policy=LOW,
            permission_grant_policies=[{}],
            permission_classifications=[{"permissionName": "User.Read"}],
        ),
        fails(authorization_policy=assigned("ManagePermissionGrantsForSelf.microsoft-user-default-legacy")),
        fails("the prefix in another case", authorization_policy=assigned("managePermissionGrantsForSelf.microsoft-user-default-legacy")),
        fails(
            "a custom policy for all permissions",
            authorization_policy=CUSTOM,
            permission_grant_policies=[{"id": "custom-x", "includes": [{"permissionClassification": "all"}]}],
        ),
        fails(
            "the recommended policy is judged by what it includes",
            authorization_policy=assigned("ManagePermissionGrantsForSelf.microsoft-user-default-recommended"),
            permission_grant_policies=[
                {
                    "id": "microsoft-user-default-recommended",
                    "includes": [{"permissionClassification": "all", "clientApplicationsFromVerifiedPublisherOnly": True}],
                }
            ],
        ),
        fails(
            "unverified publishers of any tenant",
            authorization_policy=CUSTOM,
            permission_grant_policies=[{"id": "custom-x", "includes": [{"clientApplicationsFromVerifiedPublisherOnly": False}]}],
        ),
        fails(
            "application permissions are never low",
            authorization_policy=CUSTOM,
            permission_grant_policies=[{"id": "custom-x", "includes": [{"permissionType": "application"}]}],
        ),
        fails(
            "risky applications may be allowed", authorization_policy={**LOW, "allowUserConsentForRiskyApps": True}, permission_grant_policies=[{}]
        ),
        fails(
            "a mail permission that the tenant calls low",
            authorization_policy=LOW,
            permission_grant_policies=[{}],
            permission_classifications=[{"permissionName": "Mail.Read"}],
        ),
        fails("an operator can refuse low risk too", parameters={"accept_low_risk": False}, authorization_policy=LOW, permission_grant_policies=[{}]),
        stays_unknown("a policy that is not found", authorization_policy=CUSTOM, permission_grant_policies=[]),
        stays_unknown("a null list is not an empty one", authorization_policy={"defaultUserRolePermissions.permissionGrantPoliciesAssigned": None}),
        stays_unknown("nor is a missing one", authorization_policy={"defaultUserRolePermissions.permissionGrantPoliciesAssigned": ABSENT}),
        stays_unknown(
            "a kind of risk that is new",
            authorization_policy=LOW,
            permission_grant_policies=[{"includes": [{"permissionClassification": "negligible"}]}],
        ),
        stays_unknown(authorization_policy=LOW, permission_grant_policies=[{}], permission_classifications=Unreadable("not_permitted")),
    ),
)
def users_cannot_consent_to_applications_alone(
    authorization_policy: AuthorizationPolicy,
    permission_grant_policies: tuple[PermissionGrantPolicy, ...],
    permission_classifications: tuple[PermissionClassification, ...],
    organization: Organization,
    *,
    accept_low_risk: bool = True,
) -> Verdict:
    """One click on a consent page hands mail and files with ePHI to a vendor without any agreement.

    Users are assigned no policy under which they may allow applications; or, where `accept_low_risk` is set, only policies that are limited to delegated
    permissions which the tenant calls low risk, of verified publishers or of this tenant, while no permission called low can open mail, files or chats and
    risky applications cannot be allowed. A policy that is assigned and not found leaves it open.
    """
    entries = authorization_policy.default_user_role_permissions.permission_grant_policies_assigned
    names = tuple(e[len(FOR_SELF) :].lower() for e in entries if e.lower().startswith(FOR_SELF))
    if not names:
        return passed("users cannot allow any application themselves", assigned=[], looked_at=len(entries))
    if LEGACY in names or not accept_low_risk:
        return failed(f"users can allow applications themselves, under {listed(names, LONGEST)}", assigned=names)
    if authorization_policy.allow_user_consent_for_risky_apps is True:
        return failed("users can allow applications themselves, even those that Microsoft holds to be risky", assigned=names)
    policies = {policy.id.lower(): policy for policy in permission_grant_policies}
    limited = sort(names, lambda name: _is_low_risk(policies, name, organization.id))
    harmless = sort(permission_classifications, _is_harmless)
    observed = {
        "assigned": names,
        "wide": limited.bad,
        "not_found_or_unclear": limited.unclear,
        "called_low_risk": [c.permission_name for c in harmless.bad],
    }
    if limited.bad:
        return failed(f"users can allow applications themselves beyond low risk, under {listed(limited.bad, LONGEST)}", **observed)
    if harmless.bad:
        return failed("users can allow applications permissions that open content, because the tenant calls these low risk", **observed)
    if limited.unclear or harmless.unclear:
        raise next(iter(limited.doubts + harmless.doubts))
    return passed("users can allow only low-risk permissions, of verified publishers or of this tenant", **observed)


def _is_low_risk(policies: dict[str, PermissionGrantPolicy], name: str, tenant: str) -> Maybe:
    if name not in policies:
        raise Unrecognised(f"the policy {token(name, LONGEST)} is assigned to users and was not found")
    return all(_is_limited(each, tenant) for each in policies[name].includes)


def _is_limited(include: ConditionSet, tenant: str) -> bool:
    low = include.permission_type in {"delegated", "delegatedUserConsentable"} and include.permission_classification == "low"
    return low and (
        include.client_applications_from_verified_publisher_only is True or _lower(include.client_application_tenant_ids) == [tenant.lower()]
    )


def _lower(ids: Iterable[str] | None) -> list[str]:
    return [each.lower() for each in ids or ()]


def _is_harmless(row: PermissionClassification) -> Maybe:
    return row.classification != "low" or opens_health_data(row.permission_name, row.resource_app_id) is False
