// The one identity that scans, signs and stores. It has no secret that could leak; what it may do is in access.bicep and in graph/.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

resource scanner 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-hipaa-${token}'
  location: location
  tags: tags
}

@description('Resource id.')
output id string = scanner.id

@description('Object id in the directory.')
output principalId string = scanner.properties.principalId

@description('Application (client) id.')
output clientId string = scanner.properties.clientId
