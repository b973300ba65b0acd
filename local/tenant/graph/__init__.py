"""Microsoft Graph v1.0 and beta over the tenant's data: paths, permissions, licences, batch and the asynchronous ends."""
