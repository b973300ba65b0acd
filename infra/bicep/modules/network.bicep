// Optional: a virtual network in which storage and Key Vault have private addresses. The app itself stays reachable for auditors.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

resource appGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-hipaa-app-${token}'
  location: location
  tags: tags
}

resource endpointGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: 'nsg-hipaa-endpoints-${token}'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-hipaa-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.84.0.0/23'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.84.0.0/24'
          networkSecurityGroup: { id: appGroup.id }
          // Flex Consumption needs this delegation, and the resource provider Microsoft.App registered in the subscription.
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.84.1.0/24', networkSecurityGroup: { id: endpointGroup.id }, privateEndpointNetworkPolicies: 'Enabled' }
      }
    ]
  }
}

@description('Resource id of the network.')
output networkId string = network.id

@description('Subnet that the app sends from.')
output appSubnetId string = '${network.id}/subnets/app'

@description('Subnet of the private addresses.')
output endpointSubnetId string = '${network.id}/subnets/endpoints'
