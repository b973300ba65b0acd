"""A simulated tenant read through the real doors, with evidence in memory: what a control would be handed in a run."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from local.tenant import SimulatedTenant
from scanners import catalogue, judging, looking
from scanners.doors import DoorSettings, SignIn, open_doors
from scanners.model import Control, Door, Verdict
from scanners.planning import needed_facts, waves
from scanners.ports import StoredPage
from scanners.reading import read_as
from scanners.statements import choose

KNOWN = catalogue.load()
RUN = looking.Run("20261124T030000Z-3f9c", "tenant", "principal", "test")


class Memory:
    """Evidence that lasts as long as the test."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.records: dict[str, Mapping[str, Any]] = {}
        self.steps: dict[str, list[StoredPage]] = {}

    def put_page(self, fact: str, attempt: int, number: int, body: bytes) -> tuple[str, str | None]:
        self.pages.setdefault(f"{fact}/{attempt}/{number}", body)
        return f"{fact}/{attempt}/{number}", None

    def put_progress(self, fact: str, _attempt: int, page: StoredPage) -> None:
        self.steps.setdefault(fact, []).append(page)

    def progress(self, fact: str) -> tuple[int, tuple[StoredPage, ...]]:
        return 1, tuple(self.steps.get(fact, ()))

    def commit(self, fact: str, custody: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.records.setdefault(fact, custody)

    def custody(self, fact: str) -> Mapping[str, Any] | None:
        return self.records.get(fact)

    def page(self, blob: str) -> bytes:
        return self.pages[blob]


def settings(tenant: SimulatedTenant) -> DoorSettings:
    identity, base = tenant.ends.sign_in.identity, tenant.base_url
    sign_in = SignIn(kind="client-secret", tenant_id=tenant.ends.sign_in.tenant_id, client_id=identity["client_id"], secret=str(identity["secret"]))
    ends: dict[str, Any] = {
        f"{name}_base_url": tenant.settings()[f"{name.upper()}_BASE_URL"] for name in ("exchange", "purview", "teams", "sharepoint")
    }
    names: dict[str, Any] = {"dns_servers": (tenant.dns_server,), "dns_base_url": tenant.settings()["DNS_BASE_URL"]}
    common: dict[str, Any] = {"graph_base_url": base, "login_base_url": base, "ca_file": str(tenant.ca_file), "pace": tenant.pace}
    return DoorSettings(tenant_id=sign_in.tenant_id, sign_in=sign_in, **common, **names, **ends)


async def read(tenant: SimulatedTenant, facts: Iterable[str], evidence: Memory, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Fact id -> what was read of it in this tenant, with the facts that it is asked after. `told`: readings of statements, which some are asked after."""
    readings: dict[str, Any] = dict(told or {})
    async with open_doors(settings(tenant)) as doors:
        me = await doors.principal()
        identity = {"object_id": me.object_id, "app_id": me.app_id, "tenant_id": me.tenant_id}
        readings["scanner_identity"] = read_as(KNOWN.facts["scanner_identity"].reading, identity)
        for lane in (lane for wave in waves(facts, KNOWN.facts) for lane in wave):
            for fact in (KNOWN.facts[f] for f in lane):
                snapshot = await looking.look(fact, RUN, doors, evidence, readings, lambda: dt.datetime.now(dt.UTC))
                readings[fact.id] = judging.readings_of(fact, snapshot, evidence.records[fact.id], evidence)
    return readings


def controls_of(*topics: str) -> list[Control]:
    return [control for control in KNOWN.controls.values() if control.topic in topics]


def needed(controls: Iterable[Control], *more: str) -> frozenset[str]:
    """The facts of these controls, and `more`, with what they are asked after."""
    wanted = set(needed_facts(controls, KNOWN.facts)) | set(more)
    while extra := {earlier for fact in wanted for earlier in KNOWN.facts[fact].after} - wanted:
        wanted |= extra
    return frozenset(wanted)


def verdict(control: Control, readings: Mapping[str, Any], statements: Mapping[str, Any] | None = None, at: dt.datetime | None = None) -> Verdict:
    """What the control says; `statements` holds JSON of those that are on file, none by default. Now, unless `at` says otherwise."""
    held, now = dict(readings), at or dt.datetime.now(dt.UTC)
    for fact in (KNOWN.facts[f] for f in control.needs):
        if fact.door is Door.STATEMENT:
            record = (statements or {}).get(fact.id)
            held[fact.id] = choose(fact, [] if record is None else [record], now)
    return judging.verdict_of(control, held, now, control.defaults)
