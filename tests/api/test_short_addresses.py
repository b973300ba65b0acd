"""302 to an address of the store: user delegation, one blob, read only, minutes. Against Azurite with HTTPS and tokens."""

import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import pytest

from local.azurite import Azurite
from local.environment import put
from local.tenant import tokens
from tests.api.rig import Api
from tests.api.test_auditor import shared

NAMES = ("EVIDENCE_STORAGE", "EVIDENCE_STORAGE__blobServiceUri", "EVIDENCE_STORAGE__tableServiceUri", "EVIDENCE_STORAGE__queueServiceUri")


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite(tls=True) as made:
        yield made


@pytest.fixture
def secured(app: Api, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The app over the store with HTTPS and tokens, as in Azure, with the signed run of the other store in it."""
    source = app.held.storage
    run, package = source.runs.get(app.run), source.attestations.get(app.run, "package.zip")
    monkeypatch.setitem(tokens.RESOURCES, "https://storage.azure.com", "Azure Storage")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite.certificate))
    before = {name: os.environ.get(name, "") for name in NAMES}
    at = azurite.endpoints
    app.forget()
    put(dict(zip(NAMES, ("", at.blob, at.table, at.queue), strict=True)))
    try:
        target = app.held.storage
        target.ensure()
        target.runs.insert(run)
        target.runs.advance(run.id, 1)
        target.attestations.put(run.id, "package.zip", package)
        target.attestations.put(run.id, "core.zip", b"PK the core")
        yield app
    finally:
        app.forget()
        put(before)


def fetch(azurite: Azurite, url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    trust = ssl.create_default_context(cafile=str(azurite.certificate))
    headers = {"x-ms-blob-type": "BlockBlob"} if method == "PUT" else {}
    try:
        with urlopen(Request(url, method=method, data=body, headers=headers), context=trust, timeout=30) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, {}, refusal.read()


def test_the_address_opens_one_blob_for_some_minutes_to_read(secured: Api, azurite: Azurite) -> None:
    answer = secured.get(f"/v1/runs/{secured.run}/package")
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    address = answer.headers["Location"]
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (said["sp"], said["sr"], said["spr"]) == ("r", "b", "https")
    assert said["skoid"], "signed with a user delegation key, not with the account's"
    begin, end = (datetime.fromisoformat(said[name]) for name in ("st", "se"))
    assert end - begin <= timedelta(minutes=15)
    assert begin < datetime.now(UTC) < end
    status, headers, body = fetch(azurite, address)
    assert status == 200
    assert headers["content-disposition"] == f'attachment; filename="hipaa-{secured.run}.zip"'
    assert body == secured.held.storage.attestations.get(secured.run, "package.zip")
    assert answer.headers["Digest"].startswith("sha-256=")


def test_the_address_opens_nothing_else(secured: Api, azurite: Azurite) -> None:
    address = secured.get("/v1/attestations/latest/package").headers["Location"]
    parts = urlsplit(address)
    assert fetch(azurite, address, "PUT", b"x")[0] == 403
    assert fetch(azurite, address, "DELETE")[0] == 403
    other = urlunsplit(parts._replace(path=parts.path.replace("package.zip", "core.zip")))
    assert fetch(azurite, other)[0] == 403
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    longer = urlunsplit(parts._replace(query=urlencode({**query, "se": "2099-01-01T00:00:00Z"})))
    assert fetch(azurite, longer)[0] == 403
    assert fetch(azurite, urlunsplit(parts._replace(query="")))[0] in (403, 404, 409)


def test_core_head_and_auditors_are_sent_there_too(secured: Api, azurite: Azurite) -> None:
    core = secured.get(f"/v1/runs/{secured.run}/package?part=core")
    assert fetch(azurite, core.headers["Location"])[2] == b"PK the core"
    link, path, secret = shared(secured, download_limit=1)
    size = len(secured.held.storage.attestations.get(secured.run, "package.zip"))
    for head in (
        secured.ask("HEAD", f"/v1/runs/{secured.run}/package"),
        secured.ask("HEAD", f"{path}/package?key={secret}", key=None),
        secured.ask("HEAD", f"{path}/runs/{secured.run}/package?key={secret}", key=None),
    ):
        assert (head.status, "Location" in head.headers) == (200, False), "an address that opens the file is never in the answer to HEAD"
        assert (head.headers["Content-Length"], head.headers["Digest"][:8]) == (str(size), "sha-256=")
    sent = secured.get(f"{path}/package?key={secret}", key=None)
    assert sent.status == 302
    assert secret not in sent.headers["Location"]
    assert fetch(azurite, sent.headers["Location"])[0] == 200
    assert secured.get(f"{path}/package?key={secret}", key=None).status == 403
    assert secured.get(f"/v1/auditor-links/{link['id']}", key="admin").json["downloads"] == 1
    logged = secured.get("/v1/access-log", key="admin").json["entries"]
    assert 302 in {each["status"] for each in logged if each["link"] == link["id"]}
    assert "sig=" not in str(logged)


def test_private_storage_passes_the_bytes_through(secured: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNDLE_DELIVERY", "proxy")
    put({})
    answer = secured.get(f"/v1/runs/{secured.run}/package")
    assert answer.status == 200
    assert answer.body == secured.held.storage.attestations.get(secured.run, "package.zip")


def test_an_account_key_signs_no_address(app: Api, tmp_path: Path) -> None:
    """With a connection string there is no user delegation; the bytes are passed through instead."""
    assert app.held.storage.blobs.shared(f"attestations/{app.run}/package.zip", datetime.now(UTC), "x.zip", "application/zip") is None
    assert app.get(f"/v1/runs/{app.run}/package").status == 200
