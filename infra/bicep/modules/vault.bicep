// The signing key. It is made in a hardware module and cannot leave it; the app can ask for signatures and nothing else.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Whether only the virtual network may reach it.')
param privateNetwork bool

@description('Workspace that learns of every use.')
param workspaceId string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-hipaa-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'premium' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    // Deployments reach the vault as a trusted service of Azure; roles are asked for all the same.
    networkAcls: { bypass: 'AzureServices', defaultAction: privateNetwork ? 'Deny' : 'Allow' }
  }
}

// An existing key is left as it is by later deployments, so `azd up` never replaces it.
resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' = {
  parent: vault
  name: 'attestation'
  tags: tags
  properties: {
    kty: 'EC-HSM'
    curveName: 'P-256'
    keyOps: ['sign', 'verify']
    attributes: { enabled: true, exportable: false }
    rotationPolicy: {
      attributes: { expiryTime: 'P3Y' }
      lifetimeActions: [
        { action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P2Y' } }
        { action: { type: 'notify' }, trigger: { timeBeforeExpiry: 'P60D' } }
      ]
    }
  }
}

resource uses 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'uses'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('Resource id of the vault.')
output id string = vault.id

@description('Name of the key.')
output keyName string = key.name

@description('Address of the key without version: the newest version signs.')
output keyUri string = key.properties.keyUri

@description('Address of the version that signs first.')
output keyUriWithVersion string = key.properties.keyUriWithVersion
