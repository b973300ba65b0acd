// A sample to start from: reads scan-events, fetches the failing controls of the run from the Results table, and stops there. Deployed disabled.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Name of the evidence account.')
param evidenceAccountName string

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

resource connection 'Microsoft.Web/connections@2016-06-01' = {
  name: 'con-hipaa-queue-${token}'
  location: location
  tags: tags
  properties: {
    displayName: 'scan-events'
    api: { id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azurequeues') }
    #disable-next-line BCP037 // not in the published types; the service takes it, and it is how a connection uses a managed identity
    parameterValueSet: { name: 'managedIdentityAuth', values: {} }
  }
}

resource flow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: 'logic-hipaa-${token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: 'Disabled'
    definition: loadJsonContent('logic-app.json')
    parameters: {
      '$connections': {
        value: {
          azurequeues: {
            id: subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azurequeues')
            connectionId: connection.id
            connectionName: connection.name
            connectionProperties: { authentication: { type: 'ManagedServiceIdentity' } }
          }
        }
      }
      account: { value: evidence.name }
      tableAddress: { value: evidence.properties.primaryEndpoints.table }
    }
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
