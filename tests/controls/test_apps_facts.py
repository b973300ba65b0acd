"""How the facts about applications, the tenant and Exchange are read: joined, counted, and rid of what must not be stored."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from scanners import catalogue
from scanners.errors import Unrecognised
from scanners.facts.directory_settings import CONSENT, GROUPS, PASSWORD_RULES, setting, switch
from scanners.facts.service_principals import ServicePrincipal
from scanners.judging import read_pages
from scanners.looking import stored_form
from scanners.model import Ask, Page
from scanners.permissions import EXCHANGE_ONLINE, GRAPH
from scanners.reading import read_as

FACTS = catalogue.load().facts
SENTINEL = "patient.zero@alderford-clinic.example"


def stored(fact: str, *bodies: Any) -> list[Any]:
    """What is kept of each answer."""
    return [json.loads(stored_form(FACTS[fact], json.dumps(body).encode())[0]) for body in bodies]


def reading(fact: str, *pages: tuple[str, str, int, Any]) -> Any:
    """What is read of answers, each (about, path, status, body); bodies pass through what is stored."""
    kept = [Page(about, path, status, stored(fact, body)[0] if status == 200 else None) for about, path, status, body in pages]
    return read_pages(FACTS[fact], kept)


def principals(**apps: str) -> tuple[ServicePrincipal, ...]:
    sample = FACTS["service_principals"].sample[0]
    return tuple(read_as(ServicePrincipal, {**sample, "id": name, "appId": app_id}) for name, app_id in apps.items())


def asked(fact: str, **readings: Any) -> list[tuple[str, str]]:
    """(about, path) of each request of a fact that is asked per object, with the real SDK's request builders."""
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from msgraph import GraphServiceClient
    from msgraph.graph_request_adapter import GraphRequestAdapter

    graph = GraphServiceClient(request_adapter=GraphRequestAdapter(AnonymousAuthenticationProvider()))

    def path(ask: Ask) -> str:
        assert ask.build is not None
        information = ask.build(graph).to_get_request_information()
        information.path_parameters["baseurl"] = ""
        return str(information.url)

    asks = FACTS[fact].asks
    return [(ask.about, path(ask)) for ask in (asks(readings) if callable(asks) else asks)]


def test_of_notification_addresses_only_the_number_is_kept() -> None:
    """Whether somebody is told of a breach matters, not who."""
    body = {
        "value": [
            {
                "id": "t",
                "displayName": "Alderford Family Clinic",
                "tenantType": "AAD",
                "onPremisesSyncEnabled": None,
                "onPremisesLastSyncDateTime": None,
                "securityComplianceNotificationMails": [SENTINEL, "two@alderford-clinic.example"],
                "technicalNotificationMails": [],
                "privacyProfile": {"contactEmail": SENTINEL, "statementUrl": None},
                "verifiedDomains": [
                    {"name": "alderford-clinic.example", "isDefault": True, "isInitial": False, "type": "Managed", "capabilities": "Email"}
                ],
                "countryLetterCode": "US",
                "mobileDeviceManagementAuthority": "intune",
            }
        ]
    }
    assert SENTINEL not in json.dumps(stored("organization", body))
    tenant = reading("organization", ("", "/v1.0/organization", 200, body))
    assert (tenant.security_compliance_notification_mail_count, tenant.technical_notification_mail_count) == (2, 0)
    assert (tenant.privacy_contact_stated, tenant.privacy_statement_stated) == (True, False)
    del body["value"][0]["securityComplianceNotificationMails"]
    with pytest.raises(Unrecognised):
        reading("organization", ("", "/v1.0/organization", 200, body)).security_compliance_notification_mail_count  # noqa: B018 - reading it is the test


def test_banned_words_are_counted_and_other_values_are_dropped() -> None:
    """The words tell how people of this house think of passwords."""
    values = [
        {"name": "BannedPasswordList", "value": "riverbend\tclinic2026\t \tpatient"},
        {"name": "EnableBannedPasswordCheck", "value": "True"},
        {"name": "SomethingElse", "value": SENTINEL},
    ]
    body = {"value": [{"id": "s", "displayName": "Password Rule Settings", "templateId": PASSWORD_RULES, "values": values}]}
    assert "clinic2026" not in json.dumps(stored("directory_settings", body))
    assert SENTINEL not in json.dumps(stored("directory_settings", body))
    (template,) = settings = reading("directory_settings", ("", "/v1.0/groupSettings", 200, body))
    assert template.banned_word_count == 3
    assert switch(settings, PASSWORD_RULES, "EnableBannedPasswordCheck") is True
    assert switch(settings, PASSWORD_RULES, "EnableBannedPasswordCheckOnPremises") is None, "not in the template"
    assert setting(settings, GROUPS, "EnableGroupCreation") is None, "no such template: the service's default applies"


def test_a_switch_that_is_neither_true_nor_false_is_not_guessed() -> None:
    """Values of directory settings are texts."""
    body = {"value": [{"templateId": CONSENT, "values": [{"name": "EnableGroupSpecificConsent", "value": "1"}]}]}
    with pytest.raises(Unrecognised):
        switch(reading("directory_settings", ("", "/", 200, body)), CONSENT, "EnableGroupSpecificConsent")


def test_equal_grants_of_many_people_are_one_row() -> None:
    """Who allowed an application is not stored; how many did is."""
    one = {"id": "g", "clientId": "sp1", "consentType": "Principal", "resourceId": "r1", "scope": " Mail.Read"}
    body = {"value": [{**one, "principalId": f"u{n}"} for n in range(40)] + [{**one, "consentType": "AllPrincipals", "principalId": None}]}
    assert "u7" not in json.dumps(stored("oauth2_permission_grants", body))
    rows = reading("oauth2_permission_grants", ("", "/", 200, body), ("", "/", 200, {"value": [{**one, "principalId": "u99"}]}))
    assert sorted((row.consent_type, row.grants) for row in rows) == [("AllPrincipals", 1), ("Principal", 41)]


def test_permission_names_come_from_the_services_own_list() -> None:
    """An id that is in no list has no name; assigned without a permission is none; a person's assignment is dropped."""
    service = {"id": "r1", "appId": GRAPH, "appRoles": [{"id": "a1", "value": "Mail.Read", "displayName": "Read mail", "description": "..."}]}
    row = {
        "id": "1",
        "principalId": "sp1",
        "principalType": "ServicePrincipal",
        "resourceId": "r1",
        "appRoleId": "a1",
        "createdDateTime": "2026-02-01T00:00:00Z",
    }
    named = {**row, "principalDisplayName": "Chart Sync", "resourceDisplayName": "Microsoft Graph"}
    held = {
        "value": [
            named,
            {**row, "id": "2", "appRoleId": "a9"},
            {**row, "id": "3", "appRoleId": "00000000-0000-0000-0000-000000000000"},
            {**row, "id": "4", "principalType": "User", "principalId": "u1"},
        ]
    }
    elsewhere = {"value": [named, {**row, "id": "5", "resourceId": "r9"}]}
    rows = reading("app_role_assignments", ("r1", "/", 200, service), ("r1", "/", 200, held), ("me", "/", 200, elsewhere))
    assert {r.id: (r.resource_app_id, r.permission) for r in rows} == {
        "1": (GRAPH, "Mail.Read"),
        "2": (GRAPH, None),
        "3": (GRAPH, ""),
        "5": (None, None),
    }
    kept = json.dumps(stored("app_role_assignments", service, held))
    assert "Chart Sync" not in kept
    assert "u1" not in kept
    assert "description" not in kept


def test_services_are_asked_for_their_permissions_and_holders() -> None:
    """Each service that the tenant has, and the scanner itself."""
    me = SimpleNamespace(object_id="me")
    paths = asked("app_role_assignments", service_principals=principals(g=GRAPH, x=EXCHANGE_ONLINE.upper(), other="f1"), scanner_identity=me)
    assert paths == [
        ("g", "/servicePrincipals/g"),
        ("g", "/servicePrincipals/g/appRoleAssignedTo"),
        ("x", "/servicePrincipals/x"),
        ("x", "/servicePrincipals/x/appRoleAssignedTo"),
        ("me", "/servicePrincipals/me/appRoleAssignments"),
    ]
    assert len(asked("app_role_assignments", service_principals=principals(g=GRAPH), scanner_identity=SimpleNamespace(object_id=None))) == 2
    assert asked("permission_classifications", service_principals=principals(g=GRAPH, other="f1")) == [
        (GRAPH, "/servicePrincipals/g/delegatedPermissionClassifications")
    ]


@pytest.mark.parametrize("fact", ["app_role_assignments", "permission_classifications"])
def test_a_list_without_microsoft_graph_is_not_believed(fact: str) -> None:
    """Nothing found because nothing was listed must not look like nothing to find."""
    with pytest.raises(Unrecognised):
        asked(fact, service_principals=principals(other="f1"), scanner_identity=None)


def test_owners_are_asked_of_powerful_applications_and_of_their_registrations() -> None:
    """Takeover, health data, a privileged role, a permission without a name; nobody else."""
    apps = principals(takeover="a1", mail="a2", role="a3", nameless="a4", harmless="a5")
    roles = [
        {"principalId": p, "permission": n, "id": p}
        for p, n in (("takeover", "Application.ReadWrite.All"), ("mail", "Mail.Read"), ("nameless", None), ("harmless", "User.Read.All"))
    ]
    sample = FACTS["app_role_assignments"].sample[0]
    assignment = {
        **FACTS["role_assignments"].sample[0],
        "principalId": "role",
        "principal": {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "role"},
    }
    paths = asked(
        "service_principal_owners",
        service_principals=apps,
        applications=read_as(FACTS["applications"].reading, [{**FACTS["applications"].sample[0], "id": "reg2", "appId": "A2"}]),
        app_role_assignments=read_as(FACTS["app_role_assignments"].reading, [{**sample, **row} for row in roles]),
        role_assignments=read_as(FACTS["role_assignments"].reading, [assignment]),
        role_definitions=(),
        role_group_applications=(),
    )
    assert paths == [
        ("mail", "/servicePrincipals/mail/owners"),
        ("mail", "/applications/reg2/owners"),
        ("nameless", "/servicePrincipals/nameless/owners"),
        ("role", "/servicePrincipals/role/owners"),
        ("takeover", "/servicePrincipals/takeover/owners"),
    ]


def test_owners_of_the_registration_count_like_owners_of_the_application() -> None:
    """Both can add a secret. What went away meanwhile is not readable."""
    rows = reading(
        "service_principal_owners",
        ("sp1", "/servicePrincipals/sp1/owners", 200, {"value": [{"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Somebody"}]}),
        ("sp1", "/applications/reg/owners", 200, {"value": [{"id": "u2"}, {"id": "u1"}]}),
        ("sp2", "/servicePrincipals/sp2/owners", 404, None),
    )
    assert [(row.service_principal_id, row.readable, row.owner_ids) for row in rows] == [("sp1", True, ("u1", "u2")), ("sp2", False, ())]


def test_only_federated_domains_are_asked_for_their_provider() -> None:
    """One request for each, and nothing of the provider's certificate or addresses is stored."""
    sample = FACTS["domains"].sample[0]
    domains = read_as(FACTS["domains"].reading, [{**sample, "id": "a.example"}, {**sample, "id": "b.example", "authenticationType": "Federated"}])
    assert asked("domain_federation", domains=domains) == [("b.example", "/domains/b.example/federationConfiguration")]
    body = {
        "value": [
            {"id": "f", "federatedIdpMfaBehavior": "rejectMfaByFederatedIdp", "signingCertificate": "MIIC", "issuerUri": "https://sts.b.example"}
        ]
    }
    assert "MIIC" not in json.dumps(stored("domain_federation", body))
    (row,) = reading("domain_federation", ("b.example", "/", 200, body))
    assert (row.domain, row.value[0].federated_idp_mfa_behavior) == ("b.example", "rejectMfaByFederatedIdp")


def test_applications_in_groups_with_roles() -> None:
    """A group that went away has none; one that hides its members says so."""
    page = {"value": [{"@odata.type": "#microsoft.graph.servicePrincipal", "id": "sp1", "displayName": "Chart Sync"}]}
    members, empty = "/groups/x/transitiveMembers/graph.servicePrincipal", {"value": []}
    rows = reading(
        "role_group_applications",
        *(("g1", "/groups/g1", 200, {"id": "g1", "visibility": "Private"}), ("g1", members, 200, page)),
        *(("g2", "/groups/g2", 404, None), ("g2", members, 404, None)),
        *(("g3", "/groups/g3", 403, None), ("g3", members, 403, None)),
        *(("g4", "/groups/g4", 200, {"id": "g4", "visibility": "HiddenMembership"}), ("g4", members, 200, empty)),
        *(("g5", "/groups/g5", 200, {"id": "g5", "visibility": None}), ("g5", members, 200, empty)),
        *(("g6", "/groups/g6", 200, {"id": "g6"}), ("g6", members, 200, empty)),
    )
    assert [(r.group_id, r.readable, r.application_ids) for r in rows] == [
        ("g1", True, ("sp1",)), ("g2", True, ()), ("g3", False, ()), ("g4", False, ()), ("g5", True, ()), ("g6", False, ()),
    ]  # fmt: skip


def test_names_of_applications_lose_addresses_and_credentials_lose_everything_but_dates() -> None:
    """An application may be named after a person's address; a certificate's key must never be kept."""
    key = {
        "keyId": "k",
        "startDateTime": None,
        "endDateTime": "2027-01-01T00:00:00Z",
        "key": "MIIC",
        "customKeyIdentifier": "A1",
        "hint": "abc",
        "usage": "Verify",
    }
    row = {
        **FACTS["service_principals"].sample[0],
        "appDisplayName": f"Backup for {SENTINEL}",
        "keyCredentials": [key],
        "notes": "call 555-0100",
        "replyUrls": [],
    }
    (page,) = stored("service_principals", {"value": [row]})
    assert page["value"][0]["appDisplayName"] == "Backup for (address)"
    assert page["value"][0]["keyCredentials"] == [{"keyId": "k", "startDateTime": None, "endDateTime": "2027-01-01T00:00:00Z"}]
    assert "notes" not in page["value"][0]


def test_scopes_inside_exchange_are_kept_as_a_yes_or_no() -> None:
    """The name of a group of mailboxes is nobody's business; a null row means that there is nothing."""
    row = {
        "Role": "Application Mail.Read",
        "App": "sp1",
        "CustomResourceScope": "Dr. Quill's inbox",
        "RecipientAdministrativeUnitScope": "",
        "Enabled": True,
        "Name": "x",
    }
    body = {"value": [row, None], "@adminapi.warnings": []}
    assert "Quill" not in json.dumps(stored("exchange_application_roles", body))
    (read_row,) = reading("exchange_application_roles", ("", "Get-ManagementRoleAssignment", 200, body))
    assert (read_row.custom_resource_scope, read_row.recipient_administrative_unit_scope) == ("scoped", None)


def test_mailboxes_lose_their_names_and_share_what_they_have_in_common() -> None:
    """A hundred thousand mailboxes have the same audit actions; each text is held once."""
    row = {
        **FACTS["mailbox_safeguards"].sample[0],
        "DisplayName": "Somebody",
        "PrimarySmtpAddress": SENTINEL,
        "AuditLogAgeLimit@data.type": "System.String",
    }
    body = {"value": [row, json.loads(json.dumps(row))]}
    assert SENTINEL not in json.dumps(stored("mailbox_safeguards", body))
    one, two = reading("mailbox_safeguards", ("", "Get-Mailbox", 200, body))
    assert one.audit_admin[3] is two.audit_admin[3]


def test_people_who_may_join_devices_are_not_stored() -> None:
    """Only the kind of the choice is judged."""
    chosen = {"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": ["u1"], "groups": ["g1"]}
    sample = FACTS["device_registration_policy"].sample
    body = {**sample, "id": "deviceRegistrationPolicy", "azureADJoin": {**sample["azureADJoin"], "allowedToJoin": chosen}}
    (kept,) = stored("device_registration_policy", body)
    assert kept["azureADJoin"]["allowedToJoin"] == {"@odata.type": chosen["@odata.type"]}
