"""The words of the application controls: what a permission opens, what takes over, which entry counts, how long a policy lets live."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scanners import permissions
from scanners.applications import Holding, access_of, can_take_over, entry_is_valid, owner_of, takeover_permissions
from scanners.durations import iso_duration
from scanners.errors import Unrecognised
from scanners.facts import app_role_assignments, oauth2_permission_grants, service_principals
from scanners.facts.statements_agreements import BusinessAssociate
from scanners.health_data import opens_health_data
from scanners.permissions import ANY_EXCHANGE_ONLINE, ANY_SHAREPOINT, EXCHANGE_ONLINE, GRAPH, SHAREPOINT_ONLINE
from scanners.plans import has_plan
from scanners.reading import read_as
from scanners.scanner_permissions import manifest, only_reads

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TENANT = "99999999-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "name",
    [
        "Mail.Read", "mail.readbasic.all", "Mail.Send", "MailboxSettings.Read", "IMAP.AccessAsApp", "POP.AccessAsApp", "EWS.AccessAsUser.All", "SMTP.Send", "Calendars.Read",
        "Contacts.ReadWrite", "Files.ReadWrite.AppFolder", "Sites.Selected", "Notes.Read.All", "Chat.ReadBasic", "ChannelMessage.Read.All", "CallRecords.Read.All",
        "OnlineMeetingTranscript.Read.All", "Tasks.Read", "Group.Read.All", "Group.ReadWrite.All", "Directory.ReadWrite.All", "AllSites.FullControl", "BackupRestore-Control.ReadWrite.All",
        "eDiscovery.Read.All", "ActivityFeed.ReadDlp", "Bookings.Read.All", "BookingsAppointment.ReadWrite.All", "Content.SuperUser", "full_access_as_app", "Exchange.ManageAsApp",
        "ThreatHunting.Read.All", "AiEnterpriseInteraction.Read.All", "Calls.AccessMedia.All",
    ],
)  # fmt: skip
def test_permissions_on_content(name: str) -> None:
    """Whatever the case and whatever the service."""
    assert opens_health_data(name, GRAPH) is True
    assert opens_health_data(name.upper(), None) is True


@pytest.mark.parametrize(
    "name",
    ["User.Read", "User.Read.All", "Group.ReadBasic.All", "GroupMember.Read.All", "openid", "profile", "email", "offline_access", "Policy.Read.All", "Directory.Read.All", "Device.Read.All", "ActivityFeed.Read", ""],
)  # fmt: skip
def test_permissions_on_the_directory_only(name: str) -> None:
    """Names and settings are not content."""
    assert opens_health_data(name, GRAPH) is False


def test_acting_as_the_person_depends_on_the_service() -> None:
    """On Exchange and SharePoint it is content; on another service it is not; on one that is not known nobody can say."""
    assert opens_health_data("user_impersonation", EXCHANGE_ONLINE) is True
    assert opens_health_data("user_impersonation", SHAREPOINT_ONLINE.upper()) is True
    assert opens_health_data("user_impersonation", "797f4846-ba00-4fd7-ba43-dac1f8f63013") is False
    assert opens_health_data("user_impersonation", None) is None


def test_managing_own_applications_is_dangerous_only_in_company() -> None:
    """Alone it reaches what the application made itself."""
    own = Holding("Application.ReadWrite.OwnedBy", GRAPH, False)
    assert can_take_over((own,)) is False
    assert takeover_permissions((own, Holding("policy.readwrite.conditionalaccess", GRAPH, False))) == (
        "Application.ReadWrite.OwnedBy",
        "policy.readwrite.conditionalaccess",
    )


def test_only_application_permissions_on_graph_take_over() -> None:
    """The same name in a person's name needs that person's roles, and on another service means another thing."""
    assert can_take_over((Holding("Domain.ReadWrite.All", GRAPH, True), Holding("Domain.ReadWrite.All", EXCHANGE_ONLINE, False))) is False
    assert can_take_over((Holding(None, GRAPH, False),)) is None
    assert can_take_over((Holding(None, EXCHANGE_ONLINE, False),)) is False


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"reviewed_on": "2025-11-24"}, True),  # 365 days before
        ({"reviewed_on": "2025-11-23"}, False),
        ({"reviewed_on": "2026-11-25"}, False),  # tomorrow
        ({"baa_signed_on": "2026-11-24"}, True),
        ({"baa_signed_on": "2026-11-25"}, False),
        ({"baa_signed_on": None}, False),
        ({"baa_until": "2026-11-24"}, False),  # has ended when the day begins
        ({"baa_until": "2026-11-25"}, True),
        ({"clauses_complete": False}, False),
        ({"handles_phi": False, "baa_signed_on": None, "clauses_complete": False}, True),
        ({"handles_phi": False, "reviewed_on": "2024-01-01"}, False),
    ],
)
def test_an_entry_of_the_register_on_its_first_and_last_day(changes: dict[str, Any], valid: bool) -> None:
    """Reviewed within a year; with ePHI a signed and complete agreement that has not ended."""
    entry = {"name": "Harbor", "app_ids": ["f1"], "domains": [], "tenant_ids": [], "handles_phi": True, "baa_signed_on": "2026-01-01", "baa_until": None, "subcontractor": False, "clauses_complete": True, "reviewed_on": "2026-06-01"}  # fmt: skip
    assert entry_is_valid(read_as(BusinessAssociate, {**entry, **changes}), AT) is valid


@pytest.mark.parametrize(
    ("organisation", "kind", "owner"),
    [
        ("72F988BF-86F1-41AF-91AB-2D7CD011DB47", "Application", "first party"),
        (TENANT.upper(), "Application", "own"),
        ("eeeeeeee-0000-4000-8000-000000000002", "Application", "foreign"),
        ("eeeeeeee-0000-4000-8000-000000000002", "ManagedIdentity", "foreign"),
        (None, "ManagedIdentity", "own"),
        (None, "Legacy", "own"),
        (None, "Application", None),
        (None, "SocialIdp", None),
    ],
)
def test_whose_an_application_is(organisation: str | None, kind: str, owner: str | None) -> None:
    """By its organisation; without one only managed identities and legacy principals are surely the tenant's own."""
    row = {**service_principals.fact.sample[0], "appOwnerOrganizationId": organisation, "servicePrincipalType": kind}
    assert owner_of(read_as(service_principals.ServicePrincipal, row), TENANT) == owner


def test_what_an_application_holds_is_joined_whatever_the_case() -> None:
    """Ids compare in lower case; blanks in a scope are not permissions; people are counted on the service where most allowed it."""
    (application,) = read_as(service_principals.fact.reading, [{**service_principals.fact.sample[0], "id": "SP1"}])
    role = read_as(app_role_assignments.AppRoleAssignment, {**app_role_assignments.fact.sample[0], "principalId": "sp1"})
    grant = {"clientId": "sp1", "consentType": "Principal", "resourceId": "r1", "scope": "  User.Read  Mail.Read "}
    shape = oauth2_permission_grants.shape
    access = access_of((application,), (role,), shape([grant, {**grant, "scope": "Mail.Send"}, {**grant, "resourceId": "r2"}]))
    assert [held.permission for held in access.delegated_permissions(application)] == [
        "User.Read",
        "Mail.Read",
        "Mail.Send",
        "User.Read",
        "Mail.Read",
    ]
    assert [held.permission for held in access.application_permissions(application)] == ["Mail.Read"]
    assert access.people(application) == 2
    assert access_of((application,), (), shape([{**grant, "consentType": "AllPrincipals"}])).people(application) == "everybody"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P180D", timedelta(days=180)), ("P6M", timedelta(days=180)), ("P1Y", timedelta(days=365)), ("P2W", timedelta(days=14)), ("PT12H", timedelta(hours=12)),
        ("P1Y2M3DT4H5M6.5S", timedelta(days=428, hours=4, minutes=5, seconds=6.5)),
    ],
)  # fmt: skip
def test_lengths_of_time(text: str, length: timedelta) -> None:
    """As the service's own runtime converts them."""
    assert iso_duration(text) == length


@pytest.mark.parametrize("text", ["soon", "", "P", "PT", "180", "-P180D", "P180", "P1.5D"])
def test_what_is_no_length_of_time(text: str) -> None:
    """Not guessed at."""
    with pytest.raises(Unrecognised):
        iso_duration(text)


def test_every_permission_that_the_product_declares_only_reads() -> None:
    """The manifest judges itself: but for those that are allowed by name, nothing in it writes, sends, controls or opens content."""
    ours = {(service, name) for service, names in manifest().items() for name in names}
    sample = app_role_assignments.fact.sample[0]
    rows = [read_as(app_role_assignments.AppRoleAssignment, {**sample, "resourceAppId": service, "permission": name}) for service, name in ours]
    refused = {row.permission for row in rows if not only_reads(row, frozenset())}
    assert refused == {"ConfigurationMonitoring.ReadWrite.All", "Sites.FullControl.All"}
    assert permissions.GLOBAL_READER.name not in {name for _, name in ours}, "a directory role is no application permission"


def test_a_workload_is_absent_only_when_no_plan_is_of_its_family() -> None:
    """Editions for government, schools and front lines have ids of their own; a name is enough to find the workload present."""
    from scanners.facts import subscribed_skus

    def skus(*names: str, status: str = "Success") -> Any:
        plans = [{"servicePlanId": f"id-{n}", "servicePlanName": n, "provisioningStatus": status, "appliesTo": "User"} for n in names]
        return read_as(subscribed_skus.fact.reading, [{**subscribed_skus.SAMPLE[0], "servicePlans": plans}])

    assert has_plan(skus("EXCHANGE_S_STANDARD_GOV"), ANY_EXCHANGE_ONLINE) is True
    assert has_plan(skus("SHAREPOINTDESKLESS"), ANY_SHAREPOINT) is True
    assert has_plan(skus("AAD_PREMIUM", "INTUNE_A"), ANY_EXCHANGE_ONLINE, ANY_SHAREPOINT) is False
    assert has_plan(skus("EXCHANGE_S_STANDARD", status="Disabled"), ANY_EXCHANGE_ONLINE) is False
    assert has_plan(skus("EXCHANGE_S_STANDARD", status="Brand new"), ANY_EXCHANGE_ONLINE) is None
