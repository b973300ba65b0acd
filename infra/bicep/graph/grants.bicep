// What the identity that scans may read in the tenant: exactly the catalogue's list (infra/permissions.json), nothing that opens mail, chats or files.
// A step of its own, because who deploys infrastructure should not need rights over the directory. To be run by a Privileged Role Administrator
// (AppRoleAssignment.ReadWrite.All and Application.ReadWrite.All). Public cloud only; elsewhere, and for directory roles, which this extension
// does not know, and for taking away what is no longer needed, use infra/grant-permissions.
extension microsoftGraphV1

@description('Object id of the identity that scans (output SCANNER_PRINCIPAL_ID of the deployment).')
param scannerPrincipalId string

@description('Whether permissions of optional facts are granted too. Without them their controls stay unknown.')
param includeOptional bool = true

@description('Whether Microsoft\'s snapshot service may read Exchange, Purview and Teams settings of this tenant (WORKLOAD_SOURCE auto or snapshot).')
param useSnapshots bool = true

var graphId = '00000003-0000-0000-c000-000000000000'
var exchangeId = '00000002-0000-0ff1-ce00-000000000000'
var executorId = '03b07b79-c5bc-4b5e-9bfa-13acf4a99998'
var manageExchangeAsApp = 'dc50a0fb-09a3-484d-be87-e023b12c6440'

var listed = filter(loadJsonContent('../../permissions.json'), each => each.kind == 'application permission' && !each.opens_content)
var wanted = filter(listed, each => includeOptional || !each.optional)
var ofGraph = filter(wanted, each => each.resource == graphId)
var ofExchange = filter(wanted, each => each.resource == exchangeId)

resource graphService 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: graphId
}

resource exchangeService 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: exchangeId
}

resource graphGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for each in ofGraph: {
    appRoleId: each.id
    principalId: scannerPrincipalId
    resourceId: graphService.id
  }
]

resource exchangeGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for each in ofExchange: {
    appRoleId: each.id
    principalId: scannerPrincipalId
    resourceId: exchangeService.id
  }
]

// Microsoft's own application takes the snapshots; it has no rights in a tenant until it is given some.
resource executor 'Microsoft.Graph/servicePrincipals@v1.0' = if (useSnapshots) {
  appId: executorId
}

resource executorExchange 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (useSnapshots) {
  appRoleId: manageExchangeAsApp
  principalId: executor.?id ?? ''
  resourceId: exchangeService.id
}

@description('Names of the permissions that were granted.')
output granted array = [for each in wanted: each.name]
