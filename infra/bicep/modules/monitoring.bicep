// Logs and who is told. Nothing here accepts a key: telemetry is sent with the scanner's identity.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Days that logs can be queried.')
param logRetentionDays int

@description('Addresses that alerts are sent to.')
param alertEmails array

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-hipaa-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
    // A scan writes a few megabytes; a fault that logs in a loop must not become a bill.
    workspaceCapping: { dailyQuotaGb: 1 }
  }
}

// Who touched evidence or the key is kept as long as the evidence. 2,556 is the step above six years that the service offers.
var lastingTables = ['StorageBlobLogs', 'StorageTableLogs', 'AZKVAuditLogs']

@batchSize(1) // a workspace takes one change of its tables at a time
resource lasting 'Microsoft.OperationalInsights/workspaces/tables@2023-09-01' = [
  for table in lastingTables: {
    parent: workspace
    name: table
    properties: { retentionInDays: logRetentionDays, totalRetentionInDays: 2556 }
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-hipaa-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    DisableIpMasking: false
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-hipaa-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'hipaa-scan'
    enabled: true
    emailReceivers: [
      for (address, number) in alertEmails: { name: 'person-${number}', emailAddress: trim(address), useCommonAlertSchema: true }
    ]
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Name of the Application Insights component.')
output insightsName string = insights.name

@description('Resource id of the action group.')
output actionGroupId string = people.id
