// Private addresses of both storage accounts and the Key Vault, and the DNS zones that lead to them.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('The network.')
param networkId string

@description('Subnet of the private addresses.')
param subnetId string

@description('Resource id of the host storage.')
param hostAccountId string

@description('Resource id of the evidence account.')
param evidenceAccountId string

@description('Resource id of the Key Vault.')
param vaultId string

// The private zone of a vault is named vaultcore, which its public domain is not.
var vaultZone = replace('privatelink${environment().suffixes.keyvaultDns}', 'privatelink.vault.', 'privatelink.vaultcore.')
var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  vaultZone
]
var targets = [
  { name: 'host-blob', id: hostAccountId, group: 'blob', zone: 0 }
  { name: 'host-queue', id: hostAccountId, group: 'queue', zone: 1 }
  { name: 'host-table', id: hostAccountId, group: 'table', zone: 2 }
  { name: 'evidence-blob', id: evidenceAccountId, group: 'blob', zone: 0 }
  { name: 'evidence-queue', id: evidenceAccountId, group: 'queue', zone: 1 }
  { name: 'evidence-table', id: evidenceAccountId, group: 'table', zone: 2 }
  { name: 'vault', id: vaultId, group: 'vault', zone: 3 }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, number) in zoneNames: {
    parent: zones[number]
    name: 'scanner'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for target in targets: {
    name: 'pe-${target.name}-${token}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [{ name: target.name, properties: { privateLinkServiceId: target.id, groupIds: [target.group] } }]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (target, number) in targets: {
    parent: endpoints[number]
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: target.group, properties: { privateDnsZoneId: zones[target.zone].id } }] }
  }
]
