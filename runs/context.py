"""What the steps of a run are handed: settings, store, doors, signer, clock. Built at first use, once per process."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from reporting.records import CatalogueInfo, RunPlan
from reporting.storage import Storage
from reporting.storage.queue import EventQueue
from runs.cache import Committed
from runs.event_grid import Topic
from scanners import catalogue
from scanners.doors import DoorSettings, SignIn, open_doors
from scanners.doors.tokens import Principal
from scanners.engine import Run as EngineRun
from scanners.errors import SettingsError, Undecided
from settings import Settings, settings

if TYPE_CHECKING:
    from reporting.signing import Signer
    from scanners.doors.opening import Doors

LANE_SECONDS = 270.0  # an activity's time for one door's pages: below five minutes, so that the platform never ends it


class Context:
    """The parts of one deployment, for one tenant."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._doors: tuple[asyncio.AbstractEventLoop, Doors] | None = None
        self._of_run: OfRun | None = None

    def clock(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    @cached_property
    def storage(self) -> Storage:
        """The evidence account. Raises StorageError when its address is malformed."""
        chosen = self.settings
        if chosen.evidence_storage:
            return Storage.connect(chosen.evidence_storage, chosen.tenant_id)
        return Storage.at(str(chosen.evidence_blob_uri), str(chosen.evidence_table_uri), self._credential(), chosen.tenant_id)

    @cached_property
    def queue(self) -> EventQueue:
        """The queue `scan-events` of the evidence account. Raises StorageError when its address is malformed."""
        chosen = self.settings
        if chosen.evidence_storage:
            return EventQueue.connect(chosen.evidence_storage)
        return EventQueue.at(str(chosen.evidence_queue_uri), self._credential())

    @cached_property
    def topic(self) -> Topic | None:
        """The Event Grid topic, where the deployment has one."""
        endpoint = self.settings.event_grid_topic
        return Topic(endpoint, self._credential()) if endpoint else None

    async def doors(self) -> "Doors":
        """The doors of the tenant, one set per event loop, so that connections and tokens are used again."""
        loop = asyncio.get_running_loop()
        if self._doors is None or self._doors[0] is not loop:
            self._doors = (loop, open_doors(door_settings(self.settings)))
        return self._doors[1].within(LANE_SECONDS)

    async def aclose(self) -> None:
        """Close the connections to the tenant; a process that ends without it leaves that to the operating system."""
        if self._doors is not None:
            doors, self._doors = self._doors[1], None
            await doors.aclose()

    async def principal(self) -> Principal | None:
        """Who looks, from the token; None where no token can be had, which the facts then say with the reason."""
        try:
            return await (await self.doors()).principal()
        except Undecided:
            return None

    @property
    def person(self) -> bool:
        """Whether a person's own sign-in is used, which only a laptop does."""
        return os.environ.get("SIGN_IN", "") in ("azure-cli", "device-code")

    def run(self, run: str, principal: Principal | None) -> EngineRun:
        """What custody records say of the run."""
        return EngineRun(run, self.settings.tenant_id, principal.object_id if principal else "no token", catalogue.VERSION)

    def signer(self) -> "Signer":
        """The key that signs. Raises SettingsError or SigningError: the run then fails at signing."""
        from reporting.signing import open_signer

        chosen = self.settings
        return open_signer(chosen.signing_key_id, self._credential(), dev_folder=chosen.signing_key_folder, in_azure=chosen.in_azure)

    def _credential(self) -> Any:
        from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.settings.client_id) if self.settings.in_azure else DefaultAzureCredential()

    def catalogue_info(self) -> CatalogueInfo:
        """The catalogue, as closing a run needs it."""
        known = catalogue.load()
        return CatalogueInfo(scanner="hipaa-m365-scanner", version=catalogue.VERSION, sha256=known.sha256, controls=known.controls)

    def of_run(self, run: str) -> "OfRun":
        """What never changes about a run once it is planned, read once per process."""
        found = self._of_run  # read once: another thread may put another run there
        if found is None or found.plan.run != run:
            found = OfRun(self.storage.runs.plan(run), self.storage.declare(run), Committed(self.storage.evidence(run)))
            self._of_run = found
        return found


@dataclass(frozen=True, slots=True)
class OfRun:
    """The plan, what people had said and decided when it was made, and the evidence."""

    plan: RunPlan
    declared: Mapping[str, Any]
    evidence: Committed


def door_settings(chosen: Settings) -> DoorSettings:
    """The doors' part of the settings."""
    doors = DoorSettings(
        tenant_id=chosen.tenant_id,
        sign_in=sign_in(chosen, os.environ),
        cloud=chosen.cloud,
        graph_base_url=chosen.graph_base_url or "",
        exchange_base_url=chosen.exchange_base_url or "",
        purview_base_url=chosen.purview_base_url or "",
        teams_base_url=chosen.teams_base_url or "",
        sharepoint_base_url=chosen.sharepoint_base_url or "",
        login_base_url=chosen.login_base_url or "",
        dns_base_url=chosen.dns_base_url or "",
        ca_file=str(chosen.tenant_ca_file) if chosen.tenant_ca_file else None,
        pace=chosen.pace,
        workload_source=chosen.workload_source,
        sharepoint=chosen.sharepoint_admin,
        sharepoint_admin_url=chosen.sharepoint_admin_url or "",
    )
    return replace(doors, dns_servers=chosen.dns_servers) if chosen.dns_servers else doors


def sign_in(chosen: Settings, environment: Mapping[str, str]) -> SignIn:
    """Managed identity in Azure; on a laptop what `python -m local scan --auth` chose, handed over in the environment of that process."""
    kind = environment.get("SIGN_IN", "managed-identity")
    if kind != "managed-identity" and chosen.in_azure:
        raise SettingsError("SIGN_IN: is for a laptop; in Azure the function app signs in with its managed identity.")
    return SignIn(
        kind=kind,  # type: ignore[arg-type]  # SignIn refuses what is no way to sign in
        tenant_id=chosen.tenant_id,
        client_id=chosen.client_id or "",
        secret=environment.get("AZURE_CLIENT_SECRET", ""),
        certificate=environment.get("AZURE_CLIENT_CERTIFICATE_PATH", ""),
    )


@lru_cache(maxsize=1)
def context() -> Context:
    """The context of this process; raises SettingsError while settings are faulty, and tries again the next time."""
    return Context(settings())
