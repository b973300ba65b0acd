// Everything of one deployment, inside its resource group. Can be deployed alone into a group that exists (az deployment group create).
@minLength(13)
@maxLength(13)
@description('Unique part of the names: 13 letters and digits, so that the longest name (24) fits.')
param token string

@description('Azure region.')
param location string

@description('Tags on every resource.')
param tags object

@description('Id of the tenant that is scanned.')
param tenantId string

@description('What the people of the tenant call it.')
param tenantName string

@description('Six-field schedule, UTC.')
param scanSchedule string

@description('How long a run may take, HH:MM:SS.')
param runBudget string

@description('Microsoft cloud.')
param cloud string

@description('Where workload settings are read.')
param workloadSource string

@description('Operator choices for controls.')
param controlParameters object

@description('Controls that are off, with reasons.')
param disabledControls object

@description('Application id of the console registration, or empty.')
param consoleClientId string

@description('Address of the SharePoint admin centre, or empty.')
param sharePointAdminUrl string

@description('DNS servers, or empty.')
param dnsServers string

@description('Days that evidence cannot be changed or deleted.')
param retentionDays int

@description('ONE WAY: lock the retention (docs/OPERATIONS.md).')
param lockEvidence bool

@description('Replication of evidence.')
param evidenceRedundancy string

@description('Days that logs can be queried.')
param logRetentionDays int

@description('Addresses that alerts are sent to.')
param alertEmails array

@description('Whether storage and Key Vault answer only inside a virtual network.')
param privateNetwork bool

@description('Whether there is an Event Grid topic.')
param eventGrid bool

@description('Whether the Logic App is deployed.')
param sampleLogicApp bool

@description('Where the Logic App tells.')
param logicAppTell string

@description('Team that it tells, or empty.')
param logicAppTeamId string

@description('Channel that it tells, or empty.')
param logicAppChannelId string

@description('Addresses that it writes to, or empty.')
param logicAppMailTo string

@description('Whether the Logic App works.')
param logicAppEnabled bool

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: { token: token, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: { token: token, location: location, tags: tags, logRetentionDays: logRetentionDays, alertEmails: alertEmails }
}

module host 'modules/host-storage.bicep' = {
  name: 'host-storage'
  params: { token: token, location: location, tags: tags, privateNetwork: privateNetwork }
}

module evidence 'modules/evidence.bicep' = {
  name: 'evidence'
  params: {
    token: token
    location: location
    tags: tags
    redundancy: evidenceRedundancy
    retentionDays: retentionDays
    lockEvidence: lockEvidence
    privateNetwork: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: { token: token, location: location, tags: tags, privateNetwork: privateNetwork, workspaceId: monitoring.outputs.workspaceId }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: { token: token, location: location, tags: tags }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  params: {
    token: token
    location: location
    tags: tags
    networkId: network.?outputs.networkId ?? ''
    subnetId: network.?outputs.endpointSubnetId ?? ''
    hostAccountId: host.outputs.id
    evidenceAccountId: evidence.outputs.id
    vaultId: vault.outputs.id
  }
}

module events 'modules/events.bicep' = if (eventGrid) {
  name: 'events'
  params: { token: token, location: location, tags: tags, principalId: identity.outputs.principalId }
}

// Roles come before the app, because the platform fetches the package with them at once.
module access 'modules/access.bicep' = {
  name: 'access'
  params: {
    principalId: identity.outputs.principalId
    hostAccountName: host.outputs.name
    evidenceAccountName: evidence.outputs.name
    vaultName: vault.outputs.name
    keyName: vault.outputs.keyName
    insightsName: monitoring.outputs.insightsName
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  dependsOn: [access, endpoints]
  params: {
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostEndpoints: host.outputs.endpoints
    packageContainer: host.outputs.packageContainer
    evidenceEndpoints: evidence.outputs.endpoints
    signingKeyUri: vault.outputs.keyUri
    insightsName: monitoring.outputs.insightsName
    eventGridEndpoint: events.?outputs.endpoint ?? ''
    subnetId: network.?outputs.appSubnetId ?? ''
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
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
    evidenceAccountName: evidence.outputs.name
  }
}

module sample 'logicapp.bicep' = if (sampleLogicApp) {
  name: 'logic-app'
  params: {
    token: token
    location: location
    tags: tags
    evidenceAccountName: evidence.outputs.name
    functionAppUrl: app.outputs.url
    tell: logicAppTell
    teamId: logicAppTeamId
    channelId: logicAppChannelId
    mailTo: logicAppMailTo
    enabled: logicAppEnabled
  }
}

@description('Name of the function app.')
output functionAppName string = app.outputs.name

@description('Where the app answers.')
output functionAppUrl string = app.outputs.url

@description('Object id of the identity that scans.')
output scannerPrincipalId string = identity.outputs.principalId

@description('Application (client) id of the identity that scans.')
output scannerClientId string = identity.outputs.clientId

@description('Name of the evidence account.')
output evidenceAccountName string = evidence.outputs.name

@description('Address of the signing key.')
output signingKeyUri string = vault.outputs.keyUri

@description('Address of the signing key with its first version.')
output signingKeyUriWithVersion string = vault.outputs.keyUriWithVersion
