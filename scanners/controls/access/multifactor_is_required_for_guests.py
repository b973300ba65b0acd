from collections.abc import Sequence

from scanners.conditional_access.coverage import Inquiry, Question, ask
from scanners.conditional_access.demands import by_id, multifactor
from scanners.conditional_access.judged import everyone, sort_users, verdict
from scanners.conditional_access.reach import EXTERNAL_TYPES
from scanners.conditional_access.rules import rules_of
from scanners.conditional_access.witness import sentence
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.authentication_strengths import AuthenticationStrength
from scanners.facts.authorization_policy import AuthorizationPolicy
from scanners.facts.conditional_access_policies import Policy
from scanners.facts.named_locations import NamedLocation
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.security_defaults import SecurityDefaults
from scanners.facts.statements_accounts import EmergencyAccounts
from scanners.facts.users import Users
from scanners.model import Parameter, Verdict, failed, not_applicable, passed

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000001"
MEMBER = {"id": A}
GUEST = {"id": B, "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted", "assignedLicenses": []}
INTERNAL = {**GUEST, "creationType": None, "externalUserState": None}
ALL_TYPES = ",".join(EXTERNAL_TYPES)


def of_types(types: str, kind: str = "all") -> dict[str, object]:
    return {"guestOrExternalUserTypes": types, "externalTenants": {"membershipKind": kind, "members": []}}


def for_types(types: str, kind: str = "all") -> dict[str, object]:
    return {"conditions.users.includeUsers": [], "conditions.users.includeGuestsOrExternalUsers": of_types(types, kind)}


@control(
    title="Guests and other outside users must use a second factor",
    cites=("164.312(d)", "164.308(a)(4)(i)"),
    severity="high",
    designation="standard",
    fix="Entra admin center > Protection > Conditional Access > New policy > Users > Guest or external users > all types, All resources > Grant > Require multifactor authentication",
    plan="Microsoft Entra ID P1, or security defaults",
    parameters={
        "external_types": Parameter(why="service providers may be covered by the provider's own tenant", unit="types", among=EXTERNAL_TYPES),
    },
    crosswalk={
        "cis_m365_v7": "5.2.2.2",
        "scuba": "MS.AAD.3.2v2",
        "prowler": "entra_conditional_access_policy_mfa_enforced_for_guest_users",
        "maester": "MT.1016",
        "nist_800_53": ["IA-8"],
    },
    seeds=("B14", "B26", "S8", "T19"),
    proposed_rule="164.312(f)(2)(ii)",
    examples=(
        passes(conditional_access_policies=[{}], users=[GUEST]),
        passes("security defaults", security_defaults={"isEnabled": True}, users=[GUEST]),
        passes("the types are one text, joined by commas", conditional_access_policies=[for_types(ALL_TYPES)], users=[MEMBER, GUEST, INTERNAL]),
        passes(
            "the older value for all guests and external users",
            conditional_access_policies=[{"conditions.users.includeUsers": ["GuestsOrExternalUsers"]}],
            users=[GUEST],
        ),
        passes(
            "a disabled guest cannot sign in",
            conditional_access_policies=[{"conditions.users.excludeUsers": [B]}],
            users=[{**GUEST, "accountEnabled": False}],
        ),
        passes(
            "members are judged by their own control", conditional_access_policies=[{"conditions.users.excludeUsers": [A]}], users=[MEMBER, GUEST]
        ),
        passes(
            "a type that the operator leaves to its own organisation",
            parameters={"external_types": [each for each in EXTERNAL_TYPES if each != "serviceProvider"]},
            conditional_access_policies=[{"conditions.users.excludeGuestsOrExternalUsers": of_types("serviceProvider")}],
            users=[GUEST],
        ),
        fails(
            "the policy for everyone excludes kinds of guests",
            conditional_access_policies=[{"conditions.users.excludeGuestsOrExternalUsers": of_types("b2bCollaborationGuest,otherExternalUser")}],
            users=[GUEST],
        ),
        fails(
            "a kind of external user of whom there is no account yet is excluded",
            conditional_access_policies=[{"conditions.users.excludeGuestsOrExternalUsers": of_types("b2bDirectConnectUser")}],
            users=[GUEST],
        ),
        fails("only listed organisations are included", conditional_access_policies=[for_types(ALL_TYPES, "enumerated")], users=[GUEST]),
        fails(
            "listed organisations are excluded",
            conditional_access_policies=[{"conditions.users.excludeGuestsOrExternalUsers": of_types("b2bCollaborationGuest", "enumerated")}],
            users=[GUEST],
        ),
        fails(
            "the older value excludes all of them",
            conditional_access_policies=[{"conditions.users.excludeUsers": ["GuestsOrExternalUsers"]}],
            users=[GUEST],
        ),
        fails("one kind is left out of the list", conditional_access_policies=[for_types("internalGuest,b2bCollaborationGuest")], users=[GUEST]),
        fails("nobody is a guest yet, but guests may be invited", conditional_access_policies=[], users=[MEMBER]),
        does_not_apply(
            "no guest, and nobody may invite one", authorization_policy={"allowInvitesFrom": "none"}, conditional_access_policies=[], users=[MEMBER]
        ),
        stays_unknown(conditional_access_policies=Unreadable("unreachable"), users=[GUEST]),
        stays_unknown(
            "a kind of external user that is new may be any",
            conditional_access_policies=[{"conditions.users.excludeGuestsOrExternalUsers": of_types("newKindOfUser")}],
            users=[GUEST],
        ),
        stays_unknown(
            "a kind of membership that is new",
            conditional_access_policies=[for_types(ALL_TYPES, "unknownFutureValue")],
            users=[GUEST],
        ),
    ),
)
def multifactor_is_required_for_guests(
    conditional_access_policies: tuple[Policy, ...],
    authentication_strengths: tuple[AuthenticationStrength, ...],
    referenced_group_members: ReferencedGroups,
    users: Users,
    security_defaults: SecurityDefaults,
    authorization_policy: AuthorizationPolicy,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    statement_emergency_accounts: EmergencyAccounts | None,
    named_locations: tuple[NamedLocation, ...] | None,
    *,
    external_types: tuple[str, ...] = EXTERNAL_TYPES,
) -> Verdict:
    """Outside accounts reach teams and files with ePHI and are not governed by this organisation's own account rules.

    Security defaults are on; or the enabled policies together demand a second factor, for every application under every condition, of every enabled guest and of
    every kind of external user in `external_types`, whether there is an account of that kind yet or not. Not applicable where there is no enabled guest
    and nobody may invite one.
    """
    closed = authorization_policy.allow_invites_from == "none"
    if security_defaults.is_enabled and not closed:
        return passed("security defaults demand a second factor of guests too", mechanism="security defaults")
    population = everyone(users, role_assignments, role_definitions, referenced_group_members, statement_emergency_accounts)
    if closed and not population.guests and not population.unclear:
        return not_applicable("there is no enabled guest, and nobody may invite one")
    if security_defaults.is_enabled:
        return passed("security defaults demand a second factor of guests too", mechanism="security defaults")
    rules = rules_of(conditional_access_policies, referenced_group_members, role_assignments, role_definitions, named_locations)
    inquiries = ask(rules, Question(demand=multifactor(by_id(authentication_strengths)), lacks="needs no second factor"))
    guests = verdict(
        sort_users(population.guests, population, inquiries),
        inquiries,
        good="guests must use a second factor everywhere",
        bad="guests can sign in without a second factor",
        empty=passed("there is no enabled guest", looked_at=0),
    )
    return guests if guests.outcome == "fail" else _with_types(guests, inquiries[0], external_types)


def _with_types(guests: Verdict, inquiry: Inquiry, types: Sequence[str]) -> Verdict:
    """The verdict on the guests there are, unless a kind of external user is not covered whoever comes."""
    answers = {each: inquiry.of_type(each) for each in types}
    open_to = [each for each, answer in answers.items() if answer.covered is False]
    if open_to:
        gap = answers[open_to[0]].gap
        example = sentence(inquiry, inquiry.rules.known.marks_of_type(open_to[0]), gap, f"an external user of type {open_to[0]}") if gap else ""
        return failed(
            f"{len(open_to)} of {len(answers)} kinds of external users need no second factor. For example, {example}",
            kinds=open_to,
            **guests.observed,
        )
    for answer in answers.values():
        if answer.doubt is not None:
            raise answer.doubt
    return guests
