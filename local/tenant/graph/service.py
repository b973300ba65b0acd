"""Microsoft Graph: one request in, one answer out. Order of refusals as at the real gateway: path, token, throttling, permission, licence, query."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from local.tenant.answers import GRAPH_JSON, Answer, Refusal, bad_request, graph_headers
from local.tenant.graph import licences, lookup, permissions, sources
from local.tenant.graph.routes import Route, resolve
from local.tenant.jwt import BadTokenError, Signer
from local.tenant.odata import paging, query, render
from local.tenant.odata.query import Query
from local.tenant.rows import Lazy, Row, find
from local.tenant.schema import shape
from local.tenant.throttle import Throttle
from local.tenant.world import World

MOST_SIFTED = 64
ADVANCED = {"ne", "not", "endswith"}
AUDIENCES = {"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"}


@dataclasses.dataclass(frozen=True)
class Call:
    """One request to any end: path without query, headers in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base: str
    at_batch: bool = False

    @property
    def target(self) -> str:
        """Path and query, as faults match it."""
        return f"{self.path}?{self.query}" if self.query else self.path


def claims(call: Call, signer: Signer, audiences: Collection[str]) -> dict[str, Any]:
    """The claims of the caller's token; raises the 401 that a bad one is answered with."""
    word, _, token = call.headers.get("authorization", "").partition(" ")
    if word.lower() != "bearer" or not token:
        raise Refusal(401, "InvalidAuthenticationToken", "Access token is empty.")
    try:
        found = signer.read(token)
    except BadTokenError as error:
        texts = {
            "malformed": "IDX14100: JWT is not well formed, there are no dots (.).",
            "signature": "Access token validation failure. Signature is invalid.",
            "expired": "Lifetime validation failed, the token is expired.",
        }
        raise Refusal(401, "InvalidAuthenticationToken", texts[error.reason]) from error
    if found["aud"] not in audiences:
        raise Refusal(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
    return found


class Graph:
    """Read requests of one tenant's Graph; the asynchronous ends and `$batch` are beside this."""

    def __init__(self, world: World, throttle: Throttle, signer: Signer, pager: paging.Pager) -> None:
        self.world, self.throttle, self.signer, self.pager = world, throttle, signer, pager
        self._sifted: dict[tuple[str, str], Sequence[Row]] = {}

    def answer(self, call: Call) -> Answer:
        """GET of a v1.0 or beta path; raises Refusal."""
        _, version, path = call.path.split("/", 2)
        route = resolve(path, version)
        roles = claims(call, self.signer, AUDIENCES)["roles"]
        options = query.parse(call.query)
        self.throttle.take(route.row["class"], cost(route, options))
        permissions.check(route.row, roles, options.select, single=route.key is not None)
        self._licence(route, options)
        self._headers(route, call)
        answer = self._one(call, route, options, version) if route.row.get("one") or route.key else self._many(call, route, options, version, roles)
        prefer = call.headers.get("prefer", "")
        extra = {"Preference-Applied": "include-unknown-enum-members"} if "include-unknown-enum-members" in prefer else {}
        if route.row["class"] == "DIR":
            extra["x-ms-resource-unit"] = str(cost(route, options))
        return dataclasses.replace(answer, headers={**graph_headers(call.headers.get("client-request-id")), **answer.headers, **extra})

    def _licence(self, route: Route, options: Query) -> None:
        row = route.row
        licences.check(row.get("licence"), self.world.plans, self.world.graph)
        for name, rule in row.get("select_licence", {}).items():
            if name in (options.select or ()) or (options.filter and name in options.filter.paths):
                licences.check(rule, self.world.plans, self.world.graph)

    def _headers(self, route: Route, call: Call) -> None:
        for name in route.row.get("headers", ()):
            if name not in call.headers:
                raise bad_request(f"Request is missing the required header {name}.", "badRequest")

    def _select(self, options: Query, row: Mapping[str, Any], version: str, cast: str | None) -> None:
        name = cast or row["type"]
        if name != "directoryObject":
            render.check_select(options.select, name, version)
        for wanted in options.expand:
            if wanted.name not in {*row.get("expand", ()), *row.get("always", ())}:
                text = f"Parsing OData Select and Expand failed: Could not find a property named '{wanted.name}' on type 'microsoft.graph.{name}'."
                raise bad_request(text)

    def _one(self, call: Call, route: Route, options: Query, version: str) -> Answer:
        row = route.row
        self._select(options, row, version, route.cast)
        if route.key is not None:
            rows = sources.rows(self.world, row["from"], route.ids, one=False)
            entity = self._find(rows, row, route.key)
            if entity is None:
                raise self._not_found(row, route.key)
        else:
            entity = sources.rows(self.world, row["from"], route.ids, one=True)
        single = {
            key: value for key, value in row.items() if not (route.key and key in {"default", "null_in_list"} and "list_only" in row)
        } | row.get("single", {})
        entity = sources.expanded(self.world, row["type"], entity, [one.name for one in options.expand])
        found = render.entity(entity, options.select, options.expand, single, version)
        found = self._shown(found, row, call)
        if row.get("beta") == "list" and version == "beta":
            return self._json({"@odata.context": self._context(call, version, row, options), "value": [found]}, options, row)
        return self._json({"@odata.context": f"{self._context(call, version, row, options)}/$entity", **found}, options, row)

    def _find(self, rows: Sequence[Row], row: Mapping[str, Any], key: str) -> Row | None:
        if key.startswith("appId=") and row.get("alternate") == "appId":
            return find(rows, "appId", key.removeprefix("appId="))
        return find(rows, row.get("key", "id"), key)

    def _not_found(self, row: Mapping[str, Any], key: str) -> Refusal:
        if row["class"] == "DIR":
            return lookup.absent(key)
        if row["class"] == "TMS":
            return Refusal(404, "NotFound", f"No team found with Group Id {key}")
        return Refusal(404, "ResourceNotFound" if row["class"] == "INT" else "NotFound", f"The resource '{key}' could not be found.")

    def _many(self, call: Call, route: Route, options: Query, version: str, roles: Collection[str]) -> Answer:
        row, eventual = route.row, call.headers.get("consistencylevel", "").lower() == "eventual"
        self._select(options, row, version, route.cast)
        self._check_filter(row, options, route.cast, version, eventual)
        rows: Sequence[Row] = [] if licences.silent(row, self.world.plans) else sources.rows(self.world, row["from"], route.ids, one=False)
        if route.cast:
            rows = _cast(rows, route.cast)
        if options.filter:
            rows = self._filtered(call.path, options, rows)
        if route.count:
            if not eventual:
                raise bad_request("$count is not currently supported.", "Request_BadRequest")
            return Answer(200, f"\ufeff{len(rows)}", {}, "text/plain")
        rules = {**row, "type": route.cast or row["type"], "typed": row.get("typed") and not route.cast}
        silent = permissions.silent_columns(row, roles)
        return self._page(call, rows, options, rules, version, silent, eventual)

    def _filtered(self, path: str, options: Query, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows that pass the filter. Large lists are sifted once, because every page of the answer needs the same rows."""
        assert options.filter is not None
        test = options.filter.test
        if not isinstance(rows, Lazy):
            return [entity for entity in rows if test(entity)]
        key = (path, options.filter_text or "")
        if key not in self._sifted:
            if len(self._sifted) >= MOST_SIFTED:
                self._sifted.clear()
            self._sifted[key] = rows.where(test)
        return self._sifted[key]

    def _page(
        self, call: Call, rows: Sequence[Row], options: Query, rules: Mapping[str, Any], version: str, silent: set[str], eventual: bool
    ) -> Answer:
        size = self._page_size(rules, options)
        scope = f"{call.path}?{options.text}"
        start = self.pager.offset(scope, options.skiptoken) if options.skiptoken else 0
        value = []
        names = [one.name for one in options.expand]
        for entity in rows[start : start + size]:
            shown = render.entity(sources.expanded(self.world, rules["type"], entity, names), options.select, options.expand, rules, version)
            for name in (*rules.get("null_in_list", ()), *silent):
                if name in shown:
                    shown[name] = None
            for name in silent:
                shown.pop(name, None)
            if "list_only" in rules:
                shown = {key: inner for key, inner in shown.items() if key in rules["list_only"]}
            value.append(self._shown(shown, rules, call))
        payload: dict[str, Any] = {"@odata.context": self._context(call, version, rules, options)}
        if options.count and (eventual or not rules.get("advanced")) and not options.skiptoken:
            payload["@odata.count"] = len(rows)
        if start + size < len(rows):
            payload["@odata.nextLink"] = paging.next_link(f"{call.base}{call.path}", options.text, self.pager.token(scope, start + size))
        return self._json({**payload, "value": value}, options, rules)

    def _page_size(self, rules: Mapping[str, Any], options: Query) -> int:
        if rules.get("paging") is False:
            return 10**9
        most = int(rules.get("top", 999))
        if options.top is not None and options.top > most and not rules.get("top_cuts"):
            raise bad_request(f"Invalid page size specified: '{options.top}'. Must be between 1 and {most} inclusive.", "Request_BadRequest")
        for name, limit in rules.get("select_top", {}).items():
            most = min(most, limit) if name in (options.select or ()) else most
        return min(most, options.top or int(rules.get("page", 100)))

    def _check_filter(self, row: Mapping[str, Any], options: Query, cast: str | None, version: str, eventual: bool) -> None:
        for word in row.get("filter", ()):
            if word not in (options.filter_text or ""):
                raise bad_request("The request must have a filter on scopeId and scopeType.", "MissingProvider")
        needed = row.get("filter_any", ())
        if needed and not any(word in (options.filter_text or "") for word in needed):
            raise bad_request(f"The request must have a filter on {' or '.join(needed)}.", "MissingParameters")
        if options.filter is None:
            return
        name = cast or row["type"]
        known = shape(name, version)
        for path in options.filter.paths:
            if known and name != "directoryObject" and path not in known and not path.startswith("@"):
                raise bad_request(f"Invalid filter clause: Could not find a property named '{path}' on type 'microsoft.graph.{name}'.")
        advanced = bool(options.filter.words & ADVANCED) or cast is not None
        if row.get("advanced") and advanced and not eventual:
            path = next(iter(options.filter.paths), "")
            text = f"Unsupported or invalid query filter clause specified for property '{path}' of resource '{name.title()}'."
            raise bad_request(text, "Request_UnsupportedQuery")

    def _shown(self, entity: dict[str, Any], row: Mapping[str, Any], call: Call) -> dict[str, Any]:
        if "include-unknown-enum-members" not in call.headers.get("prefer", ""):
            render.hide_new_members(entity, row["type"])
        return entity

    def _context(self, call: Call, version: str, row: Mapping[str, Any], options: Query) -> str:
        name = row["path"].strip("/")
        chosen = f"({','.join(options.select)})" if options.select else ""
        return f"{call.base}/{version}/$metadata#{name}{chosen}"

    def _json(self, payload: dict[str, Any], options: Query, row: Mapping[str, Any]) -> Answer:
        if row.get("tips") and options.select is None:
            context, rest = payload.pop("@odata.context"), payload
            tip = "Use $select to choose only the properties your app needs, as this can lead to performance improvements."
            payload = {"@odata.context": context, "@microsoft.graph.tips": tip, **rest}
        return Answer(200, payload, {}, GRAPH_JSON)


def _cast(rows: Sequence[Row], cast: str) -> Sequence[Row]:
    if isinstance(rows, Lazy) and cast == "user":
        return rows
    return [row for row in rows if str(row.get("@odata.type", "")).endswith(f".{cast}")]


def cost(route: Route, options: Query) -> int:
    """Resource units of the directory class: the path's own, less for `$select` and a small `$top`, more for `$expand`, at least one."""
    units = int(route.row.get("cost", 1)) - (options.select is not None) + bool(options.expand) - (options.top is not None and options.top < 20)
    return max(1, units)
