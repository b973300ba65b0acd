"""The Graph door: what it asks, how it follows, whom it gives its token."""

import json
import logging

import httpx
import pytest

from scanners.doors import PageTokenExpired
from scanners.doors.graph import headers_of, with_query
from scanners.errors import CatalogueError, Unreachable, Unrecognised
from scanners.model import Ask, Door, Fact, Throttle
from scanners.permissions import POLICY_READ_ALL
from tests.doors.rig import SECRET_TOKEN, Pieces, body, gather, graph_error, raises, rig, run, says

USERS = Fact(reading=None, id="users", permissions=(POLICY_READ_ALL,))
ASK = Ask(build=lambda g: g.users, query={"$select": "id,userType", "$filter": "userType eq 'Guest' and accountEnabled eq true", "$top": "500"})
V1 = "https://graph.microsoft.com/v1.0"


def test_the_url_comes_from_the_builder_and_the_query_is_ours() -> None:
    r = rig(says(200, {"value": []}))
    run(gather(r.doors, USERS, ASK))
    request = r.network.requests[0]
    assert str(request.url) == f"{V1}/users?$select=id,userType&$filter=userType%20eq%20'Guest'%20and%20accountEnabled%20eq%20true&$top=500"
    assert request.headers["prefer"] == "include-unknown-enum-members"
    assert request.headers["authorization"] == f"Bearer {SECRET_TOKEN}-0"
    assert request.headers["client-request-id"]
    assert request.headers["user-agent"] == "hipaa-m365-scanner"
    assert request.method == "GET"


def test_headers_of_an_ask_are_sent_and_preferences_joined() -> None:
    r = rig(says(200, 7))
    ask = Ask(build=lambda g: g.groups.by_group_id("g-1").members.count, headers={"ConsistencyLevel": "eventual", "Prefer": "odata.maxpagesize=10"})
    pages = run(gather(r.doors, USERS, ask))
    assert pages[0].body == b"7"
    assert r.network.requests[0].headers["consistencylevel"] == "eventual"
    assert r.network.requests[0].headers["prefer"] == "odata.maxpagesize=10, include-unknown-enum-members"
    assert str(r.network.requests[0].url) == f"{V1}/groups/g-1/members/$count"


def test_the_bytes_are_those_that_came() -> None:
    text = b'{ "value" : [ {"id":"1", "odd":1.50 } ] ,"\\u00e9":null}'
    r = rig(
        lambda _: httpx.Response(
            200, content=text, headers={"content-type": "application/json", "date": "Tue, 24 Nov 2026 03:00:00 GMT", "request-id": "r-1"}
        )
    )
    (page,) = run(gather(r.doors, USERS, ASK))
    assert page.body == text
    assert (page.status, page.request_id, page.server_date) == (200, "r-1", "Tue, 24 Nov 2026 03:00:00 GMT")
    assert (page.api_version, page.interface, page.method) == ("v1.0", "supported", "GET")
    assert page.path.startswith("/v1.0/users?$select=")


def test_compressed_answers_arrive_decoded() -> None:
    import gzip

    text = b'{"value":[{"id":"1"}]}'
    packed = gzip.compress(text)
    headers = {"content-type": "application/json", "content-encoding": "gzip", "content-length": str(len(packed))}
    r = rig(lambda _: httpx.Response(200, headers=headers, stream=Pieces([packed[:9], packed[9:]])))
    (page,) = run(gather(r.doors, USERS, ASK))
    assert page.body == text


def test_beta_paths_and_versions() -> None:
    r = rig(says(200, {"value": []}))
    for path in ("/beta/legacy/policies", "legacy/policies", "/v1.0/applications(appId='x')/owners"):
        pages = run(gather(r.doors, USERS, Ask(path=path)))
        assert pages[0].api_version == ("v1.0" if path.startswith("/v1.0") else "beta")
    assert [str(q.url.path) for q in r.network.requests] == ["/beta/legacy/policies", "/beta/legacy/policies", "/v1.0/applications(appId='x')/owners"]


def test_only_reading() -> None:
    r = rig(says(200, {}))
    with pytest.raises(CatalogueError):
        run(gather(r.doors, USERS, Ask(path="/v1.0/users", method="POST", body={})))
    assert not r.network.requests


def _page(number: int, link: str | None) -> dict[str, object]:
    return {"value": [{"id": str(number)}], **({"@odata.nextLink": link} if link else {})}


def test_links_are_followed_as_they_are() -> None:
    link = f"{V1}/users?$skiptoken=RFNwdAIAAQAAAB%2b%2f%3D&$top=500"
    r = rig([says(200, _page(1, link)), says(200, _page(2, None))])
    pages = run(gather(r.doors, USERS, ASK))
    assert [body(p)["value"][0]["id"] for p in pages] == ["1", "2"]
    assert str(r.network.requests[1].url) == link
    assert pages[0].next_link == link
    assert pages[1].next_link is None
    assert r.doors.tally.requests == 2


def test_a_second_attempt_continues_from_the_stored_link() -> None:
    link = f"{V1}/users?$skiptoken=X2"
    r = rig(says(200, _page(2, None)))
    pages = run(gather(r.doors, USERS, ASK, link))
    assert [str(q.url) for q in r.network.requests] == [link]
    assert len(pages) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.attacker.example/v1.0/users?$skiptoken=1",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:8443/v1.0/users",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://u@graph.microsoft.com/v1.0/users",
        "/v1.0/users?$skiptoken=1",
    ],
)
def test_links_elsewhere_are_refused_before_the_token_leaves(link: str) -> None:
    r, pages = rig(says(200, _page(1, link))), []

    async def story() -> None:
        async for page in r.doors[Door.GRAPH].pages(USERS, ASK):
            pages.append(page)  # noqa: PERF401 - keeps what came before the refusal

    with pytest.raises(Unrecognised, match="another host"):
        run(story())
    assert not pages, "a page whose list cannot be read to its end is not handed on"
    with pytest.raises(Unrecognised, match="another host"):
        run(gather(r.doors, USERS, ASK, link))
    assert r.network.hosts == {"graph.microsoft.com"}
    assert len(r.network.requests) == 1


def test_a_circle_of_links_ends() -> None:
    link = f"{V1}/users?$skiptoken=1"
    r = rig([says(200, _page(1, link)), says(200, _page(2, link))])
    with pytest.raises(Unrecognised, match="circle"):
        run(gather(r.doors, USERS, ASK))
    assert len(r.network.requests) == 2


def test_a_page_that_comes_twice_is_not_counted_twice() -> None:
    r = rig([says(200, _page(1, f"{V1}/users?$skiptoken={n}")) for n in range(9)])
    with pytest.raises(Unrecognised, match="same page twice"):
        run(gather(r.doors, USERS, ASK))
    assert len(r.network.requests) == 2


def test_empty_pages_may_repeat() -> None:
    pages = [says(200, {"value": [], "@odata.nextLink": f"{V1}/users?$skiptoken={n}"}) for n in range(3)]
    r = rig([*pages, says(200, _page(9, None))])
    assert len(run(gather(r.doors, USERS, ASK))) == 4


def test_most_pages_stops_and_keeps_the_link_as_a_trace() -> None:
    r = rig([says(200, _page(n, f"{V1}/users?$skiptoken={n}")) for n in range(9)])
    pages = run(gather(r.doors, USERS, Ask(build=lambda g: g.users, most_pages=2)))
    assert len(pages) == len(r.network.requests) == 2
    assert pages[-1].next_link


def test_a_list_without_end_is_refused() -> None:
    from dataclasses import replace

    r = rig([says(200, _page(n, f"{V1}/users?$skiptoken={n}")) for n in range(9)])
    door = replace(r.doors[Door.GRAPH], most_pages=3)  # type: ignore[type-var]

    async def read() -> None:
        async for _ in door.pages(USERS, ASK):
            pass

    with pytest.raises(Unrecognised, match="more than 3 pages"):
        run(read())
    assert len(r.network.requests) == 4


@pytest.mark.parametrize(
    "error",
    [
        graph_error(400, "Directory_ExpiredPageToken", "The specified page token value has expired"),
        graph_error(410, "resyncRequired"),
        graph_error(400, "BadRequest", "Skip token is null or expired"),
    ],
)
def test_an_expired_link_is_told_apart(error: object) -> None:
    r = rig([says(200, _page(1, f"{V1}/users?$skiptoken=1")), error])  # type: ignore[list-item]
    with pytest.raises(PageTokenExpired) as caught:
        run(gather(r.doors, USERS, ASK))
    assert isinstance(caught.value, Unreachable)
    r = rig(error)  # type: ignore[arg-type]
    with pytest.raises(PageTokenExpired):
        run(gather(r.doors, USERS, ASK, f"{V1}/users?$skiptoken=1"))


def test_a_refused_token_is_renewed_once_and_the_challenge_answered() -> None:
    import base64

    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    challenge = {"www-authenticate": f'Bearer realm="", error="insufficient_claims", claims="{base64.b64encode(claims.encode()).decode()}"'}
    r = rig([says(401, {"error": {"code": "InvalidAuthenticationToken"}}, challenge), says(200, {"value": []})])
    run(gather(r.doors, USERS, ASK))
    assert claims in r.tokens.claims
    r = rig([says(401, {"error": {"code": "InvalidAuthenticationToken"}}), says(200, {"value": []})])
    run(gather(r.doors, USERS, ASK))
    assert r.tokens.renewed == 1
    assert [q.headers["authorization"][-1] for q in r.network.requests] == ["0", "1"]


def test_tolerated_statuses_are_answers() -> None:
    r = rig(graph_error(404, "Request_ResourceNotFound"))
    (page,) = run(gather(r.doors, USERS, Ask(build=lambda g: g.groups.by_group_id("gone"), about="gone", tolerates=frozenset({404}))))
    assert page.status == 404
    assert json.loads(page.body)["error"]["code"] == "Request_ResourceNotFound"
    assert page.next_link is None


def test_an_object_that_vanished_is_no_missing_interface() -> None:
    r = rig(graph_error(404, "Request_ResourceNotFound"))
    with pytest.raises(Unreachable, match="gone"):
        run(gather(r.doors, USERS, Ask(build=lambda g: g.groups.by_group_id("gone"), about="gone")))


def test_redirects_are_not_followed() -> None:
    r = rig(lambda _: httpx.Response(302, headers={"location": "https://elsewhere.example/steal"}))
    with pytest.raises(Unrecognised, match="redirect"):
        run(gather(r.doors, USERS, ASK))
    assert len(r.network.requests) == 1


def test_the_false_licence_error_is_asked_about_once_more() -> None:
    wrong = graph_error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    r = rig([wrong, says(200, {"value": []})])
    run(gather(r.doors, USERS, ASK))
    assert len(r.network.requests) == 2


def test_conditional_access_is_asked_one_at_a_time_and_slowly() -> None:
    import asyncio

    r = rig(says(200, {"value": []}))
    policies = Fact(reading=None, id="conditional_access_policies", throttle=Throttle.CONDITIONAL_ACCESS)

    async def many() -> None:
        await asyncio.gather(*(gather(r.doors, policies, Ask(build=lambda g: g.identity.conditional_access.policies)) for _ in range(5)))

    started = r.time.seconds
    run(many())
    assert r.time.seconds - started == pytest.approx(4.4)


def test_logs_and_errors_hold_no_token_and_no_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    r = rig([raises(httpx.ConnectError), graph_error(403, "Authorization_RequestDenied")])
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any text is searched
        run(gather(r.doors, USERS, ASK))
    everything = caplog.text + str(caught.value) + repr(caught.value) + str(getattr(caught.value, "remedy", ""))
    assert SECRET_TOKEN not in everything
    assert "northcreek" not in everything
    assert "$filter" not in everything


def test_helpers() -> None:
    assert with_query("https://x/y?a=1", {"$search": '"a&b+c"'}) == "https://x/y?a=1&$search=%22a%26b%2Bc%22"
    assert headers_of(Ask(headers={"Prefer": "include-unknown-enum-members"}))["prefer"] == "include-unknown-enum-members"
