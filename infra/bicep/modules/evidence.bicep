// The evidence account. Whatever is put here cannot be changed or deleted for `retentionDays`; tables and the queue hold what can be rebuilt from it.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Replication.')
param redundancy string

@description('Days that no version of a blob can be changed or deleted.')
param retentionDays int

@description('ONE WAY: lock the retention. Azure accepts it only for an account that exists with the unlocked policy.')
param lockEvidence bool

@description('Whether only the virtual network may reach it.')
param privateNetwork bool

@description('Workspace that learns of every access.')
param workspaceId string

// The names are those that reporting/storage and function_app.py use; a test compares them.
var containerNames = ['evidence', 'runs', 'attestations', 'statements']
var tableNames = ['Runs', 'Results', 'Statements', 'Exceptions', 'AuditorLinks', 'AccessLog', 'Events']

resource evidence 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stevidence${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    // Lifecycle rules come from a trusted service of Azure, which a closed firewall would keep out; it needs no role of ours and reads nothing.
    networkAcls: { bypass: 'AzureServices', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
    sasPolicy: { sasExpirationPeriod: '00.00:15:00', expirationAction: 'Block' }
    // Can be switched on only when the account is made, and is inherited by every container.
    immutableStorageWithVersioning: {
      enabled: true
      immutabilityPolicy: {
        immutabilityPeriodSinceCreationInDays: retentionDays
        state: lockEvidence ? 'Locked' : 'Unlocked'
        allowProtectedAppendWrites: false
      }
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: { blob: { enabled: true }, table: { enabled: true, keyType: 'Account' }, queue: { enabled: true, keyType: 'Account' } }
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: evidence
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: 90, allowPermanentDelete: false }
    containerDeleteRetentionPolicy: { enabled: true, days: 90 }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for name in containerNames: {
    parent: blobs
    name: name
    properties: { publicAccess: 'None' }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: evidence
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [
  for name in tableNames: {
    parent: tableService
    name: name
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: evidence
  name: 'default'
}

resource events 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = {
  parent: queueService
  name: 'scan-events'
}

// Only moves between tiers; nothing is ever deleted by rule. What is read daily is younger than a month.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: evidence
  name: 'default'
  dependsOn: [blobs]
  properties: {
    policy: {
      rules: [
        {
          name: 'cool-after-a-month'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['evidence/', 'attestations/'] }
            actions: {
              baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 30 }, tierToCold: { daysAfterModificationGreaterThan: 120 } }
              version: { tierToCool: { daysAfterCreationGreaterThan: 30 }, tierToCold: { daysAfterCreationGreaterThan: 120 } }
            }
          }
        }
      ]
    }
  }
}

resource blobAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'access'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

resource tableAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'access'
  scope: tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

resource queueAccess 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'access'
  scope: queueService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

@description('Name of the account.')
output name string = evidence.name

@description('Resource id of the account.')
output id string = evidence.id

@description('Blob, queue and table addresses.')
output endpoints object = evidence.properties.primaryEndpoints
