// Values come from the azd environment (`azd env set NAME VALUE`); what is not named here keeps its safe default from main.bicep.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param tenantName = readEnvironmentVariable('TENANT_NAME')
param alertEmails = split(readEnvironmentVariable('ALERT_EMAILS'), ',')
param scanSchedule = readEnvironmentVariable('SCAN_SCHEDULE', '0 0 3 * * *')
param cloud = readEnvironmentVariable('CLOUD', 'public')
param workloadSource = readEnvironmentVariable('WORKLOAD_SOURCE', 'auto')
param consoleClientId = readEnvironmentVariable('ENTRA_CLIENT_ID', '')
param controlParameters = json(readEnvironmentVariable('PARAMETERS', '{}'))
param disabledControls = json(readEnvironmentVariable('DISABLED_CONTROLS', '{}'))
param evidenceRedundancy = readEnvironmentVariable('EVIDENCE_REDUNDANCY', 'Standard_ZRS')
param lockEvidence = bool(readEnvironmentVariable('LOCK_EVIDENCE', 'false'))
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param eventGrid = bool(readEnvironmentVariable('EVENT_GRID', 'false'))
param sampleLogicApp = bool(readEnvironmentVariable('SAMPLE_LOGIC_APP', 'false'))
