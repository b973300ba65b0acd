"""Permissions, directory roles and plans as data: what the scanner must be granted and what a tenant must have bought.

Application role ids: https://learn.microsoft.com/graph/permissions-reference ; service plan ids:
https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
"""

from dataclasses import dataclass
from typing import Literal

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT_ONLINE = "00000003-0000-0ff1-ce00-000000000000"
ENTRA = "entra"


@dataclass(frozen=True, slots=True)
class Permission:
    """An application permission of a resource, or (resource `entra`) a directory role that the identity must hold."""

    name: str
    id: str
    resource: str = GRAPH

    @property
    def kind(self) -> Literal["application permission", "directory role"]:
        """How it is granted."""
        return "directory role" if self.resource == ENTRA else "application permission"


@dataclass(frozen=True, slots=True)
class Plan:
    """A service plan inside the SKUs that a tenant subscribes to."""

    name: str
    id: str
    title: str
    family: str = ""  # "any plan of this workload": a text in the service plan's name, because every cloud and edition has its own ids


POLICY_READ_ALL = Permission("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68")
POLICY_READ_AUTHENTICATION_METHOD = Permission("Policy.Read.AuthenticationMethod", "8e3bc81b-d2f3-4b7b-838c-32c88218d2f0")
POLICY_READ_PERMISSION_GRANT = Permission("Policy.Read.PermissionGrant", "9e640839-a198-48fb-8b9a-013fd6f6cbcd")
POLICY_READ_DEVICE_CONFIGURATION = Permission("Policy.Read.DeviceConfiguration", "bdba4817-6ba1-4a7c-8a01-be9bc7c242dd")
GROUP_MEMBER_READ_ALL = Permission("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6")
GROUP_SETTINGS_READ_ALL = Permission("GroupSettings.Read.All", "f3c4f514-c65a-43f5-bfce-1735872258dd")
MEMBER_READ_HIDDEN = Permission("Member.Read.Hidden", "658aa5d8-239f-45c4-aa12-864f4fc7e490")  # in remedies alone: few tenants hide memberships
USER_READ_ALL = Permission("User.Read.All", "df021288-bdef-4463-88db-98f22de89214")
AUDIT_LOG_READ_ALL = Permission("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da")
APPLICATION_READ_ALL = Permission("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30")
ORGANIZATION_READ_ALL = Permission("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6")
LICENSE_ASSIGNMENT_READ_ALL = Permission("LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1")
ROLE_MANAGEMENT_READ_DIRECTORY = Permission("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c")
DOMAIN_READ_ALL = Permission("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664")
ACCESS_REVIEW_READ_ALL = Permission("AccessReview.Read.All", "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa")
ATTACK_SIMULATION_READ_ALL = Permission("AttackSimulation.Read.All", "93283d0a-6322-4fa8-966b-8c121624760d")
AUDIT_LOGS_QUERY_READ_ALL = Permission("AuditLogsQuery.Read.All", "5e1e9171-754d-478c-812c-f1755a9a4c2d")
BACKUP_RESTORE_CONFIGURATION_READ_ALL = Permission("BackupRestore-Configuration.Read.All", "5fbb5982-3230-4882-93c0-2167523ce0c2")
BACKUP_RESTORE_RESTORE_READ_ALL = Permission("BackupRestore-Restore.Read.All", "87853aa5-0372-4710-b34b-cef27bb7156e")
BITLOCKER_KEY_READ_BASIC_ALL = Permission("BitlockerKey.ReadBasic.All", "f690d423-6b29-4d04-98c6-694c42282419")
CHANNEL_READ_BASIC_ALL = Permission("Channel.ReadBasic.All", "59a6b24b-4225-4393-8165-ebaec5f55d7a")
CHANNEL_MEMBER_READ_ALL = Permission("ChannelMember.Read.All", "3b55498e-47ec-484f-8136-9013221c06a9")
CONFIGURATION_MONITORING_READ_WRITE_ALL = Permission("ConfigurationMonitoring.ReadWrite.All", "cfa85bfb-2ee8-4e13-8e7f-489e57a015a1")
CONSENT_REQUEST_READ_ALL = Permission("ConsentRequest.Read.All", "1260ad83-98fb-4785-abbb-d6cc1806fd41")
DEVICE_READ_ALL = Permission("Device.Read.All", "7438b122-aefc-4978-80ed-43db9fcc7715")
DEVICE_MANAGEMENT_APPS_READ_ALL = Permission("DeviceManagementApps.Read.All", "7a6ee1e7-141e-4cec-ae74-d9db155731ff")
DEVICE_MANAGEMENT_CONFIGURATION_READ_ALL = Permission("DeviceManagementConfiguration.Read.All", "dc377aa6-52d8-4e23-b271-2a7ae04cedf3")
DEVICE_MANAGEMENT_MANAGED_DEVICES_READ_ALL = Permission("DeviceManagementManagedDevices.Read.All", "2f51be20-0bb4-4fed-bf7b-db946066c75e")
DEVICE_MANAGEMENT_SERVICE_CONFIG_READ_ALL = Permission("DeviceManagementServiceConfig.Read.All", "06a5fe6d-c49d-46a7-b082-56b1b14103c7")
DIRECTORY_READ_ALL = Permission("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61")
DOMAIN_INTERNAL_FEDERATION_READ_ALL = Permission("Domain-InternalFederation.Read.All", "c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5")
IDENTITY_RISKY_USER_READ_ALL = Permission("IdentityRiskyUser.Read.All", "dc5007c0-2d7d-4c42-879c-2dab87571379")
ORG_SETTINGS_APPS_AND_SERVICES_READ_ALL = Permission("OrgSettings-AppsAndServices.Read.All", "56c84fa9-ea1f-4a15-90f2-90ef41ece2c9")
PRIVILEGED_ASSIGNMENT_SCHEDULE_READ_GROUP = Permission("PrivilegedAssignmentSchedule.Read.AzureADGroup", "cd4161cb-f098-48f8-a884-1eda9a42434c")
PRIVILEGED_ELIGIBILITY_SCHEDULE_READ_GROUP = Permission("PrivilegedEligibilitySchedule.Read.AzureADGroup", "edb419d6-7edc-42a3-9345-509bfdf5d87c")
ROLE_ASSIGNMENT_SCHEDULE_READ_DIRECTORY = Permission("RoleAssignmentSchedule.Read.Directory", "d5fe8ce8-684c-4c83-a52c-46e882ce4be1")
ROLE_ELIGIBILITY_SCHEDULE_READ_DIRECTORY = Permission("RoleEligibilitySchedule.Read.Directory", "ff278e11-4a33-4d0c-83d2-d01dc58929a5")
SECURITY_ALERT_READ_ALL = Permission("SecurityAlert.Read.All", "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5")
SECURITY_EVENTS_READ_ALL = Permission("SecurityEvents.Read.All", "bf394140-e372-4bf9-a898-299cfc7564e5")
SECURITY_INCIDENT_READ_ALL = Permission("SecurityIncident.Read.All", "45cc0394-e837-488b-a098-1918f48d186c")
SENSITIVITY_LABELS_READ_ALL = Permission("SensitivityLabels.Read.All", "e46a01e9-b2cf-4d89-8424-bcdc6dd445ab")
SHAREPOINT_TENANT_SETTINGS_READ_ALL = Permission("SharePointTenantSettings.Read.All", "83d4163d-a2d8-4d3b-9695-4ae3ca98f888")
TEAM_READ_BASIC_ALL = Permission("Team.ReadBasic.All", "2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e")
TEAM_SETTINGS_READ_ALL = Permission("TeamSettings.Read.All", "242607bd-1d2c-432c-82eb-bdb27baa23ab")
TEAMS_USER_CONFIGURATION_READ_ALL = Permission("TeamsUserConfiguration.Read.All", "a91eadaf-2c3c-4362-908b-fb172d208fc6")
USER_LIFE_CYCLE_INFO_READ_ALL = Permission("User-LifeCycleInfo.Read.All", "8556a004-db57-4d7a-8b82-97a13428e96f")
USER_AUTHENTICATION_METHOD_READ_ALL = Permission("UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f")
EXCHANGE_MANAGE_AS_APP = Permission("Exchange.ManageAsApp", "dc50a0fb-09a3-484d-be87-e023b12c6440", EXCHANGE_ONLINE)
SITES_FULL_CONTROL_ALL = Permission(
    "Sites.FullControl.All", "678536fe-1083-478a-9c59-b99265e6b0d3", SHAREPOINT_ONLINE
)  # far more than reading: off by default

# Directory roles by template id: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
GLOBAL_READER = Permission("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451", ENTRA)
SECURITY_READER = Permission("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509", ENTRA)
TEAMS_READER = Permission("Teams Reader", "1076ac91-f3d9-41a7-a339-dcdf5f480acc", ENTRA)

AAD_PREMIUM = Plan("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "Microsoft Entra ID P1")
AAD_PREMIUM_P2 = Plan("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998", "Microsoft Entra ID P2")
ATP_ENTERPRISE = Plan("ATP_ENTERPRISE", "f20fedf3-f3c3-43c3-8267-2bfdd51c0939", "Defender for Office 365 Plan 1")
BPOS_S_DLP_ADD_ON = Plan("BPOS_S_DlpAddOn", "9bec7e34-c9fa-40b7-a9d1-bd6d1165c7ed", "Exchange Online data loss prevention")
COMMUNICATIONS_DLP = Plan("COMMUNICATIONS_DLP", "6dc145d6-95dd-4191-b9c3-185575ee6f6b", "data loss prevention for Teams")
CUSTOMER_KEY = Plan("CUSTOMER_KEY", "6db1f1db-2b46-403f-be40-e39395f08dbb", "Customer Key")
EXCHANGE_S_ENTERPRISE = Plan("EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0", "Exchange Online Plan 2")
INFO_GOVERNANCE = Plan("INFO_GOVERNANCE", "e26c2fcc-ab91-4a61-b35c-03cdc8dddf66", "Purview data lifecycle management")
INSIDER_RISK = Plan("INSIDER_RISK", "d587c7a3-bda9-4f99-8776-9bcf59c84f75", "Purview insider risk")
INSIDER_RISK_MANAGEMENT = Plan("INSIDER_RISK_MANAGEMENT", "9d0c4ee5-e4a1-4625-ab39-d82b619b1a34", "Purview insider risk management")
INTUNE_A = Plan("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "Microsoft Intune Plan 1")
M365_ADVANCED_AUDITING = Plan("M365_ADVANCED_AUDITING", "2f442157-a11c-46b9-ae5b-6e39ff4e5849", "Purview Audit (Premium)")
MDE_LITE = Plan("MDE_LITE", "292cc034-7b7c-4950-aaf5-943befd3f1d4", "Defender for Endpoint Plan 1")
MDE_SMB = Plan("MDE_SMB", "bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4", "Defender for Business")
MIP_S_CLP1 = Plan("MIP_S_CLP1", "5136a095-5cf0-4aff-bec3-e84448b38ea5", "Purview Information Protection P1")
MIP_S_CLP2 = Plan("MIP_S_CLP2", "efb0351d-3b08-4503-993d-383af8de41e3", "Purview Information Protection P2")
PREMIUM_ENCRYPTION = Plan("PREMIUM_ENCRYPTION", "617b097b-4b93-4ede-83de-5f075bb5fb2f", "Advanced Message Encryption")
RECORDS_MANAGEMENT = Plan("RECORDS_MANAGEMENT", "65cc641f-cccd-4643-97e0-a17e3045e541", "Purview records management")
RMS_S_ENTERPRISE = Plan("RMS_S_ENTERPRISE", "bea4c11e-220a-4e6d-8eb8-8ea15d019f90", "Azure Rights Management")
SHAREPOINTENTERPRISE = Plan("SHAREPOINTENTERPRISE", "5dbe027f-2339-4123-9542-606e4d348a72", "SharePoint Plan 2")
SHAREPOINTSTANDARD = Plan("SHAREPOINTSTANDARD", "c7699d2e-19aa-44de-8edf-1736da088ca1", "SharePoint Plan 1")
TEAMS1 = Plan("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929", "Microsoft Teams")
THREAT_INTELLIGENCE = Plan("THREAT_INTELLIGENCE", "8e0c0a52-6a6c-4d40-8370-dd62790dcd70", "Defender for Office 365 Plan 2")
WINDEFATP = Plan("WINDEFATP", "871d91ec-ec1a-452b-a83f-bd76c7d770ef", "Defender for Endpoint Plan 2")
ENTRA_IDENTITY_GOVERNANCE = Plan("Entra_Identity_Governance", "e866a266-3cff-43a3-acca-0c90a7e00c8b", "Microsoft Entra ID Governance")

# Whole workloads. A family only ever finds a workload present; that a workload is absent needs every plan's name to be another.
ANY_EXCHANGE_ONLINE = Plan("any Exchange Online plan", "", "Exchange Online", family="EXCHANGE")
ANY_SHAREPOINT = Plan("any SharePoint plan", "", "SharePoint or OneDrive", family="SHAREPOINT")
ANY_TEAMS = Plan("any Teams plan", "", "Microsoft Teams", family="TEAMS")
