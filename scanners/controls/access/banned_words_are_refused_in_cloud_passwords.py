from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.directory_settings import PASSWORD_RULES, DirectorySetting, switch
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, failed, passed
from scanners.permissions import AAD_PREMIUM
from scanners.plans import require_plan
from scanners.reading import Json


def rules(flag: str, words: object) -> list[Json]:
    return [{"templateId": PASSWORD_RULES, "values": [{"name": "EnableBannedPasswordCheck", "value": flag}], "bannedWordCount": words}]


@control(
    title="Passwords built on the organisation's own words are refused",
    cites=("164.308(a)(5)(ii)(D)",),
    severity="medium",
    designation="addressable",
    fix="Entra admin center > Protection > Authentication methods > Password protection > Enforce custom list: Yes",
    plan="Microsoft Entra ID P1; without it Microsoft's global list still acts",
    parameters={"min_words": Parameter(why="an empty list does nothing", unit="words", low=1, high=1000, looser="lower")},
    crosswalk={
        "cis_m365_v7": "5.2.3.2",
        "prowler": "entra_password_protection_custom_banned_list_enforced",
        "maester": "EIDSCA.PR03",
        "nist_800_53": ["IA-5(1)"],
    },
    seeds=("B15-1", "T21"),
    examples=(
        passes(directory_settings=rules("True", 12)),
        fails("a list without words", directory_settings=rules("True", 0)),
        fails("the text False is not yes", directory_settings=rules("False", 12)),
        fails("without the template the list is off", directory_settings=[]),
        stays_unknown(directory_settings=rules("maybe", 3)),
        stays_unknown("the number of words is not there", directory_settings=rules("True", ABSENT)),
        stays_unknown("without the plan", directory_settings=rules("True", 12), subscribed_skus=[]),
        stays_unknown(directory_settings=Unreadable("not_permitted")),
    ),
)
def banned_words_are_refused_in_cloud_passwords(
    directory_settings: tuple[DirectorySetting, ...], subscribed_skus: tuple[SubscribedSku, ...], *, min_words: int = 1
) -> Verdict:
    """Clinic and product names are the first guesses.

    The organisation's own list of banned words is switched on and holds at least `min_words`. The words are counted and never stored.
    """
    require_plan(subscribed_skus, AAD_PREMIUM)
    enforced = switch(directory_settings, PASSWORD_RULES, "EnableBannedPasswordCheck")
    if not enforced:
        return failed("the organisation's list of banned words is off", enforced=False, stated=enforced is not None)
    words = next(each.banned_word_count for each in directory_settings if each.template_id.lower() == PASSWORD_RULES)
    if words is None:
        raise Unrecognised("the directory does not say how many words are banned")
    if words < min_words:
        return failed(f"the organisation's list of banned words holds {words} words", enforced=True, words=words)
    return passed(f"{words} words of the organisation are refused", enforced=True, words=words)
