"""Whether users may add store applications and start trials on their own.

Source: https://learn.microsoft.com/graph/api/adminappsandservices-get (beta only).
"""

from scanners.declare import graph_fact
from scanners.permissions import ORG_SETTINGS_APPS_AND_SERVICES_READ_ALL
from scanners.reading import Row


class AppsAndServices(Row):
    """The two switches."""

    is_office_store_enabled: bool
    is_app_and_services_trial_enabled: bool


class StoreAppSettings(Row):
    """The settings object."""

    settings: AppsAndServices


fact = graph_fact(
    StoreAppSettings,
    "/beta/admin/appsAndServices",
    permissions=(ORG_SETTINGS_APPS_AND_SERVICES_READ_ALL,),
    sample={"settings": {"isOfficeStoreEnabled": False, "isAppAndServicesTrialEnabled": False}},
)
