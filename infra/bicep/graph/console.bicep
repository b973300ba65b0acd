// Sign-in of the people who run the scanner and approve exceptions: an app registration without secrets, with three roles that somebody assigns.
// To be run by an Application Administrator; give the output ENTRA_CLIENT_ID to the deployment (azd env set ENTRA_CLIENT_ID ...).
extension microsoftGraphV1

@description('Name shown to people who sign in.')
param displayName string = 'HIPAA scanner console'

@description('Where the app answers (output FUNCTION_APP_URL of the deployment).')
param functionAppUrl string

var azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
var accessScope = guid(functionAppUrl, 'access')

resource console 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: 'hipaa-scanner-console-${uniqueString(functionAppUrl)}'
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  identifierUris: ['api://${tenant().tenantId}/hipaa-scanner-${uniqueString(functionAppUrl)}']
  // The platform's sign-in without a secret: it is given an ID token and no access token.
  web: {
    redirectUris: ['${functionAppUrl}/.auth/login/aad/callback']
    implicitGrantSettings: { enableIdTokenIssuance: true, enableAccessTokenIssuance: false }
  }
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: accessScope
        value: 'access'
        type: 'User'
        isEnabled: true
        adminConsentDisplayName: 'Use the HIPAA scanner'
        adminConsentDescription: 'Use the HIPAA scanner as the signed-in person, within the roles assigned to them.'
        userConsentDisplayName: 'Use the HIPAA scanner'
        userConsentDescription: 'Use the HIPAA scanner within the roles assigned to you.'
      }
    ]
    // Lets a person get a token with the Azure CLI, to approve an exception from a terminal.
    preAuthorizedApplications: [{ appId: azureCli, delegatedPermissionIds: [accessScope] }]
  }
  appRoles: [
    {
      id: guid(functionAppUrl, 'Scanner.Reader')
      value: 'Scanner.Reader'
      displayName: 'Reader'
      description: 'Sees runs, results and statements'
      allowedMemberTypes: ['User']
      isEnabled: true
    }
    {
      id: guid(functionAppUrl, 'Scanner.Administrator')
      value: 'Scanner.Administrator'
      displayName: 'Administrator'
      description: 'Starts runs, records statements and exceptions, makes auditor links'
      allowedMemberTypes: ['User']
      isEnabled: true
    }
    {
      id: guid(functionAppUrl, 'Scanner.Approver')
      value: 'Scanner.Approver'
      displayName: 'Approver'
      description: 'Approves exceptions that somebody else asked for'
      allowedMemberTypes: ['User']
      isEnabled: true
    }
  ]
}

resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: console.appId
  appRoleAssignmentRequired: true
}

@description('Audience of the sign-in: the setting ENTRA_CLIENT_ID.')
output ENTRA_CLIENT_ID string = console.appId

@description('Where roles are assigned: Entra admin center > Enterprise applications > this object > Users and groups.')
output servicePrincipalId string = principal.id
