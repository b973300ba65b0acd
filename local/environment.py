"""The environment of a run on this machine: one data folder, one tenant, one emulator, settings as in local.settings.sample.json."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCHEDULE = "0 0 3 * * *"


class UsageError(Exception):
    """The command line asks for something that cannot be; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a command keeps its store, keys and history. It belongs to one tenant and refuses another's."""

    path: Path

    def claim(self, tenant_id: str) -> None:
        """Make the folder this tenant's. Raises UsageError when it is another's."""
        self.path.mkdir(parents=True, exist_ok=True)
        mark = self.path / "tenant.json"
        if not mark.exists():
            mark.write_text(json.dumps({"tenant_id": tenant_id}), encoding="utf-8")
        owner = json.loads(mark.read_text(encoding="utf-8"))["tenant_id"]
        if owner != tenant_id:
            raise UsageError(f"{self.path} holds the evidence of tenant {owner}; give another folder with --data for tenant {tenant_id}")

    @property
    def store(self) -> Path:
        """Azurite's files."""
        return self.path / "store"

    @property
    def host(self) -> Path:
        """The host's keys and history."""
        return self.path / "host"

    @property
    def keys(self) -> Path:
        """The development signing key."""
        return self.path / "keys"

    @property
    def simulated(self) -> Path:
        """What the simulated tenant made: its certificates."""
        return self.path / "tenant"


def settings_of(tenant_id: str, name: str, connection: str, folder: Folder, *, signed: bool) -> dict[str, str]:
    """The app settings of a run on this machine."""
    values = {
        "TENANT_ID": tenant_id,
        "TENANT_NAME": name,
        "SCAN_SCHEDULE": SCHEDULE,
        "EVIDENCE_STORAGE": connection,
        "AzureWebJobsStorage": connection,
    }
    return {**values, "SIGNING_KEY_ID": "dev", "SIGNING_KEY_FOLDER": str(folder.keys)} if signed else values


@contextmanager
def in_place(values: Mapping[str, str]) -> Iterator[None]:
    """The settings of this process while the block lasts; then the environment is as it was, so that one run leaves nothing to the next."""
    before = dict(os.environ)
    put(values)
    try:
        yield
    finally:
        os.environ.clear()
        put(before)


def put(values: Mapping[str, str]) -> None:
    """Make the settings this process's, and forget those that were read before."""
    from runs.context import context
    from settings import settings

    os.environ.update(values)
    os.environ.pop("WEBSITE_INSTANCE_ID", None)  # some containers carry it; this is not Azure
    settings.cache_clear()
    context.cache_clear()
