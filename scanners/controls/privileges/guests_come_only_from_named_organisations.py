from collections.abc import Mapping
from typing import Any

from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import NotSupported, Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.cross_tenant_access_default import CrossTenantAccessDefault, setting
from scanners.facts.guest_invitation_domains import KIND, InvitationPolicy
from scanners.idle_sessions import json_text
from scanners.model import Verdict, failed, not_applicable, passed
from scanners.partners import is_blocked_for_all
from scanners.three_valued import attempt

BLOCKED = {"b2bCollaborationInbound": setting("blocked")}
SOME_BLOCKED = {"b2bCollaborationInbound": {"usersAndGroups": {"accessType": "blocked", "targets": [{"target": "g1", "targetType": "group"}]}}}


def listed(text: str) -> list[dict[str, object]]:
    return [{"definition": ['{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":%s}}' % text]}]  # noqa: UP031 - JSON is full of braces


@control(
    title="Guests can come only from organisations that were approved",
    cites=("164.308(b)(1)", "164.308(a)(4)(i)"),
    severity="low",
    designation="standard",
    fix="Entra admin center > External Identities > External collaboration settings > Collaboration restrictions > Allow invitations only to the specified domains",
    crosswalk={
        "cis_m365_v7": "5.1.6.1",
        "scuba": "MS.AAD.8.3v1",
        "prowler": "entra_policy_guest_invitations_restricted_to_allowed_domains",
        "maester": "CISA.MS.AAD.8.3",
        "nist_800_53": ["AC-20"],
    },
    seeds=("A6", "B9"),
    examples=(
        passes("a list of domains", guest_invitation_domains=listed('{"AllowedDomains":["lakeshorelab.example"]}')),
        passes("collaboration is blocked unless a partner is named", guest_invitation_domains=[], cross_tenant_access_default=BLOCKED),
        passes(
            "blocked, even where the list could not be read",
            guest_invitation_domains=Unreadable("not_supported"),
            cross_tenant_access_default=BLOCKED,
        ),
        fails("no list", guest_invitation_domains=[]),
        fails("an empty list restricts nothing", guest_invitation_domains=listed('{"AllowedDomains":[]}')),
        fails("a list of refused domains leaves all others", guest_invitation_domains=listed('{"BlockedDomains":["rival.example"]}')),
        fails("blocked for some only", guest_invitation_domains=[], cross_tenant_access_default=SOME_BLOCKED),
        does_not_apply("nobody can invite", guest_invitation_domains=[], authorization_policy={"allowInvitesFrom": "none"}),
        stays_unknown("the list could not be read", guest_invitation_domains=Unreadable("not_supported")),
        stays_unknown("a list that cannot be understood", guest_invitation_domains=listed("[1]")),
        stays_unknown("not JSON", guest_invitation_domains=[{"definition": ["AllowedDomains: all"]}]),
        stays_unknown("who may invite is not stated", guest_invitation_domains=[], authorization_policy={"allowInvitesFrom": ABSENT}),
    ),
)
def guests_come_only_from_named_organisations(
    guest_invitation_domains: tuple[InvitationPolicy, ...] | None,
    cross_tenant_access_default: CrossTenantAccessDefault,
    authorization_policy: AuthorizationPolicy,
) -> Verdict:
    """Contracts decide who may receive ePHI; the invitation list should follow them.

    Collaboration is blocked by default for all users of other organisations, so that only named partners get through; or invitations are limited to a list of domains
    that is not empty.
    """
    if authorization_policy.allow_invites_from == "none":
        return not_applicable("nobody can invite guests")
    inbound = cross_tenant_access_default.b2b_collaboration_inbound
    blocked = attempt(lambda: None if inbound is None else is_blocked_for_all(inbound.users_and_groups, "AllUsers"))
    if blocked:
        return passed("guests come only from partner organisations that are named", blocked_by_default=True)
    if guest_invitation_domains is None:
        raise NotSupported("the list of domains that guests may come from could not be read")
    allowed = [len(domains) for policy in guest_invitation_domains for text in policy.definition if (domains := _allowed(text))]
    if allowed:
        return passed(f"guests come only from {sum(allowed)} named domains", allowed_domains=sum(allowed))
    if blocked is None:
        raise Unrecognised("the default for collaboration with other organisations could not be recognised")
    return failed("guests can be invited from any organisation", blocked_by_default=False, looked_at=len(guest_invitation_domains))


def _allowed(text: str) -> list[str]:
    restriction: Mapping[str, Any] = json_text(text, KIND)
    listed = restriction.get("InvitationsAllowedAndBlockedDomainsPolicy", {})
    domains = listed.get("AllowedDomains", []) if isinstance(listed, dict) else None
    if not isinstance(domains, list) or not all(isinstance(domain, str) for domain in domains):
        raise Unrecognised("the list of domains that guests may come from does not have a known form")
    return [domain for domain in domains if domain.strip()]
