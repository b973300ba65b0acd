// Five alarms. They look at logs that the app cannot change: one that waits for a new attestation fires even when the app is gone.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Workspace with the logs.')
param workspaceId string

@description('Who is told.')
param actionGroupId string

@description('Name of the evidence account.')
param evidenceAccountName string

// The texts are log messages of runs/steps.py and runs/shell.py; a test compares them.
var failedQuery = '''
union isfuzzy=true
    (AppTraces | where Message has "run ended failed" or Message matches regex "^(plan_run|close_run|fail_run) (could not be done|failed)"),
    (AppRequests | where Name == "daily_scan" and Success == false),
    (AppExceptions | where OperationName == "daily_scan")
'''

var unsignedQuery = '''
AppTraces
| where Message startswith "close_run could not be done: SigningError"
'''

// A signed run puts attestations/chain/{sequence}.json. 26 hours: a day, and two hours for a run that takes longer than the one before.
var overdueQuery = '''
StorageBlobLogs
| where TimeGenerated > ago(26h)
| where AccountName == "ACCOUNT" and OperationName == "PutBlob" and StatusCode == 201
| where Uri has "/attestations/chain/"
| summarize Signed = count()
'''

var deletionQuery = '''
union isfuzzy=true StorageBlobLogs, StorageTableLogs
| where AccountName == "ACCOUNT"
| where OperationName has_any ("DeleteBlob", "DeleteContainer", "DeleteTable", "DeleteEntity", "SetBlobExpiry", "DeleteBlobImmutabilityPolicy", "SetBlobImmutabilityPolicy", "SetBlobLegalHold")
'''

var keyQuery = '''
AZKVAuditLogs
| where OperationName in ("KeyDelete", "KeyPurge", "KeyUpdate", "KeyImport", "KeyBackup", "KeyRestore", "KeyRecover", "KeyRotate", "KeyCreate", "KeyRotationPolicySet", "VaultDelete", "VaultPatch", "VaultPut")
'''

var whenever = [
  {
    name: 'scan-failed'
    severity: 1
    query: failedQuery
    text: 'A scan could not be started, or ended without an attestation. GET /api/v1/runs names the reason; the evidence read so far is kept.'
  }
  {
    name: 'signature-failed'
    severity: 0
    query: unsignedQuery
    text: 'A run was judged and could not be signed. Look at the signing key, its access and its network; the run is not published.'
  }
  {
    name: 'evidence-deletion'
    severity: 0
    query: replace(deletionQuery, 'ACCOUNT', evidenceAccountName)
    text: 'Somebody tried to delete evidence or to change its retention, whether or not it worked. Nothing in this product does that.'
  }
  {
    name: 'signing-key-touched'
    severity: 0
    query: keyQuery
    text: 'The signing key or its vault was changed. Every two years this is the planned rotation; publish the new key id then.'
  }
]

resource alarms 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for alarm in whenever: {
    name: 'alert-${alarm.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'HIPAA scanner: ${alarm.name}'
      description: alarm.text
      severity: alarm.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT30M'
      autoMitigate: false
      // Tables appear with their first row; until then a query names what is not there yet.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alarm.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]

resource overdue 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: 'alert-scan-overdue-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'HIPAA scanner: scan-overdue'
    description: 'No signed attestation in 26 hours. Until one comes, readers are told that the latest is stale.'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT1H'
    windowSize: 'P1D'
    overrideQueryTimeRange: 'P2D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: replace(overdueQuery, 'ACCOUNT', evidenceAccountName)
          timeAggregation: 'Total'
          metricMeasureColumn: 'Signed'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}

// The same attempts made from the side of management, where storage logs do not see them.
var managed = [
  'Microsoft.Storage/storageAccounts/delete'
  'Microsoft.Storage/storageAccounts/blobServices/containers/delete'
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete'
  'Microsoft.Storage/storageAccounts/listKeys/action'
  'Microsoft.KeyVault/vaults/delete'
  'Microsoft.Authorization/roleAssignments/write'
  'Microsoft.Insights/diagnosticSettings/delete'
]

resource management 'Microsoft.Insights/activityLogAlerts@2020-10-01' = {
  name: 'alert-management-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The evidence account, the vault, their access or their logging was changed from the management side. A deployment does this too.'
    enabled: true
    scopes: [resourceGroup().id]
    condition: {
      allOf: [
        { field: 'category', equals: 'Administrative' }
        { anyOf: [for operation in managed: { field: 'operationName', equals: operation }] }
      ]
    }
    actions: { actionGroups: [{ actionGroupId: actionGroupId }] }
  }
}
