from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.directory_settings import GROUPS, DirectorySetting, switch
from scanners.model import Verdict, failed, passed
from scanners.reading import Json


def groups(**values: str) -> list[Json]:
    return [{"templateId": GROUPS, "values": [{"name": name, "value": value} for name, value in values.items()]}]


@control(
    title="Guests cannot become owners of groups and teams",
    cites=("164.308(a)(4)(i)", "164.502(b)"),
    severity="medium",
    designation="standard",
    fix="Microsoft Graph PowerShell: Update-MgGroupSetting with AllowGuestsToBeGroupOwner false in the Group.Unified template",
    crosswalk={"maester": "EIDSCA.ST08", "nist_800_53": ["AC-6"]},
    seeds=("B12", "T15"),
    examples=(
        passes("without the template the service says no", directory_settings=[]),
        passes(directory_settings=groups(AllowGuestsToBeGroupOwner="false")),
        passes("a template that does not say it leaves it to the service", directory_settings=groups(EnableGroupCreation="false")),
        fails(directory_settings=groups(AllowGuestsToBeGroupOwner="true")),
        fails("the text True", directory_settings=groups(AllowGuestsToBeGroupOwner="True")),
        stays_unknown(directory_settings=groups(AllowGuestsToBeGroupOwner="x")),
        stays_unknown(directory_settings=Unreadable("not_permitted")),
    ),
)
def guests_cannot_own_groups(directory_settings: tuple[DirectorySetting, ...]) -> Verdict:
    """An outside owner could let further outsiders in.

    The directory's settings for groups do not allow guests to be owners. Where they say nothing, the service's default is no.
    """
    allowed = switch(directory_settings, GROUPS, "AllowGuestsToBeGroupOwner")
    if allowed:
        return failed("guests can own groups and teams", allowGuestsToBeGroupOwner=True, looked_at=len(directory_settings))
    how = "the tenant says no" if allowed is False else "the tenant says nothing, and the service's default is no"
    return passed(f"guests cannot own groups: {how}", allowGuestsToBeGroupOwner=False, stated=allowed is not None, looked_at=len(directory_settings))
