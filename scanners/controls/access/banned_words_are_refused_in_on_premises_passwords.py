from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.directory_settings import PASSWORD_RULES, DirectorySetting, setting, switch
from scanners.facts.organization import Organization
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.facts.users import Users
from scanners.model import Verdict, failed, not_applicable, passed
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.reading import Json
from scanners.three_valued import attempt, every, sort

HYBRID = {"onPremisesSyncEnabled": True}


def rules(flag: str, mode: str) -> list[Json]:
    values = [{"name": "EnableBannedPasswordCheckOnPremises", "value": flag}, {"name": "BannedPasswordCheckOnPremisesMode", "value": mode}]
    return [{"templateId": PASSWORD_RULES, "values": values}]


@control(
    title="The on-premises directory enforces the banned-password list too",
    cites=("164.308(a)(5)(ii)(D)",),
    severity="medium",
    designation="addressable",
    fix=(
        "Entra admin center > Protection > Authentication methods > Password protection > Enable password protection on Windows Server Active Directory: Yes, "
        "Mode: Enforced; install the agents on the domain controllers"
    ),
    plan="Microsoft Entra ID P1",
    crosswalk={
        "cis_m365_v7": "5.2.3.3",
        "prowler": "entra_password_protection_on_premises_enforced",
        "maester": "EIDSCA.PR01, EIDSCA.PR02",
        "nist_800_53": ["IA-5(1)"],
    },
    seeds=("B15-1", "T21"),
    examples=(
        passes(organization=HYBRID, directory_settings=rules("True", "Enforce"), users=[{}]),
        passes("the mode is spelled in two ways", organization=HYBRID, directory_settings=rules("true", "enforced"), users=[{}]),
        fails("audit only watches", organization=HYBRID, directory_settings=rules("True", "Audit"), users=[{}]),
        fails("off", organization=HYBRID, directory_settings=rules("False", "Enforce"), users=[{}]),
        fails("without the template nothing is enforced", organization=HYBRID, directory_settings=[], users=[{}]),
        fails("synchronised accounts make the tenant hybrid", directory_settings=[], users=[{}, {"onPremisesSyncEnabled": True}]),
        does_not_apply("a tenant without an on-premises directory", directory_settings=[], users=[{}]),
        does_not_apply(
            "a disabled account that was synchronised once",
            directory_settings=[],
            users=[{}, {"onPremisesSyncEnabled": True, "accountEnabled": False}],
        ),
        stays_unknown(organization=Unreadable("not_permitted")),
        stays_unknown("whether it is hybrid is not stated", organization={"onPremisesSyncEnabled": ABSENT}, directory_settings=[], users=[{}]),
        stays_unknown("a mode that this version does not know", organization=HYBRID, directory_settings=rules("True", "Sometimes"), users=[{}]),
        stays_unknown("without the plan", organization=HYBRID, directory_settings=rules("True", "Enforce"), users=[{}], subscribed_skus=[]),
    ),
)
def banned_words_are_refused_in_on_premises_passwords(
    directory_settings: tuple[DirectorySetting, ...], organization: Organization, users: Users, subscribed_skus: tuple[SubscribedSku, ...]
) -> Verdict:
    """In a hybrid tenant most passwords are set on premises.

    Where accounts are synchronised from an on-premises directory, password protection is switched on for it and enforces instead of only watching.
    """
    synced = sort(users.value, lambda user: user.on_premises_sync_enabled is True and user.account_enabled)
    cloud_only = every((attempt(lambda: organization.on_premises_sync_enabled is not True), None if synced.unclear else True, not synced.good))
    if cloud_only:
        return not_applicable("nothing is synchronised from an on-premises directory", looked_at=synced.looked_at)
    if cloud_only is None:
        raise Unrecognised("it could not be recognised whether accounts are synchronised from an on-premises directory")
    require_plan(subscribed_skus, AAD_PREMIUM)
    enabled = switch(directory_settings, PASSWORD_RULES, "EnableBannedPasswordCheckOnPremises")
    mode = (setting(directory_settings, PASSWORD_RULES, "BannedPasswordCheckOnPremisesMode") or "").strip().lower()
    observed = {"enabled": bool(enabled), "mode": mode, "synchronised": len(synced.good)}
    if not enabled or mode in {"", "audit"}:
        return failed("the on-premises directory does not enforce the list of banned passwords", (), **observed)
    if mode not in {"enforce", "enforced"}:
        raise Unrecognised("the mode of on-premises password protection is not one that this version knows")
    return passed("the on-premises directory enforces the list of banned passwords", (), **observed)
