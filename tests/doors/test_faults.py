"""Every door against every fault of the wire and of the service: the reason, the remedy, bounded time and requests, no token astray.

Facts of the catalogue join by existing; until a door has one there, a small one stands in.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from scanners.catalogue import asked_facts
from scanners.doors import PageTokenExpired
from scanners.doors.pacing import LIMITS
from scanners.errors import NotLicensed, NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact, Throttle
from scanners.permissions import AAD_PREMIUM, EXCHANGE_MANAGE_AS_APP, GLOBAL_READER, POLICY_READ_ALL, SITES_FULL_CONTROL_ALL, TEAMS1, TEAMS_READER
from scanners.planning import audit_slices
from tests.doors.rig import SECRET_TOKEN, Pieces, Reply, Rig, gather, graph_error, raises, raw, rig, run, says

ADMIN = (EXCHANGE_MANAGE_AS_APP, GLOBAL_READER)
STAND_INS = (
    Fact(reading=None, id="conditional_access_policies", asks=(Ask(build=lambda g: g.identity.conditional_access.policies),), permissions=(POLICY_READ_ALL,), plans=(AAD_PREMIUM,), throttle=Throttle.CONDITIONAL_ACCESS),
    Fact(reading=None, id="guest_invitation_domains", asks=(Ask(path="/beta/legacy/policies"),), permissions=(POLICY_READ_ALL,), plans=(AAD_PREMIUM,)),
    Fact(reading=None, id="organization_config", door=Door.EXCHANGE, asks=(Ask(cmdlet="Get-OrganizationConfig"),), permissions=ADMIN, plans=(AAD_PREMIUM,), throttle=Throttle.EXCHANGE),
    Fact(reading=None, id="dlp_rules", door=Door.PURVIEW, asks=(Ask(cmdlet="Get-DlpComplianceRule"),), permissions=ADMIN, plans=(AAD_PREMIUM,), throttle=Throttle.PURVIEW),
    Fact(reading=None, id="teams_meeting_policies", door=Door.TEAMS, asks=(Ask(path="/Skype.Policy/configurations/TeamsMeetingPolicy"),), permissions=(GLOBAL_READER, TEAMS_READER), plans=(TEAMS1,), throttle=Throttle.TEAMS_ADMIN),
    Fact(reading=None, id="sharepoint_tenant", door=Door.SHAREPOINT, asks=(Ask(path="/_api/SPO.Tenant"),), permissions=(SITES_FULL_CONTROL_ALL,), plans=(AAD_PREMIUM,), throttle=Throttle.SHAREPOINT),
)  # fmt: skip
WEB = {Door.GRAPH, Door.EXCHANGE, Door.PURVIEW, Door.TEAMS, Door.SHAREPOINT}
COMMANDS = {Door.EXCHANGE, Door.PURVIEW}
PAGED = {Door.GRAPH, Door.EXCHANGE, Door.PURVIEW, Door.TEAMS}


def _subjects() -> list[Fact]:
    """The stand-ins, and every fact of the catalogue with its first question; where that depends on other facts, with a plain one."""
    plain = {fact.door: fact.asks for fact in STAND_INS}
    plain[Door.GRAPH] = (Ask(path="/v1.0/users"),)
    joined = []
    for fact in asked_facts():
        if fact.door in WEB and not audit_slices(fact):  # those are asked by jobs: test_audit_query
            own = isinstance(fact.asks, tuple) and fact.asks and fact.asks[0].method == "GET"
            first = fact.asks[0] if own else plain[fact.door][0]  # type: ignore[index]
            joined.append(replace(fact, asks=(replace(first, tolerates=frozenset(), about="", most_pages=0),)))
    return [*STAND_INS, *joined]


SUBJECTS = _subjects()
subjects = pytest.mark.parametrize("fact", SUBJECTS, ids=[f"{f.door.value}-{f.id}" for f in SUBJECTS])


def link_of(door: Door, number: int) -> str:
    hosts = {
        Door.GRAPH: "https://graph.microsoft.com/v1.0/x?$skiptoken=",
        Door.EXCHANGE: "https://outlook.office365.com/adminapi/beta/t/InvokeCommand?$skiptoken=",
        Door.PURVIEW: "https://nam12b.ps.compliance.protection.outlook.com/adminapi/beta/t/InvokeCommand?$skiptoken=",
        Door.TEAMS: "https://api.interfaces.records.teams.microsoft.com/Skype.Policy/configurations/x?skip=",
    }
    return f"{hosts[door]}{number}"


def page(fact: Fact, number: int = 1, link: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"value": [{"id": f"row-{number}"}]}
    if link is not None:
        found["@nextLink" if fact.door is Door.TEAMS else "@odata.nextLink"] = link
    return found


def good(fact: Fact) -> Reply:
    if _counts(fact):
        return says(200, 3)
    return says(200, page(fact))


def _counts(fact: Fact) -> bool:
    ask = fact.asks[0] if isinstance(fact.asks, tuple) else None
    return ask is not None and ask.path.split("?")[0].endswith("/$count")


def ask(fact: Fact, replies: Iterable[Reply] | Reply, **changes: Any) -> tuple[Rig, list[Any] | Exception]:
    r = rig(replies, sharepoint=True, **changes)
    try:
        assert isinstance(fact.asks, tuple)
        return r, run(gather(r.doors, fact, fact.asks[0]))
    except Undecided as found:
        return r, found


def attempts(fact: Fact) -> int:
    used = {Door.EXCHANGE: Throttle.EXCHANGE, Door.PURVIEW: Throttle.PURVIEW, Door.TEAMS: Throttle.TEAMS_ADMIN, Door.SHAREPOINT: Throttle.SHAREPOINT}
    return LIMITS[used.get(fact.door, fact.throttle)].patience.attempts


@dataclass(frozen=True)
class Fault:
    """What happens, and what must come of it. `requests` None means as many as patience allows."""

    name: str
    reply: Reply
    expected: Callable[[Fact], type[Undecided]]
    requests: int | None = 1
    names: str = ""  # what the remedy must name: permissions or plans
    doubted: bool = False  # Graph is asked a second time before it is believed


def always(leaf: type[Undecided]) -> Callable[[Fact], type[Undecided]]:
    return lambda _: leaf


def by_door(graph: type[Undecided], commands: type[Undecided], other: type[Undecided]) -> Callable[[Fact], type[Undecided]]:
    return lambda fact: graph if fact.door is Door.GRAPH else commands if fact.door in COMMANDS else other


HTML = b"<!DOCTYPE html><html><body>Sign in to NORTHCREEK-PROXY to continue</body></html>"
INTUNE = '{"_version": 3, "Message": "An error has occurred", "ErrorCode":"Forbidden"}'
FAULTS = (
    Fault("401", graph_error(401, "InvalidAuthenticationToken"), always(NotPermitted), 2, "permissions"),
    Fault("401 without a body", raw(401, b"", ""), always(NotPermitted), 2, "permissions"),
    Fault("403 with a code", graph_error(403, "Authorization_RequestDenied"), always(NotPermitted), 1, "permissions"),
    Fault("403 of the service without a code", says(403, {"error": {"message": "no"}}), always(NotPermitted), 1, "permissions"),
    Fault("403 Intune", graph_error(403, "UnknownError", INTUNE), always(NotPermitted), 1, "permissions"),
    Fault("401 Intune", graph_error(401, "UnknownError", INTUNE), always(NotPermitted), 2, "permissions"),
    Fault("403 JSON of something else", says(403, {"blocked": "by policy 7"}), by_door(Unrecognised, NotPermitted, NotPermitted), 1),
    Fault("403 without a body", raw(403, b"", ""), by_door(Unrecognised, NotPermitted, NotPermitted), 1),
    Fault("403 as a web page", raw(403, HTML, "text/html; charset=utf-8"), always(Unreachable)),
    Fault("403 as a web page that calls itself JSON", raw(403, HTML), always(Unreachable)),
    Fault("404", graph_error(404, "ResourceNotFound"), by_door(NotSupported, Unreachable, NotSupported)),
    Fault("404 as a web page", raw(404, HTML, "text/html"), always(Unreachable)),
    Fault("400 no such path", graph_error(400, "BadRequest", "Resource not found for the segment 'legacy'."), by_door(NotSupported, Unrecognised, NotSupported)),
    Fault("400 other", graph_error(400, "Request_BadRequest", "Could not find a property named 'x'"), always(Unrecognised)),
    Fault("400 licence Intune", graph_error(400, "BadRequest", "Request not applicable to target tenant."), always(NotLicensed), 1, "plans"),
    Fault("400 licence PIM", graph_error(400, "AadPremiumLicenseRequired", "needs a licence"), always(NotLicensed), 1, "plans"),
    Fault("403 licence P1", graph_error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"), always(NotLicensed), 1, "plans", doubted=True),
    Fault("403 licence risk", graph_error(403, "Forbidden", "Your tenant is not licensed for this feature."), always(NotLicensed), 1, "plans"),
    Fault("403 licence governance", graph_error(403, "NoLicense", "Tenant does not meet license requirement"), always(NotLicensed), 1, "plans"),
    Fault("429 for ever", says(429, {"error": {"code": "TooManyRequests"}}, {"retry-after": "7"}), always(Unreachable), None),
    Fault("429 for ever without a time", says(429, {"error": {"code": "TooManyRequests"}}), always(Unreachable), None),
    Fault("429 in plain text", raw(429, b"Too many concurrent requests for this tenant", "text/plain"), always(Unreachable), None),
    Fault("429 until tomorrow", says(429, {"error": {"code": "x"}}, {"retry-after": "86400"}), always(Unreachable)),
    Fault("500", graph_error(500, "InternalServerError"), always(Unreachable), None),
    Fault("502 as a web page", raw(502, HTML, "text/html"), always(Unreachable), None),
    Fault("503", raw(503, b"", ""), always(Unreachable), None),
    Fault("504", raw(504, b"upstream", "text/plain"), always(Unreachable), None),
    Fault("reset", raises(httpx.ReadError), always(Unreachable), None),
    Fault("no connection", raises(httpx.ConnectError), always(Unreachable), None),
    Fault("timeout", raises(httpx.ReadTimeout), always(Unreachable), None),
    Fault("broken protocol", raises(httpx.RemoteProtocolError), always(Unreachable), None),
    Fault("cut short", lambda _: httpx.Response(200, headers={"content-length": "900", "content-type": "application/json"}, stream=Pieces([b'{"value":['])), always(Unreachable), None),
    Fault("cut short without a length", raw(200, b'{"value":[{"id":"1"'), always(Unrecognised)),
    Fault("bad compression", lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces([b"not gzip"])), always(Unreachable), None),
    Fault("web page", raw(200, HTML, "text/html"), always(Unreachable)),
    Fault("invalid JSON", raw(200, b'{"value":[],,}'), always(Unrecognised)),
    Fault("nothing", raw(200, b""), always(Unrecognised)),
    Fault("null", raw(200, b"null"), always(Unrecognised)),
    Fault("a string", raw(200, b'"ok"'), always(Unrecognised)),
    Fault("too deep", raw(200, b"[" * 200_000), always(Unrecognised)),
    Fault("redirect", lambda _: httpx.Response(302, headers={"location": "https://attacker.example/"}), always(Unrecognised)),
    Fault("204", raw(204, b"", ""), always(Unrecognised)),
    Fault("announced too large", lambda _: httpx.Response(200, headers={"content-length": str(33 * 2**20)}, stream=Pieces([b"x"])), always(Unrecognised)),
)  # fmt: skip


@subjects
@pytest.mark.parametrize("fault", FAULTS, ids=[f.name for f in FAULTS])
def test_a_fault_gives_its_reason_and_nothing_else(fact: Fact, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    r, found = ask(fact, fault.reply)
    assert isinstance(found, Undecided), found
    assert type(found).reason is fault.expected(fact).reason, (found, type(found))
    asked = len(r.network.requests)
    if fault.requests is None:
        assert 2 <= asked <= attempts(fact)
    else:
        assert asked == fault.requests + (1 if fault.doubted and fact.door is Door.GRAPH else 0)
    assert r.time.waited < 120
    if fault.names == "permissions":
        assert all(p.name in found.remedy for p in fact.permissions), found.remedy
    if fault.names == "plans":
        assert all(p.title in found.remedy for p in fact.plans), found.remedy
    everything = f"{found!r} {found.because} {found.remedy} {caplog.text}"
    for secret in (SECRET_TOKEN, "northcreek", "NORTHCREEK", "clinic-owner"):
        assert secret not in everything
    _only_own_hosts(r)


@subjects
@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("429", says(429, {"error": {}}, {"retry-after": "7"})),
        ("429 with a date", says(429, {"error": {}}, {"retry-after": "Tue, 24 Nov 2026 03:00:09 GMT", "date": "Tue, 24 Nov 2026 03:00:02 GMT"})),
        ("429 without a time", says(429, {"error": {}})),
        ("503 with a time", says(503, {"error": {}}, {"retry-after": "7"})),
        ("500", raw(500, b"", "")),
        ("502", raw(502, b"", "")),
        ("504", raw(504, b"", "")),
        ("reset", raises(httpx.ReadError)),
        ("timeout", raises(httpx.ConnectTimeout)),
        ("401", raw(401, b"", "")),
    ],
)
def test_what_passes_is_asked_again(fact: Fact, name: str, bad: Reply) -> None:
    r, found = ask(fact, [bad, good(fact)])
    assert isinstance(found, list), found
    assert len(found) == 1
    assert len(r.network.requests) == 2
    if name in {"429", "429 with a date", "503 with a time"}:
        assert r.time.waited >= 7
    if name == "429 without a time":
        assert r.time.waited >= 1
    _only_own_hosts(r)


@subjects
def test_the_time_that_is_left_bounds_every_wait(fact: Fact) -> None:
    r, found = ask(fact, says(429, {"error": {}}, {"retry-after": "20"}), budget=50.0)
    assert isinstance(found, Unreachable)
    assert r.time.waited <= 50
    assert len(r.network.requests) <= 3


@pytest.mark.parametrize("fact", STAND_INS, ids=[f.id for f in STAND_INS])
@pytest.mark.parametrize("piece", [b"", b" "])
def test_stalled_and_dripping_answers_end(fact: Fact, piece: bytes) -> None:
    async def slowly() -> None:
        await asyncio.sleep(0.02 if piece else 5)

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=Pieces([piece] * 1000, slowly))

    started = time.monotonic()
    r, found = ask(fact, reply, answer_seconds=0.04)
    assert isinstance(found, Unreachable)
    assert len(r.network.requests) == attempts(fact)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("fact", STAND_INS, ids=[f.id for f in STAND_INS])
def test_an_answer_without_end_is_cut_off(fact: Fact) -> None:
    chunk, read = b"x" * 2**20, []

    async def count() -> None:
        read.append(1)

    r, found = ask(fact, lambda _: httpx.Response(200, stream=Pieces([chunk] * 64, count)))
    assert isinstance(found, Unrecognised)
    assert "longer than" in found.because
    assert len(read) == 33, "no more is read than what proves that it is too much"
    assert len(r.network.requests) == 1


PAGING = [f for f in SUBJECTS if f.door in PAGED and not _counts(f)]
paging = pytest.mark.parametrize("fact", PAGING, ids=[f"{f.door.value}-{f.id}" for f in PAGING])


@paging
def test_a_long_list_is_read_to_its_end(fact: Fact) -> None:
    r, found = ask(fact, [says(200, page(fact, 1, link_of(fact.door, 1))), says(200, page(fact, 2, link_of(fact.door, 2))), says(200, page(fact, 3))])
    assert isinstance(found, list)
    assert [p.next_link is None for p in found] == [False, False, True]
    if fact.door in COMMANDS:
        assert len({q.content for q in r.network.requests}) == 1, "the same body is posted to every link"
        assert {q.method for q in r.network.requests} == {"POST"}


@paging
def test_circles_and_doubles_end(fact: Fact) -> None:
    r, found = ask(fact, [says(200, page(fact, 1, link_of(fact.door, 1))), says(200, page(fact, 2, link_of(fact.door, 1)))])
    assert isinstance(found, Unrecognised)
    assert len(r.network.requests) == 2
    r, found = ask(fact, [says(200, page(fact, 1, link_of(fact.door, n))) for n in range(5)])
    assert isinstance(found, Unrecognised)
    assert len(r.network.requests) == 2


@paging
@pytest.mark.parametrize("host", ["graph.attacker.example", "outlook.office365.com.attacker.example", "localhost", "169.254.169.254"])
def test_no_link_takes_the_token_elsewhere(fact: Fact, host: str) -> None:
    r, found = ask(fact, says(200, page(fact, 1, f"https://{host}/v1.0/x")))
    assert isinstance(found, Unrecognised)
    assert host not in r.network.hosts
    _only_own_hosts(r)


@paging
def test_a_link_that_is_no_text(fact: Fact) -> None:
    _, found = ask(fact, says(200, {"value": [{"id": "1"}], "@odata.nextLink": 7}))
    assert isinstance(found, Unrecognised)


@paging
def test_a_fault_on_the_second_page_is_a_fault_of_the_whole(fact: Fact) -> None:
    for reply in (raw(503, b"", ""), raises(httpx.ReadError), graph_error(403, "Authorization_RequestDenied"), raw(200, b"null")):
        _, found = ask(fact, [says(200, page(fact, 1, link_of(fact.door, 1))), reply])
        assert isinstance(found, Undecided)
    if fact.door is Door.GRAPH:
        _, found = ask(fact, [says(200, page(fact, 1, link_of(fact.door, 1))), graph_error(400, "Directory_ExpiredPageToken")])
        assert isinstance(found, PageTokenExpired)


@subjects
def test_an_empty_list_is_an_answer(fact: Fact) -> None:
    if not _counts(fact):
        _, found = ask(fact, says(200, {"value": []}))
        assert isinstance(found, list)


OWN = ("graph.microsoft.com", "outlook.office365.com", "ps.compliance.protection.outlook.com", "nam12b.ps.compliance.protection.outlook.com", "api.interfaces.records.teams.microsoft.com", "northcreek-admin.sharepoint.com")  # fmt: skip


def _only_own_hosts(r: Rig) -> None:
    assert r.network.hosts <= set(OWN), r.network.hosts
    assert all(q.url.scheme == "https" for q in [*r.network.requests, *r.network.side])
