// The function app: Flex Consumption, Python 3.13. Every setting that settings.py reads in Azure is set here; a test compares the two.
@description('Unique part of the names.')
param token string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Resource id of the identity that scans.')
param identityId string

@description('Application (client) id of the identity that scans.')
param identityClientId string

@description('Blob, queue and table addresses of the host storage.')
param hostEndpoints object

@description('Address of the container with the deployment package.')
param packageContainer string

@description('Blob, queue and table addresses of the evidence account.')
param evidenceEndpoints object

@description('Address of the signing key, without version.')
param signingKeyUri string

@description('Name of the Application Insights component.')
param insightsName string

@description('Address of the Event Grid topic; empty without one.')
param eventGridEndpoint string

@description('Subnet that the app sends from; empty without a virtual network.')
param subnetId string

@description('The tenant that is scanned.')
param tenantId string

@description('What the people of the tenant call it.')
param tenantName string

@description('Six-field schedule, UTC.')
param scanSchedule string

@description('How long a run may take.')
param runBudget string

@description('Microsoft cloud.')
param cloud string

@description('Where workload settings are read.')
param workloadSource string

@description('Operator choices for controls.')
param controlParameters object

@description('Controls that are off, with reasons.')
param disabledControls object

@description('Application id of the console registration.')
param consoleClientId string

@description('Address of the SharePoint admin centre, or empty.')
param sharePointAdminUrl string

@description('DNS servers, or empty.')
param dnsServers string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-hipaa-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-hipaa-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'scanner' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      // One scan a night: nothing is kept warm, and few instances are enough.
      scaleAndConcurrency: { instanceMemoryMB: 2048, maximumInstanceCount: 40 }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
      cors: { allowedOrigins: [], supportCredentials: false }
    }
  }
}

// This collection is replaced whole at every deployment: a setting made by hand in the portal is gone afterwards.
resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: hostEndpoints.blob
    AzureWebJobsStorage__queueServiceUri: hostEndpoints.queue
    AzureWebJobsStorage__tableServiceUri: hostEndpoints.table
    // It names the endpoint; without a token of an identity with the right role nothing is accepted there.
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    AZURE_CLIENT_ID: identityClientId
    EVIDENCE_STORAGE__blobServiceUri: evidenceEndpoints.blob
    EVIDENCE_STORAGE__queueServiceUri: evidenceEndpoints.queue
    EVIDENCE_STORAGE__tableServiceUri: evidenceEndpoints.table
    SIGNING_KEY_ID: signingKeyUri
    TENANT_ID: tenantId
    TENANT_NAME: tenantName
    SCAN_SCHEDULE: scanSchedule
    RUN_BUDGET: runBudget
    CLOUD: cloud
    WORKLOAD_SOURCE: workloadSource
    PARAMETERS: string(controlParameters)
    DISABLED_CONTROLS: string(disabledControls)
    ENTRA_CLIENT_ID: consoleClientId
    BUNDLE_DELIVERY: empty(subnetId) ? 'sas' : 'proxy'
    EVENT_GRID_TOPIC__topicEndpointUri: eventGridEndpoint
    SHAREPOINT_ADMIN: empty(sharePointAdminUrl) ? 'false' : 'true'
    SHAREPOINT_ADMIN_URL: sharePointAdminUrl
    DNS_SERVERS: dnsServers
  }
}

// The platform only starts the browser's sign-in and hands on the token; nobody is let in by it, because api/entra.py checks the token itself.
// Without a secret the sign-in uses the ID token that the registration of graph/console.bicep allows.
resource signIn 'Microsoft.Web/sites/config@2024-04-01' = if (!empty(consoleClientId)) {
  parent: app
  name: 'authsettingsV2'
  dependsOn: [appSettings]
  properties: {
    platform: { enabled: true }
    globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: { clientId: consoleClientId, openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0' }
        validation: { allowedAudiences: [consoleClientId] }
      }
    }
    login: { tokenStore: { enabled: true } }
  }
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

@description('Name of the app.')
output name string = app.name

@description('Where the app answers.')
output url string = 'https://${app.properties.defaultHostName}'
