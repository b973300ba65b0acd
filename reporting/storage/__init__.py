"""The evidence account: the only importer of the storage SDKs. What is put here is put once.

Containers: `evidence` (pages and custody), `runs` (plans, details), `attestations` (chain, keys, packages), `statements` (statements, exceptions,
documents). Tables: Runs, Results, Statements, Exceptions, AuditorLinks, AccessLog, Events.
Queue: `scan-events`.
"""

from typing import Any

from reporting.storage.access import AccessLog
from reporting.storage.attestations import Attestations
from reporting.storage.blobs import Blobs
from reporting.storage.declared import Decisions, Statements
from reporting.storage.evidence import RunEvidence
from reporting.storage.faults import faults
from reporting.storage.links import Links
from reporting.storage.outbox import Outbox
from reporting.storage.results import Results
from reporting.storage.runs import Runs
from reporting.storage.tables import Tables

CONTAINERS = ("evidence", "runs", "attestations", "statements")
TABLES = ("Runs", "Results", "Statements", "Exceptions", "AuditorLinks", "AccessLog", "Events")

# A bounded retry by the SDK: five tries in about half a minute, then the activity's own failure is reported.
RETRY: dict[str, Any] = {"retry_total": 5, "connection_timeout": 10, "read_timeout": 60}


class Storage:
    """The evidence account of one tenant."""

    def __init__(self, blobs: Blobs, tables: Tables, tenant_id: str) -> None:
        self.blobs = blobs
        self.tables = tables
        self.tenant_id = tenant_id
        self.runs = Runs(tables, blobs, tenant_id)
        self.results = Results(tables, blobs)
        self.attestations = Attestations(blobs)
        self.statements = Statements(tables, blobs)
        self.exceptions = Decisions(tables, blobs)
        self.links = Links(tables)
        self.access = AccessLog(tables)
        self.outbox = Outbox(tables)

    @classmethod
    def connect(cls, connection: str, tenant_id: str) -> "Storage":
        """From a connection string, as Azurite has one. Raises StorageError when it is malformed."""
        from azure.data.tables import TableServiceClient
        from azure.storage.blob import BlobServiceClient

        with faults("opening the store"):
            blobs = BlobServiceClient.from_connection_string(connection, **RETRY)
            tables = TableServiceClient.from_connection_string(connection, **RETRY)
        return cls(Blobs(blobs), Tables(tables), tenant_id)

    @classmethod
    def at(cls, blob_uri: str, table_uri: str, credential: Any, tenant_id: str, **options: Any) -> "Storage":
        """From service addresses and an azure-identity credential; no account key is involved. `options` go to both clients."""
        from azure.data.tables import TableServiceClient
        from azure.storage.blob import BlobServiceClient

        with faults("opening the store"):
            blobs = BlobServiceClient(blob_uri, credential=credential, **RETRY, **options)
            tables = TableServiceClient(table_uri, credential=credential, **RETRY, **options)
        return cls(Blobs(blobs), Tables(tables), tenant_id)

    def ensure(self) -> None:
        """Create the containers and tables that are missing. Raises StorageError when the account cannot be reached."""
        self.blobs.ensure(CONTAINERS)
        self.tables.ensure(TABLES)

    def declare(self, run: str) -> dict[str, Any]:
        """The statements and decisions that hold for a run: fixed by the first call, when the run is planned; the same from then on."""
        now = {
            "statements": [each.to_json() for each in self.statements.current()],
            "decisions": [each.to_json() for each in self.exceptions.current()],
        }
        return self.runs.put_once(run, "declared", now)

    def evidence(self, run: str, *, collecting: bool = False) -> RunEvidence:
        """The evidence of a run: the engine's EvidencePort. `collecting` saves questions where a fact is about to be looked at."""
        return RunEvidence(self.blobs, run, collecting=collecting)
