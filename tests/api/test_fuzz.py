"""Every operation, asked with values that people, programs and attackers send: no fault of ours, and no answer that is not described.

The answers are compared with the description by `Api.ask`. Starting runs is left out here: it is tested where a run may be started.
"""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.openapi import document
from tests.api.rig import ADMINISTRATOR, OTHER, OWNER, Api
from tests.api.test_auditor import shared
from tests.api.test_console import form_of
from tests.api.test_records import exception, statement

DOCUMENT = document("host.example", "https")
OPERATIONS = {
    each["operationId"]: (method.upper(), path, each) for path, methods in DOCUMENT["paths"].items() for method, each in methods.items() if each["operationId"] != "StartRun"
}  # fmt: skip
ODD = st.one_of(
    st.sampled_from(["x", "0", "-1", "null", "%", "..%2f", "../x", "a" * 600, "'", "\" or 1 eq 1", "\u202e", "\u0000", "\U0001f600", "\ud7ff", "*", ";", "{}", "1e999", "NaN"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD, inner, max_size=4),
    max_leaves=8,
)
QUICK = settings(max_examples=14, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def known(app: Api) -> dict[str, list[str]]:
    """Values that exist, so that the requests come past the first check."""
    link, _, secret = shared(app)
    made = app.post("/v1/statements", statement(app), key="admin").json["id"]
    decided = app.post("/v1/exceptions", exception(), key="admin", headers=app.bearer()).json["id"]
    return {
        "run": [app.run], "fact": ["domains"], "number": ["1"], "control": ["global_administrators_are_few"], "id": [made, decided, link["id"], OTHER],
        "link": [link["id"]], "key": [secret], "page": ["statements", "link", "links", "access"], "verb": ["approve", "withdraw", "revoke"],
    }  # fmt: skip


def value_of(parameter: dict[str, Any], known: dict[str, list[str]]) -> st.SearchStrategy[str]:
    good = [*known.get(parameter["name"], []), *map(str, parameter.get("enum", [])), *(["7"] if parameter["type"] == "integer" else [])]
    good += {"outcome": ["fail"], "status": ["active", "completed", "pending"], "topic": ["access"], "month": ["202611"], "since": known["run"]}.get(
        parameter["name"], []
    )
    return st.one_of(st.sampled_from(good), ODD) if good else ODD


def body_of(name: str, app: Api) -> st.SearchStrategy[Any]:
    """A good body with one thing changed, or none of the kind."""
    if "Exception" in name:
        base: dict[str, Any] = exception()
    elif name == "CreateAuditorLink":
        base = {"name": "Ada Finch", "organisation": "Finch Audit", "scope": {"kind": "latest"}}
    elif name == "ApproveStatement":
        base = {"result": "approved"}
    else:
        base = statement(app)
    changed = st.tuples(st.sampled_from([*base, "new", "details", "scope"]), JSON).map(lambda pair: {**base, pair[0]: pair[1]})
    fewer = st.sampled_from([*base]).map(lambda gone: {key: value for key, value in base.items() if key != gone})
    return st.one_of(changed, fewer, JSON)


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_that_is_sent_is_a_fault_of_ours(app: Api, known: dict[str, list[str]], name: str) -> None:
    method, template, operation = OPERATIONS[name]
    token = app.bearer(OWNER, ADMINISTRATOR)

    @QUICK
    @given(st.data())
    def ask(data: Any) -> None:
        path, query, headers, body = template, {}, {}, None
        for each in operation.get("parameters", []):
            if each["in"] == "path":
                text = data.draw(value_of(each, known).filter(lambda text: text.strip(".") != ""))
                path = path.replace(f"{{{each['name']}}}", quote(text, safe=""))
            elif each["in"] == "query" and (each["name"] == "key" or data.draw(st.booleans())):
                query[each["name"]] = data.draw(value_of(each, known))
            elif each["in"] == "header" and data.draw(st.booleans()):
                headers[each["name"]] = data.draw(
                    st.sampled_from([token["Authorization"], "Bearer x", "bytes=0-9", "bytes=9-", "*", '"x", W/"y"', "x" * 300])
                )
            elif each["in"] == "body" and "$ref" in each["schema"]:
                body = data.draw(body_of(name, app))
            elif each["in"] == "body":
                body = data.draw(st.binary(max_size=200))
                headers["Content-Type"] = data.draw(st.sampled_from([*operation["consumes"], "text/html", ""]))
        if operation["x-auth-level"] == "anonymous" and data.draw(st.booleans()):
            headers["Accept"] = "text/html"
        answer = app.ask(method, path + (f"?{urlencode(query)}" if query else ""), key="admin", body=body, headers=headers)
        assert answer.status < 500 or (name, answer.status) == ("RunStatus", 500)
        assert "Traceback" not in answer.body.decode("utf-8", "replace")

    ask()


@pytest.mark.parametrize("page", ["statement", "exception", "link"])
def test_forms_take_anything_without_a_fault(app: Api, page: str) -> None:
    token, headers = form_of(app, app.bearer(), f"/{page}?type=baa_microsoft")
    names = {
        "statement": ["type", "statement", "attester.name", "attester.role", "attester.entra_object_id", "effective_from", "expires_at", "details", "no_phi"],
        "exception": ["control", "kind", "reason", "compensating_measure", "objects", "expires_at"],
        "link": ["name", "organisation", "scope", "run", "first", "last", "expires_on", "download_limit"],
    }[page]  # fmt: skip
    good = {"type": "baa_microsoft", "no_phi": "yes", "scope": "period", "kind": "risk_acceptance", "control": "global_administrators_are_few"}

    @QUICK
    @given(st.dictionaries(st.sampled_from(names), ODD, max_size=6))
    def send(fields: dict[str, str]) -> None:
        sent = {**good, **fields, "form_token": token}
        assert app.form(f"/console/{page}", sent, key=None, headers=headers).status in (201, 303, 404, 422)

    send()


@pytest.mark.parametrize(
    "media",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-7"],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n', b"\x00\xff" * 50, b"a=%ff&b=%00&form_token=%ff"],
)
def test_broken_forms_are_refused(app: Api, media: str, body: bytes) -> None:
    _, headers = form_of(app, app.bearer())
    for path in ("/console/statement", "/console/links/x/revoke", "/console/sign-in"):
        answer = app.ask("POST", path, key=None, body=body, headers={**headers, "Content-Type": media})
        assert answer.status in (400, 403, 410, 415)


def test_duplicate_headers_and_parameters_are_no_fault(app: Api) -> None:
    import http.client

    host = app.held.host
    for path in (
        f"/api/v1/runs/{app.run}/package?part=core&part=core",
        f"/api/v1/runs/{app.run}/results?limit=1&limit=2",
        "/api/v1/attestations/latest",
    ):
        connection = http.client.HTTPConnection("127.0.0.1", int(host.url.rpartition(":")[2]), timeout=30)
        connection.putrequest("GET", path)
        for name, value in (("x-functions-key", host.keys.default), ("Range", "bytes=0-1"), ("Range", "bytes=2-3"), ("Cookie", "a=b"), ("Cookie", "c=\"d"),
                            ("If-None-Match", "x"), ("If-None-Match", "y")):  # fmt: skip
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status in (200, 400)
        answer.read()
        connection.close()
