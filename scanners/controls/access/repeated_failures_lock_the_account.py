from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import Unreadable
from scanners.facts.directory_settings import PASSWORD_RULES, DirectorySetting, setting
from scanners.model import Parameter, Verdict, failed, passed
from scanners.quoting import quoted
from scanners.reading import Json

# https://learn.microsoft.com/entra/identity/authentication/howto-password-smart-lockout
SERVICE_DEFAULTS = {"LockoutThreshold": 10, "LockoutDurationInSeconds": 60}


def rules(threshold: str, seconds: str = "300") -> list[Json]:
    values = [{"name": "LockoutThreshold", "value": threshold}, {"name": "LockoutDurationInSeconds", "value": seconds}]
    return [{"templateId": PASSWORD_RULES, "values": values}]


@control(
    title="Accounts lock after a few failed sign-ins for long enough",
    cites=("164.308(a)(5)(ii)(C)", "164.308(a)(5)(ii)(D)"),
    severity="medium",
    designation="addressable",
    fix="Entra admin center > Protection > Authentication methods > Password protection > Lockout threshold and duration",
    plan="any to read; Microsoft Entra ID P1 to change",
    parameters={
        "max_threshold": Parameter(
            why="how many attempts are a typing error is the organisation's policy", unit="attempts", low=3, high=50, looser="higher"
        ),
        "min_duration_seconds": Parameter(
            why="how long a lock lasts is the organisation's policy", unit="seconds", low=30, high=3600, looser="lower"
        ),
    },
    crosswalk={
        "cis_m365_v7": "5.2.3.8, 5.2.3.9",
        "prowler": "entra_password_protection_lockout_threshold_limited, entra_password_protection_lockout_duration_configured",
        "maester": "EIDSCA.PR05, EIDSCA.PR06",
        "nist_800_53": ["AC-7"],
    },
    seeds=("B15-3", "T23"),
    proposed_rule="164.312(a)(2)(v)",
    examples=(
        passes("without the template the service locks after 10 attempts for 60 seconds", directory_settings=[]),
        passes(directory_settings=rules("5")),
        fails("fifty attempts", directory_settings=rules("50", "60")),
        fails("zero is no threshold", directory_settings=rules("0")),
        fails("five seconds", directory_settings=rules("5", "5")),
        fails("the service's default is judged too", parameters={"max_threshold": 5}, directory_settings=[]),
        stays_unknown("a text that is no number", directory_settings=rules("many")),
        stays_unknown(directory_settings=Unreadable("not_permitted")),
    ),
)
def repeated_failures_lock_the_account(
    directory_settings: tuple[DirectorySetting, ...], *, max_threshold: int = 10, min_duration_seconds: int = 60
) -> Verdict:
    """Lockout stops password guessing against accounts that hold ePHI.

    An account locks after at most `max_threshold` failed attempts, for at least `min_duration_seconds`. Where the tenant has not set it, the service's defaults are judged.
    Accounts of federated domains are locked by their own sign-in server.
    """
    threshold, seconds = (_number(directory_settings, name) for name in SERVICE_DEFAULTS)
    stated = any(setting(directory_settings, PASSWORD_RULES, name) is not None for name in SERVICE_DEFAULTS)
    because = f"accounts lock after {quoted(threshold)} failed attempts for {quoted(seconds)} seconds" + ("" if stated else ", the service's default")
    if 1 <= threshold <= max_threshold and seconds >= min_duration_seconds:
        return passed(because, threshold=threshold, seconds=seconds, stated=stated)
    return failed(because, threshold=threshold, seconds=seconds, stated=stated)


def _number(settings: tuple[DirectorySetting, ...], name: str) -> int:
    text = setting(settings, PASSWORD_RULES, name)
    if text is None:
        return SERVICE_DEFAULTS[name]
    if not text.strip().isdecimal() or len(text) > 9:
        raise Unrecognised(f"the directory setting {name} is not a number")
    return int(text)
