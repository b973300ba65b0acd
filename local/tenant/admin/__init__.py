"""The administration ends outside Microsoft Graph: Exchange, Purview, Teams and SharePoint."""
