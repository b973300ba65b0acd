"""Directory-wide settings that live in templates: sign-in lockout and banned passwords, group creation and guests, consent by group owners.

Source: https://learn.microsoft.com/graph/api/group-list-settings . A template that is absent means that the service's defaults apply. All values
are texts, booleans too. The organisation's banned words are counted, never stored.
"""

from collections.abc import Iterable

from scanners.declare import graph_fact
from scanners.errors import Unrecognised
from scanners.permissions import GROUP_SETTINGS_READ_ALL
from scanners.reading import Json, Row, absent_is_null

PASSWORD_RULES = "5cf42378-d67d-4f36-ba46-e8b86229381d"  # noqa: S105 - a template id
GROUPS = "62375ab9-6b52-47ed-826b-58e47e0e304b"
CONSENT = "dffd5d46-495d-40a9-8e21-954ff55e198a"

_READ = frozenset(
    {
        "LockoutThreshold",
        "LockoutDurationInSeconds",
        "EnableBannedPasswordCheck",
        "EnableBannedPasswordCheckOnPremises",
        "BannedPasswordCheckOnPremisesMode",
        "EnableGroupCreation",
        "GroupCreationAllowedGroupId",
        "AllowGuestsToBeGroupOwner",
        "AllowGuestsToAccessGroups",
        "AllowToAddGuests",
        "EnableMIPLabels",
        "EnableGroupSpecificConsent",
        "BlockUserConsentForRiskyApps",
        "EnableAdminConsentRequests",
    }
)


class SettingValue(Row):
    """One named value of a template."""

    name: str
    value: str


class DirectorySetting(Row):
    """The values that the tenant set in one template."""

    template_id: str
    values: tuple[SettingValue, ...]
    banned_word_count: int | None = absent_is_null()  # the number of words in BannedPasswordList, where the template has one


def setting(settings: Iterable[DirectorySetting], template: str, name: str) -> str | None:
    """The text that the tenant set for `name`; None where it did not use the template, or the template has no such value (defaults apply)."""
    for each in settings:
        if each.template_id.lower() == template:
            return next((v.value for v in each.values if v.name == name), None)
    return None


def switch(settings: Iterable[DirectorySetting], template: str, name: str) -> bool | None:
    """A setting as yes or no; None where it is not set. Raises Unrecognised for any text but true and false."""
    text = setting(settings, template, name)
    if text is None:
        return None
    if text.strip().lower() not in {"true", "false"}:
        raise Unrecognised(f"the directory setting {name} is neither true nor false")
    return text.strip().lower() == "true"


def reduce(page: Json) -> Json:
    """Keep the values that rules read; of the banned words only their number."""
    return {**page, "value": [_reduced(each) for each in page["value"]]}


def _reduced(template: Json) -> Json:
    kept = {"templateId": template["templateId"], "values": [v for v in template["values"] if v["name"] in _READ]}
    words = next((v["value"] for v in template["values"] if v["name"] == "BannedPasswordList"), None)
    if words is not None:
        kept["bannedWordCount"] = len([word for word in words.split("\t") if word.strip()])
    return kept


fact = graph_fact(
    tuple[DirectorySetting, ...],
    lambda graph: graph.group_settings,
    reduce=reduce,
    permissions=(GROUP_SETTINGS_READ_ALL,),
    sample=[
        {
            "templateId": PASSWORD_RULES,
            "values": [
                {"name": "LockoutThreshold", "value": "10"},
                {"name": "LockoutDurationInSeconds", "value": "60"},
                {"name": "EnableBannedPasswordCheck", "value": "True"},
            ],
            "bannedWordCount": 12,
        }
    ],
)
