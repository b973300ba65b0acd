"""What deploys: Bicep, the grants in the tenant, and their checks. Nothing of this runs in Azure."""
