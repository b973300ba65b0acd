from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.store_app_settings import StoreAppSettings
from scanners.model import Verdict, failed, passed


@control(
    title="Users cannot add store applications or start trials on their own",
    cites=("164.308(b)(1)",),
    severity="low",
    designation="standard",
    fix="Microsoft 365 admin center > Settings > Org settings > Services > User owned apps and services: clear both boxes",
    crosswalk={"cis_m365_v7": "1.3.4", "maester": "CIS.M365.1.3.4", "nist_800_53": ["CM-11"]},
    seeds=("A6", "B11"),
    examples=(
        passes(settings={"isOfficeStoreEnabled": False, "isAppAndServicesTrialEnabled": False}),
        fails(settings={"isOfficeStoreEnabled": True, "isAppAndServicesTrialEnabled": False}),
        fails("trials alone", settings={"isOfficeStoreEnabled": False, "isAppAndServicesTrialEnabled": True}),
        stays_unknown(settings=None),
        stays_unknown("a beta answer without one of the switches", settings={"isAppAndServicesTrialEnabled": ABSENT}),
        stays_unknown("a cloud without the beta interface", store_app_settings=Unreadable("not_supported")),
    ),
)
def users_cannot_buy_or_try_store_applications(store_app_settings: StoreAppSettings) -> Verdict:
    """Each product that somebody helps himself to is a vendor without an agreement.

    Neither the store for Office applications nor trials of applications and services are open to users.
    """
    store, trials = store_app_settings.settings.is_office_store_enabled, store_app_settings.settings.is_app_and_services_trial_enabled
    if store or trials:
        return failed("users can add store applications or start trials", isOfficeStoreEnabled=store, isAppAndServicesTrialEnabled=trials)
    return passed("users can neither add store applications nor start trials", isOfficeStoreEnabled=store, isAppAndServicesTrialEnabled=trials)
