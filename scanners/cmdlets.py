"""Facts that are one cmdlet of the Exchange or Purview administration, as data.

The answer is `{"value": [...]}`; a single object comes as a list of one, and a tenant without objects may answer `[null]`. The contract is
the one of Microsoft's own PowerShell module, not a published interface, so reading is strict.
Source: https://learn.microsoft.com/powershell/module/exchangepowershell/
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from scanners.model import NOTHING, Ask, Door, Fact, Page, Throttle
from scanners.permissions import ANY_EXCHANGE_ONLINE, EXCHANGE_MANAGE_AS_APP, GLOBAL_READER, Plan
from scanners.reading import Json


def without_nulls(page: Json) -> Json:
    """The page without the null rows by which the service says that there is nothing."""
    return {**page, "value": [row for row in page["value"] if row is not None]}


def exchange_fact(
    reading: Any,
    cmdlet: str,
    *,
    sample: Json,
    parameters: Mapping[str, Any] = NOTHING,
    snapshot: str = "",
    plans: tuple[Plan, ...] = (ANY_EXCHANGE_ONLINE,),
    without_plan: Literal["skip", "empty", "not_applicable"] = "not_applicable",
    reduce: Callable[[Json], Json] = without_nulls,
    read: Callable[[Iterable[Page]], Any] | None = None,
    stored: Any = None,
    unshown: Json = None,
) -> Fact:
    """A fact that is one `Get-` cmdlet. Only what the reading lists is stored; a `reduce` of its own starts with `without_nulls`.

    `snapshot` names the tenant configuration snapshot type that has the same properties, where there is one.
    """
    return Fact(
        reading=reading,
        **_one_cmdlet(Door.EXCHANGE, Throttle.EXCHANGE, cmdlet, parameters, snapshot),
        plans=plans,
        without_plan=without_plan,
        reduce=reduce,
        read=read,
        stored=stored,
        sample=sample,
        unshown=unshown,
    )


def purview_fact(
    reading: Any,
    cmdlet: str,
    *,
    sample: Json,
    parameters: Mapping[str, Any] = NOTHING,
    snapshot: str = "",
    plans: tuple[Plan, ...] = (),
    without_plan: Literal["skip", "empty", "not_applicable"] = "skip",
    reduce: Callable[[Json], Json] = without_nulls,
    read: Callable[[Iterable[Page]], Any] | None = None,
    unshown: Json = None,
) -> Fact:
    """A fact that is one `Get-` cmdlet of the Purview (Security and Compliance) administration; the rest as for `exchange_fact`."""
    return Fact(
        reading=reading,
        **_one_cmdlet(Door.PURVIEW, Throttle.PURVIEW, cmdlet, parameters, snapshot),
        plans=plans,
        without_plan=without_plan,
        reduce=reduce,
        read=read,
        sample=sample,
        unshown=unshown,
    )


def _one_cmdlet(door: Door, throttle: Throttle, cmdlet: str, parameters: Mapping[str, Any], snapshot: str) -> dict[str, Any]:
    """What every fact of one cmdlet shares: the request, the rights, and that only what the reading lists is stored."""
    return {
        "door": door,
        "asks": (Ask(cmdlet=cmdlet, parameters=parameters, snapshot=snapshot),),
        "permissions": (EXCHANGE_MANAGE_AS_APP, GLOBAL_READER),
        "throttle": throttle,
        "keep": "listed",
    }


def changed(page: Json, **change: Callable[[Json], Json]) -> Json:
    """The page of a cmdlet without null rows, where each named property that is there is replaced by what its function makes of it."""
    rows = without_nulls(page)["value"]
    return {**page, "value": [{**row, **{name: make(row[name]) for name, make in change.items() if name in row}} for row in rows]}


def places(value: Json) -> Json:
    """The places that a policy covers or leaves out, as `All` for everything and `item` for each place named: names and addresses stay out.

    A place comes as text or as an object with its Name.
    """
    if not isinstance(value, list):
        return value
    return ["All" if (place.get("Name") if isinstance(place, dict) else place) == "All" else "item" for place in value]
