// Tells people in a Teams channel or by mail when a scan got worse, failed or is overdue, or a statement ends (docs/LOGIC-APPS.md).
// Part of main.bicep with sampleLogicApp, or alone: az deployment group create -g GROUP -f infra/bicep/logicapp.bicep -p evidenceAccountName=... functionAppUrl=...
@description('Name of the evidence account: the output EVIDENCE_ACCOUNT of the deployment.')
param evidenceAccountName string

@description('Where the function app answers, without a slash at the end: the output FUNCTION_APP_URL of the deployment. People are sent there.')
param functionAppUrl string

@description('Unique part of the names; that of the evidence account, so that a deployment alone finds what main.bicep made.')
param token string = replace(evidenceAccountName, 'stevidence', '')

@description('Azure region.')
param location string = resourceGroup().location

@description('Tags.')
param tags object = {}

@allowed(['teams', 'mail'])
@description('Where it tells: a Teams channel, or a mail from the mailbox of the person who authorises the connection.')
param tell string = 'teams'

@description('For teams: id of the team (groupId in the link to the channel).')
param teamId string = ''

@description('For teams: id of the channel, such as 19:...@thread.tacv2, decoded.')
param channelId string = ''

@description('For mail: the addresses, with semicolons between.')
param mailTo string = ''

@description('true: it works. Set it after a person has authorised the connection; before that every message would fail.')
param enabled bool = false

// Only the chosen connection is made and named in the definition; one that is named and missing would be refused. union() merges nested objects.
var connector = tell == 'teams' ? 'teams' : 'office365'
var target = tell == 'teams' ? { teamId: { value: teamId }, channelId: { value: channelId } } : { mailTo: { value: mailTo } }
var addressed = tell == 'teams' ? !empty(teamId) && !empty(channelId) : !empty(mailTo)
var flowBase = loadJsonContent('logicapp.json')
var tellings = loadJsonContent('logicapp.tell.json')
var telling = tell == 'teams' ? tellings.teams : tellings.mail

resource evidence 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: evidenceAccountName
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: evidence
  name: 'default'
}

resource events 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = {
  parent: queueService
  name: 'scan-events'
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: evidence
  name: 'default'
}

resource results 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = {
  parent: tableService
  name: 'Results'
}

resource queueConnection 'Microsoft.Web/connections@2016-06-01' = {
  name: 'con-hipaa-queue-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'scan-events'
    api: { id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azurequeues') }
    #disable-next-line BCP037 BCP089 // not in the published types; the service takes it, and it is how a connection uses a managed identity
    parameterValueSet: { name: 'managedIdentityAuth', values: {} }
  }
}

// Neither connector takes a managed identity: a person authorises this connection once, in the portal.
resource tellConnection 'Microsoft.Web/connections@2016-06-01' = {
  name: 'con-hipaa-${tell}-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'HIPAA scan: ${tell}'
    api: { id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, connector) }
  }
}

resource flow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: 'logic-hipaa-${token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: enabled && addressed ? 'Enabled' : 'Disabled'
    definition: union(flowBase, telling)
    parameters: union(target, {
      '$connections': {
        value: {
          azurequeues: {
            id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azurequeues')
            connectionId: queueConnection.id
            connectionName: queueConnection.name
            connectionProperties: { authentication: { type: 'ManagedServiceIdentity' } }
          }
          '${connector}': {
            id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, connector)
            connectionId: tellConnection.id
            connectionName: tellConnection.name
          }
        }
      }
      account: { value: evidence.name }
      tableAddress: { value: evidence.properties.primaryEndpoints.table }
      functionAppUrl: { value: functionAppUrl }
    })
  }
}

resource readsEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(events.id, flow.id, '8a0f0c08-91a1-4084-bc3d-661d67233fed')
  scope: events
  properties: {
    description: 'Take messages (Storage Queue Data Message Processor)'
    principalId: flow.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8a0f0c08-91a1-4084-bc3d-661d67233fed')
  }
}

resource readsResults 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(results.id, flow.id, '76199698-9eea-4c19-bc75-cec21354c6b6')
  scope: results
  properties: {
    description: 'Read results (Storage Table Data Reader)'
    principalId: flow.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '76199698-9eea-4c19-bc75-cec21354c6b6')
  }
}

@description('Name of the workflow.')
output workflowName string = flow.name

@description('Name of the connection that a person authorises in the portal.')
output connectionName string = tellConnection.name

@description('Enabled, or Disabled until enabled is true and the channel or the addresses are given.')
output state string = enabled && addressed ? 'Enabled' : 'Disabled'
