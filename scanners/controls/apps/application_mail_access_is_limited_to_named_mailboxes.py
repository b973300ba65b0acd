from scanners.applications import access_of, is_first_party, lower, switched_on
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.app_role_assignments import AppRoleAssignment
from scanners.facts.application_access_policies import ApplicationAccessPolicy
from scanners.facts.exchange_application_roles import ExchangeApplicationRole
from scanners.facts.service_principals import ServicePrincipal
from scanners.mailbox_access import MailApplication, is_limited, mail_applications
from scanners.model import Parameter, Verdict, not_applicable
from scanners.permissions import EXCHANGE_ONLINE
from scanners.three_valued import sort

MAIL = {"principalId": "sp1", "permission": "Mail.Read"}
IMAP = {"principalId": "sp1", "permission": "IMAP.AccessAsApp", "resourceAppId": EXCHANGE_ONLINE}
CHART = {"id": "sp1", "appId": "f1"}
LIMIT = {"AppId": "f1", "AccessRight": "RestrictAccess"}
SCOPED = {"App": "sp1"}
UNSCOPED = {"App": "sp1", "CustomResourceScope": None}


@control(
    title="Applications with mail permissions reach only the mailboxes they need",
    cites=("164.308(a)(4)(ii)(B)", "164.502(b)", "164.312(a)(1)"),
    severity="high",
    designation="addressable",
    fix="Exchange Online PowerShell: New-ManagementScope and New-ManagementRoleAssignment -App -CustomResourceScope, then remove the permission in Entra ID; or New-ApplicationAccessPolicy -AccessRight RestrictAccess",
    plan="any Exchange Online plan; without one the control does not apply",
    crosswalk={"prowler": "exchange_application_access_policy_restricts_mailbox_apps", "maester": "MT.1058", "nist_800_53": ["AC-6", "AC-3"]},
    seeds=("A5a", "A6", "S25"),
    parameters={"approved_app_ids": Parameter(why="backup and journaling need all mailboxes", unit="application ids")},
    examples=(
        passes(app_role_assignments=[MAIL], service_principals=[CHART], application_access_policies=[LIMIT]),
        passes(
            "one policy may name several applications",
            app_role_assignments=[MAIL],
            service_principals=[CHART],
            application_access_policies=[{**LIMIT, "AppId": "a0, F1"}],
        ),
        passes(
            "the older full access is covered too",
            app_role_assignments=[{**IMAP, "permission": "full_access_as_app"}],
            service_principals=[CHART],
            application_access_policies=[LIMIT],
        ),
        passes("only a scoped role inside Exchange", service_principals=[CHART], exchange_application_roles=[SCOPED]),
        passes(
            "a scope of an administrative unit",
            service_principals=[CHART],
            exchange_application_roles=[{**UNSCOPED, "RecipientAdministrativeUnitScope": "scoped"}],
        ),
        passes(
            "an application that needs all mailboxes",
            parameters={"approved_app_ids": ("F1",)},
            app_role_assignments=[MAIL, {**MAIL, "id": "b", "principalId": "sp2"}],
            service_principals=[CHART, {"id": "sp2", "appId": "f2"}],
            application_access_policies=[{**LIMIT, "AppId": "f2"}],
        ),
        fails(app_role_assignments=[{**MAIL, "permission": "Mail.ReadWrite"}], service_principals=[CHART], application_access_policies=[]),
        fails("sending is mail access", app_role_assignments=[{**MAIL, "permission": "mail.send"}], service_principals=[CHART]),
        fails("calendars and contacts are too", app_role_assignments=[{**MAIL, "permission": "Calendars.Read"}], service_principals=[CHART]),
        fails(
            "a scoped role and an unscoped grant add up", app_role_assignments=[MAIL], service_principals=[CHART], exchange_application_roles=[SCOPED]
        ),
        fails(
            "denying some mailboxes does not limit",
            app_role_assignments=[MAIL],
            service_principals=[CHART],
            application_access_policies=[{**LIMIT, "AccessRight": "DenyAccess"}],
        ),
        fails(
            "a policy that is not valid",
            app_role_assignments=[MAIL],
            service_principals=[CHART],
            application_access_policies=[{**LIMIT, "IsValid": False}],
        ),
        fails(
            "IMAP and POP are not covered by a policy", app_role_assignments=[IMAP], service_principals=[CHART], application_access_policies=[LIMIT]
        ),
        fails("a role inside Exchange without a scope", service_principals=[CHART], exchange_application_roles=[UNSCOPED]),
        fails(
            "a role without a scope, of an application that is not listed",
            service_principals=[CHART],
            exchange_application_roles=[{**UNSCOPED, "App": "sp9"}],
        ),
        stays_unknown(app_role_assignments=[MAIL], application_access_policies=Unreadable("not_permitted")),
        stays_unknown(
            "a permission without a name",
            app_role_assignments=[{**MAIL, "permission": None}],
            service_principals=[CHART],
            application_access_policies=[LIMIT],
        ),
        stays_unknown(
            "a right that is new",
            app_role_assignments=[MAIL],
            service_principals=[CHART],
            application_access_policies=[{**LIMIT, "AccessRight": "AuditAccess"}],
        ),
        stays_unknown(
            "a scope that cannot be read", service_principals=[CHART], exchange_application_roles=[{**SCOPED, "CustomResourceScope": ABSENT}]
        ),
        does_not_apply("delegated permissions are not judged here", service_principals=[CHART]),
        does_not_apply(
            "the same name on another service",
            app_role_assignments=[{**MAIL, "resourceAppId": "00000003-0000-0ff1-ce00-000000000000"}],
            service_principals=[CHART],
        ),
        does_not_apply("a role that is switched off", service_principals=[CHART], exchange_application_roles=[{**UNSCOPED, "Enabled": False}]),
        does_not_apply(
            "an application of Microsoft",
            app_role_assignments=[MAIL],
            service_principals=[{**CHART, "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a"}],
        ),
        does_not_apply("no Exchange Online", application_access_policies=Unreadable("not_licensed")),
    ),
)
def application_mail_access_is_limited_to_named_mailboxes(
    app_role_assignments: tuple[AppRoleAssignment, ...],
    service_principals: tuple[ServicePrincipal, ...],
    application_access_policies: tuple[ApplicationAccessPolicy, ...],
    exchange_application_roles: tuple[ExchangeApplicationRole, ...],
    *,
    approved_app_ids: tuple[str, ...] = (),
) -> Verdict:
    """A mail permission over the whole tenant opens every conversation with patients; minimum necessary asks for a list.

    Every enabled application but Microsoft's and the approved ones that holds an application permission on mail, calendars or contacts is named by a valid policy
    that restricts it to certain mailboxes. Such a policy does not cover IMAP and POP. An application that holds only roles inside Exchange must hold each with a scope.
    """
    access, approved = access_of(service_principals, app_role_assignments), lower(approved_app_ids)

    def governed(application: ServicePrincipal) -> bool:
        return switched_on(application) and not is_first_party(application) and application.app_id.lower() not in approved

    def limited(application: MailApplication) -> bool:
        return is_limited(application, application_access_policies)

    piles = sort(mail_applications(service_principals, access, exchange_application_roles, governed), limited)
    return piles.every(
        good="applications with mail permissions reach named mailboxes only",
        bad="applications with mail permissions reach every mailbox",
        empty=not_applicable("no application holds a mail permission of its own", looked_at=0),
        name=lambda application: application.name,
        applications=[{"appId": a.name, "permissions": a.permissions, "rolesWithoutScope": a.unscoped_roles} for a in piles.bad[:50]],
    )
