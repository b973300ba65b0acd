"""The door to Microsoft Graph, v1.0, and beta where a fact says so.

The SDK's request builders write the URLs, so that a path that does not exist cannot be asked for; its adapter sends them, and its
native response handler hands the answer back whole. Its own repetition, redirects, URL rewriting and typed models stay out: they wait
without limit, follow anywhere, decode what we encoded, and lose enum members that they do not know.
"""

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import httpx

from scanners.doors import classify, remedies
from scanners.doors.batch import batch_pages
from scanners.doors.hosts import same_origin
from scanners.doors.paging import MOST_PAGES, PageTokenExpired, Walk
from scanners.doors.transport import Answered, Line
from scanners.doors.way import Way, answer, decoded_claims, dumps, path_of, read, rows_of
from scanners.errors import CatalogueError, Unreachable, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

V1, BETA = "v1.0", "beta"
_SAFE = "$,()'/:*@;!-._~"  # what Graph's own links leave as it is; the rest is percent-encoded
# Enumerations grow; without this header Graph writes new members as unknownFutureValue: https://learn.microsoft.com/graph/best-practices-concept
EVERY_MEMBER = "include-unknown-enum-members"


def with_query(url: str, query: Mapping[str, str]) -> str:
    """`url` with the OData options of an ask."""
    if not query:
        return url
    text = "&".join(f"{quote(key, safe='$')}={quote(value, safe=_SAFE)}" for key, value in query.items())
    return f"{url}{'&' if '?' in url else '?'}{text}"


def headers_of(ask: Ask) -> dict[str, str]:
    """The headers of an ask, with the one preference that every request has."""
    given = {key.lower(): value for key, value in ask.headers.items()}
    prefer = given.get("prefer", "")
    if EVERY_MEMBER not in prefer:
        given["prefer"] = f"{prefer}, {EVERY_MEMBER}" if prefer else EVERY_MEMBER
    return {"accept": "application/json", **given}


class Sdk:
    """The SDK's client and adapter over our own HTTP client; loaded at first use, because its import takes a third of a second."""

    def __init__(self, way: Way) -> None:
        from kiota_abstractions.authentication import AuthenticationProvider
        from kiota_abstractions.native_response_handler import NativeResponseHandler
        from kiota_http.httpx_request_adapter import HttpxRequestAdapter
        from kiota_http.middleware.options import ResponseHandlerOption
        from kiota_http.observability_options import ObservabilityOptions
        from msgraph import GraphServiceClient

        class OwnHostOnly(AuthenticationProvider):
            """Attaches the token to requests for this door's host and refuses all others; the SDK's default sends it anywhere."""

            async def authenticate_request(self, request: Any, additional_authentication_context: dict[str, Any] | None = None) -> None:
                if not same_origin(request.url, way.base):
                    raise Unrecognised("the request would have left for another host; it was not sent", remedies.REPORT)
                claims = (additional_authentication_context or {}).get("claims")
                token = await way.tokens.bearer(way.scope, decoded_claims(claims) if claims else None)
                request.headers.remove("authorization")
                request.headers.add("authorization", f"Bearer {token}")

        observed = ObservabilityOptions(include_euii_attributes=False)  # URLs hold ids of the tenant and must not reach a tracer
        self._adapter = HttpxRequestAdapter(OwnHostOnly(), http_client=way.line.http, observability_options=observed)
        self._adapter.base_url = f"{way.base}/{V1}"
        self._client = GraphServiceClient(request_adapter=self._adapter)
        self._whole = ResponseHandlerOption(NativeResponseHandler())

    def url(self, build: Any) -> str:
        """The URL that a request builder stands for, without a query. `build` is given the SDK's client."""
        builder = build(self._client)
        information = builder.to_get_request_information()
        self._adapter.set_base_url_for_request_information(information)
        return str(information.url)

    async def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> httpx.Response:
        """One request, as it is, and its answer, as it came."""
        from kiota_abstractions.method import Method
        from kiota_abstractions.request_information import RequestInformation

        information = RequestInformation()
        information.http_method = Method(method)
        information.url = url
        for key, value in {**headers, "client-request-id": str(uuid.uuid4())}.items():
            information.headers.add(key, value)
        information.content = content
        information.add_request_options([self._whole])
        response: httpx.Response = await self._adapter.send_primitive_async(information, "bytes", None)
        return response


@dataclass(frozen=True)
class GraphDoor:
    """Microsoft Graph as a fact's door."""

    way: Way
    most_pages: int = MOST_PAGES
    _loaded: list[Sdk] = field(default_factory=list)

    def on(self, line: Line) -> "GraphDoor":
        """The same door on another line."""
        return replace(self, way=replace(self.way, line=line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The pages of `ask`, from the first or from a stored link. Contract: DoorPort."""
        if ask.method == "POST" and ask.path.endswith("/$batch"):
            async for page in batch_pages(self, fact, ask):
                yield page
            return
        if ask.operations:
            raise Unreachable("the audit log search was not started in this run, so it has no answer")
        if ask.method != "GET":
            raise CatalogueError(f"fact {fact.id}: Graph is only read; {ask.method} is for the doors that start jobs")
        if resume is not None and not same_origin(resume, self.way.base):
            raise Unrecognised("the stored link to the next page leads to another host; it was not followed", remedies.REPORT)
        async for page in self.follow(fact, ask, resume or self.url(ask), later=resume is not None):
            yield page

    async def follow(self, fact: Fact, ask: Ask, first: str, *, later: bool) -> AsyncIterator[Answer]:
        """The pages from `first` on; `later` says that it is a link out of an earlier page."""
        walk = Walk(self.way.base, first, self.most_pages)
        url: str | None = first
        while url is not None:
            page, url = await self._page(fact, ask, url, walk, later=later or walk.pages > 0)
            yield page

    async def _page(self, fact: Fact, ask: Ask, url: str, walk: Walk, *, later: bool) -> tuple[Answer, str | None]:
        answered = await self.call("GET", url, fact.throttle, headers=headers_of(ask))
        if later and classify.page_token_expired(answered.status, answered.body):
            raise PageTokenExpired("the link to the next page has expired")
        body = read(answered, fact, ask)
        _check_shape(body, answered, url, ask)
        path = path_of(url, self.way.base)
        page = answer(answered, path=path, method="GET", body=body, api_version=path.split("/", 2)[1], interface="supported")
        walk.arrived(rows_of(body))
        if page.next_link is None or (ask.most_pages and walk.pages >= ask.most_pages):
            return page, None
        return page, walk.follow(page.next_link)

    async def call(
        self,
        method: str,
        url: str,
        throttle: Throttle,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool = True,
        cost: int = 1,
    ) -> Answered:
        """One request to an absolute URL of this door, paced and repeated. Used by the pages here and by the doors that start jobs."""
        content = dumps(body) if body is not None else None
        sent = dict(headers or headers_of(Ask()))
        if content is not None:
            sent["content-type"] = "application/json"
        return await self.way.exchange(
            lambda _: self._sdk.send(method, url, sent, content),
            throttle,
            repeatable=repeatable,
            doubtful=lambda a: classify.licence_doubt(a.status, a.body),
            cost=cost,
        )

    def url(self, ask: Ask) -> str:
        """The absolute URL of an ask. A path without a version is a beta path: v1.0 has builders for nearly everything."""
        if ask.build is not None:
            return with_query(self._sdk.url(ask.build), ask.query)
        path = ask.path if ask.path.startswith("/") else f"/{ask.path}"
        if not path.startswith((f"/{V1}/", f"/{BETA}/")):
            path = f"/{BETA}{path}"
        return with_query(f"{self.way.base}{path}", ask.query)

    @property
    def _sdk(self) -> Sdk:
        if not self._loaded:
            self._loaded.append(Sdk(self.way))
        return self._loaded[0]


def _check_shape(body: Any, answered: Answered, url: str, ask: Ask) -> None:
    """Graph answers with objects, and `$count` with a number; `value` is a list wherever it stands beside a link."""
    if answered.status in ask.tolerates:
        return
    if url.split("?", 1)[0].endswith("/$count"):
        good = isinstance(body, int) and not isinstance(body, bool)
    else:
        good = isinstance(body, dict) and "error" not in body and ("@odata.nextLink" not in body or isinstance(body.get("value"), list))
    if not good:
        raise Unrecognised("Microsoft Graph answered with something that is not an object or a list of objects", remedies.REPORT)
