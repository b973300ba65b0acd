"""One Azurite for all storage tests; each test begins with an empty store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.azurite import Azurite
from reporting.signing import DevSigner
from reporting.storage import CONTAINERS, TABLES, Storage
from tests.reporting import sample


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    with Azurite() as running:
        yield running.connection_string


def empty(connection: str) -> Storage:
    """A store from which everything that an earlier test left is removed."""
    from azure.core.exceptions import ResourceNotFoundError

    opened = Storage.connect(connection, sample.TENANT.id)
    for name in CONTAINERS:
        try:
            for blob in opened.blobs._service.get_container_client(name).list_blobs():
                opened.blobs._service.get_blob_client(name, blob.name).delete_blob()
        except ResourceNotFoundError:
            continue
    for name in TABLES:
        table = opened.tables._service.get_table_client(name)
        try:
            for row in table.query_entities("PartitionKey ge ''", select=["PartitionKey", "RowKey"]):
                table.delete_entity(row)
        except ResourceNotFoundError:
            continue
    opened.ensure()
    return opened


@pytest.fixture
def storage(azurite: str) -> Storage:
    return empty(azurite)


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> DevSigner:
    return DevSigner(tmp_path_factory.mktemp("key"))


@dataclass(frozen=True)
class Packages:
    """Packages of three nights as files, and the key that signed them."""

    nights: tuple[Path, ...]
    core: Path
    key: Path
    keyid: str


@pytest.fixture(scope="session")
def packages(azurite: str, signer: DevSigner, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    store, folder = empty(azurite), tmp_path_factory.mktemp("packages")
    nights = []
    for day in range(3):
        sample.whole(store, signer, day)
        nights.append(folder / f"night-{day}.zip")
        nights[-1].write_bytes(store.attestations.get(sample.run_id(day), "package.zip"))
    core, key = folder / "core.zip", folder / "public.pem"
    core.write_bytes(store.attestations.get(sample.run_id(2), "core.zip"))
    key.write_bytes(signer.public_pem)
    return Packages(tuple(nights), core, key, signer.keyid)
