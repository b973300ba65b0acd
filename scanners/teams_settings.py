"""Facts that are one type of configuration of the Teams administration, as data.

Every named policy comes with the Global one. The service is what Microsoft's own PowerShell module reads, not a published interface, so reading
is strict. It answers with defaults for a tenant without Teams, so the plan is looked at first.
Source: https://learn.microsoft.com/powershell/module/microsoftteams/
"""

from collections.abc import Callable
from typing import Any, Literal

from scanners.model import Ask, Door, Fact, Throttle
from scanners.permissions import ANY_TEAMS, GLOBAL_READER
from scanners.reading import Json, Row, pascal


class ConfigMetadata(Row, spelling=pascal):
    """Who made a policy: `Tenant` the customer, made or changed; `Host` Microsoft, a preset or an untouched default. Snapshots leave it out."""

    authority: Literal["Tenant", "Host"]


def policies_fact(reading: Any, kind: str, *, sample: Json, snapshot: str = "", unshown: Json = None) -> Fact:
    """A fact that is all policies of one kind, Global and named ones: `tuple[Row, ...]`."""
    return _fact(reading, kind, snapshot=snapshot, sample=sample, unshown=unshown)


def configuration_fact(
    reading: Any,
    kind: str,
    *,
    sample: Json,
    snapshot: str = "",
    names_tenant: bool = False,
    reduce: Callable[[Json], Json] | None = None,
    shape: Callable[[Json], Any] | None = None,
) -> Fact:
    """A fact that is the one configuration object of the tenant. `names_tenant` is for kinds that an older service behind still serves."""
    path = f"{kind}/configuration/Global" + ("?adminDomain={initial_domain}" if names_tenant else "")
    return _fact(reading, path, snapshot=snapshot, sample=sample, reduce=reduce, shape=shape)


def _fact(reading: Any, path: str, *, snapshot: str, **more: Any) -> Fact:
    return Fact(
        reading=reading,
        door=Door.TEAMS,
        asks=(Ask(path=f"/Skype.Policy/configurations/{path}", snapshot=snapshot),),
        permissions=(GLOBAL_READER,),
        plans=(ANY_TEAMS,),
        without_plan="not_applicable",
        throttle=Throttle.TEAMS_ADMIN,
        keep="listed",
        **more,
    )
