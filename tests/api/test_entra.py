"""Sign-in: a token is believed when its signature, issuer, audience, tenant, times and role are right, and not otherwise."""

import base64
import json
import time
from typing import Any

import pytest

from api import entra
from local.tenant import Fault
from local.tenant.jwt import Signer
from tests.api.rig import ADMINISTRATOR, CLIENT_ID, OTHER, OWNER, READER, Api


def asked(app: Api, token: str) -> int:
    """What the console answers to a token."""
    return app.get("/console", key=None, headers={"Authorization": f"Bearer {token}"}).status


def test_a_person_with_a_role_is_let_in(app: Api) -> None:
    for roles in ([ADMINISTRATOR], [READER], [READER, "Something.Else"]):
        assert asked(app, app.token(OWNER, *roles)) == 200
    assert asked(app, app.token(aud=f"api://{CLIENT_ID}")) == 200
    assert app.get("/console", key=None, headers={"X-MS-TOKEN-AAD-ID-TOKEN": app.token()}).status == 200


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"aud": "00000003-0000-0000-c000-000000000000"}, 401),
        ({"aud": [CLIENT_ID + "x", "y"]}, 401),
        ({"aud": None}, 401),
        ({"iss": "https://login.microsoftonline.com/common/v2.0"}, 401),
        ({"iss": None}, 401),
        ({"tid": "99999999-0000-4000-8000-000000000001"}, 401),
        ({"tid": None}, 401),
        ({"exp": NOW - 120}, 401),
        ({"exp": None}, 401),
        ({"nbf": NOW + 900}, 401),
        ({"iat": NOW + 900}, 401),
        ({"oid": None}, 401),
        ({"oid": ""}, 401),
        ({"oid": 7}, 401),
        ({"sub": None}, 401),
        ({"roles": []}, 403),
        ({"roles": None}, 403),
        ({"roles": ADMINISTRATOR}, 403),
        ({"roles": ["scanner.administrator"]}, 403),
        ({"idtyp": "app"}, 403),
        ({"sub": OWNER}, 403),
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_not_believed(app: Api, changed: dict[str, Any], status: int) -> None:
    assert asked(app, app.token(**changed)) == status


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_that_somebody_else_signed_is_not_believed(app: Api) -> None:
    good = app.token()
    head, claims, mark = good.split(".")
    ours = app.held.tenant.ends.sign_in.signer
    stranger = Signer()
    forged = stranger.sign(json.loads(base64.urlsafe_b64decode(claims + "==")))
    stranger.kid = ours.kid
    same_kid = stranger.sign(json.loads(base64.urlsafe_b64decode(claims + "==")))
    changed = _part({**json.loads(base64.urlsafe_b64decode(claims + "==")), "oid": OTHER})
    none = _part({"typ": "JWT", "alg": "none", "kid": ours.kid})
    hmac = _part({"typ": "JWT", "alg": "HS256", "kid": ours.kid})
    for token in (
        forged,
        same_kid,
        f"{head}.{changed}.{mark}",
        f"{none}.{claims}.",
        f"{hmac}.{claims}.{mark}",
        f"{head}.{claims}.",
        "x",
        "a.b.c",
        "a" * 4_000,
    ):
        assert asked(app, token) == 401


def test_a_header_that_anybody_can_write_signs_nobody_in(app: Api) -> None:
    principal = base64.b64encode(json.dumps({"userId": OWNER, "claims": [{"typ": "roles", "val": ADMINISTRATOR}]}).encode()).decode()
    headers = {"X-MS-CLIENT-PRINCIPAL": principal, "X-MS-CLIENT-PRINCIPAL-ID": OWNER, "X-MS-CLIENT-PRINCIPAL-NAME": "someone"}
    assert app.get("/console", key=None, headers=headers).status == 401


def test_an_unknown_key_id_does_not_make_the_sign_in_service_be_asked_each_time(app: Api) -> None:
    assert asked(app, app.token()) == 200
    tenant = app.held.tenant
    before = len([seen for seen in tenant.requests if "/discovery/" in seen.path])
    for _ in range(5):
        assert asked(app, Signer().sign({"oid": OWNER})) == 401
    assert len([seen for seen in tenant.requests if "/discovery/" in seen.path]) == before


def test_a_new_key_of_the_tenant_is_taken_up(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(app, app.token()) == 200
    sign_in, old = app.held.tenant.ends.sign_in, app.held.tenant.ends.sign_in.signer
    monkeypatch.setattr(entra, "AGAIN", -1.0)
    try:
        sign_in.signer = Signer()
        assert asked(app, app.token()) == 200
    finally:
        sign_in.signer = old
    assert asked(app, app.token()) == 200


def test_a_sign_in_service_that_cannot_be_reached_is_said(app: Api) -> None:
    faults = app.held.tenant.faults
    entra._keys.cache_clear()
    faults.add(Fault(match=".*openid-configuration.*", kind="reset", times=None))
    try:
        answer = app.post("/v1/exceptions", {}, key="admin", headers=app.bearer())
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    finally:
        faults.clear()
        entra._keys.cache_clear()
    assert asked(app, app.token()) == 200


def test_without_the_setting_nobody_signs_in(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from settings import settings

    monkeypatch.setattr(entra, "settings", lambda: settings().model_copy(update={"entra_client_id": None}))
    assert asked(app, app.token()) == 403


def test_a_bad_token_beside_a_good_key_is_not_ignored(app: Api) -> None:
    assert app.get(f"/v1/runs/{app.run}/report", headers={"Authorization": "Bearer nonsense"}).status == 401
    assert app.get(f"/v1/runs/{app.run}/report", headers={"Authorization": "Basic abc"}).status == 200
