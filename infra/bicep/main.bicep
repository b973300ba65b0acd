// One deployment is one tenant's scanner: a resource group with everything in it. `azd up` runs this file (docs/OPERATIONS.md).
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of this deployment, such as riverbend-prod. It becomes part of the resource group name and of the names in it.')
param environmentName string

@minLength(1)
@description('Azure region. It must offer Flex Consumption with Python 3.13: az functionapp list-flexconsumption-locations.')
param location string

@description('Name of the resource group; it is created when it does not exist.')
param resourceGroupName string = 'rg-hipaa-${environmentName}'

@description('Id of the Microsoft 365 tenant that is scanned. The identity that scans lives in the tenant of the subscription, so the two must be the same.')
param tenantId string = subscription().tenantId

@maxLength(120)
@description('What the people of the tenant call their organisation; shown in the report.')
param tenantName string

@description('When the nightly scan starts: second minute hour day month weekday, in UTC.')
param scanSchedule string = '0 0 3 * * *'

@description('How long a run may take, HH:MM:SS; a run that takes longer is ended and recorded as failed.')
param runBudget string = '04:00:00'

@allowed(['public', 'usgov', 'dod', 'china'])
@description('The Microsoft cloud of the tenant.')
param cloud string = 'public'

@allowed(['auto', 'snapshot', 'admin_rest'])
@description('Where Exchange, Purview and Teams settings are read: supported snapshots, the administration interfaces, or each where it has the fact.')
param workloadSource string = 'auto'

@description('Operator choices for controls within their bounds, such as {"global_administrators_are_few": {"max": 3}}.')
param controlParameters object = {}

@description('Controls that are switched off, each with its reason; the report shows them.')
param disabledControls object = {}

@description('Application (client) id of the console registration made by graph/console.bicep; empty: nobody can sign in, keys and links work.')
param consoleClientId string = ''

@description('Address of the SharePoint admin centre; empty leaves the SharePoint administration interface off, because its permission is far more than reading.')
param sharePointAdminUrl string = ''

@description('DNS servers asked for mail records, separated by commas; empty uses the ones of the product.')
param dnsServers string = ''

@minValue(2192)
@maxValue(146000)
@description('Days that evidence cannot be changed or deleted. HIPAA asks for six years (45 CFR 164.316(b)(2)(i)), which is 2,192 days.')
param retentionDays int = 2192

@description('ONE WAY. false: an administrator of the subscription can still shorten the retention. true: nobody can, Microsoft included, and the account cannot be deleted while it holds evidence. Allowed from the second deployment on.')
param lockEvidence bool = false

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('How evidence is replicated. Standard_ZRS survives the loss of a zone; take Standard_GRS where the region has no zones.')
param evidenceRedundancy string = 'Standard_ZRS'

@minValue(30)
@maxValue(730)
@description('Days that logs can be queried. The record of who touched evidence is kept for seven years whatever this says.')
param logRetentionDays int = 90

@description('Addresses that are written to when a scan failed or is overdue, or when evidence or the key was touched. At least one: an alert that nobody gets is none.')
@minLength(1)
param alertEmails array

@description('true: storage and Key Vault answer only inside a virtual network, and packages are handed out through the app (25 MB; larger ones in parts).')
param privateNetwork bool = false

@description('true: an Event Grid topic for those who want events pushed. The storage queue scan-events is always there.')
param eventGrid bool = false

@description('true: a Logic App that tells people when a scan got worse or failed; it is deployed disabled (docs/LOGIC-APPS.md).')
param sampleLogicApp bool = false

@allowed(['teams', 'mail'])
@description('Where the Logic App tells: a Teams channel or mail.')
param logicAppTell string = 'teams'

@description('Id of the team, when it tells a Teams channel.')
param logicAppTeamId string = ''

@description('Id of the channel, when it tells a Teams channel.')
param logicAppChannelId string = ''

@description('Addresses with semicolons between, when it tells by mail.')
param logicAppMailTo string = ''

@description('true: the Logic App works. Set it after its connection was authorised in the portal.')
param logicAppEnabled bool = false

@description('Tags on every resource.')
param tags object = {}

var allTags = union(tags, { 'azd-env-name': environmentName, product: 'hipaa-m365-scanner' })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module scanner 'resources.bicep' = {
  name: 'scanner'
  scope: group
  params: {
    token: toLower(uniqueString(subscription().id, environmentName, location))
    location: location
    tags: allTags
    tenantId: tenantId
    tenantName: tenantName
    scanSchedule: scanSchedule
    runBudget: runBudget
    cloud: cloud
    workloadSource: workloadSource
    controlParameters: controlParameters
    disabledControls: disabledControls
    consoleClientId: consoleClientId
    sharePointAdminUrl: sharePointAdminUrl
    dnsServers: dnsServers
    retentionDays: retentionDays
    lockEvidence: lockEvidence
    evidenceRedundancy: evidenceRedundancy
    logRetentionDays: logRetentionDays
    alertEmails: alertEmails
    privateNetwork: privateNetwork
    eventGrid: eventGrid
    sampleLogicApp: sampleLogicApp
    logicAppTell: logicAppTell
    logicAppTeamId: logicAppTeamId
    logicAppChannelId: logicAppChannelId
    logicAppMailTo: logicAppMailTo
    logicAppEnabled: logicAppEnabled
  }
}

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The function app.')
output FUNCTION_APP_NAME string = scanner.outputs.functionAppName

@description('Where the app answers.')
output FUNCTION_APP_URL string = scanner.outputs.functionAppUrl

@description('Object id of the identity that scans: what the grants are given to.')
output SCANNER_PRINCIPAL_ID string = scanner.outputs.scannerPrincipalId

@description('Application (client) id of the identity that scans.')
output SCANNER_CLIENT_ID string = scanner.outputs.scannerClientId

@description('The evidence account.')
output EVIDENCE_ACCOUNT string = scanner.outputs.evidenceAccountName

@description('Address of the signing key, without version. Its public part, and the key id that auditors compare, are at GET /api/v1/keys.')
output SIGNING_KEY_ID string = scanner.outputs.signingKeyUri

@description('Address of the signing key with the version that signs first. Write it down with the key id: it is the root of trust.')
output SIGNING_KEY_VERSION string = scanner.outputs.signingKeyUriWithVersion
