"""`python -m local demo`: emulator, simulated tenant and the real app; one scan with its progress shown; then serve."""

import argparse
import json
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.azurite import Azurite
from local.environment import Folder, UsageError, in_place, settings_of
from local.host import Host
from local.progress import line_of, teller
from local.scanning import Ended, scan, serve
from local.summary import findings_exit, printed
from local.tenant import SimulatedTenant

PACE = 0.05  # the simulated tenant's throttle windows and the scanner's pauses, twenty times shorter than Microsoft's
DEFAULT = "clinic"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo made: for the summary and for --json."""

    run: str
    summary: dict[str, Any]
    package: Path
    public_key: Path
    urls: dict[str, str]


def demo(chosen: argparse.Namespace) -> int:
    """Scan the sample tenant and serve. Exit code as documented in README.md."""
    folder = Folder(Path(chosen.data))
    with ExitStack() as stack:
        tenant = stack.enter_context(SimulatedTenant(chosen.tenant, folder.simulated, pace=PACE, port=same_port(folder)))
        folder.claim(tenant.world.tenant["id"])
        azurite = stack.enter_context(Azurite(folder.store))
        values = settings_of(tenant.world.tenant["id"], tenant.world.tenant["displayName"], azurite.connection_string, folder, signed=True)
        stack.enter_context(in_place({**values, **tenant_settings(tenant)}))
        host = stack.enter_context(serve(folder.host, chosen.port))
        return follow(host, folder, chosen)


def same_port(folder: Folder) -> int:
    """The simulated tenant keeps its address over restarts, as the real one does: a run that goes on follows links it was given before."""
    kept = folder.simulated / "port"
    if kept.exists():
        return int(kept.read_text(encoding="utf-8"))
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    folder.simulated.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(port), encoding="utf-8")
    return port


def tenant_settings(tenant: SimulatedTenant) -> dict[str, str]:
    """Settings that lead the doors to the simulated tenant, signed in by its managed identity."""
    return {
        **tenant.settings(),
        "TENANT_CA_FILE": str(tenant.ca_file),
        "PACE": str(tenant.pace),
        "SIGN_IN": "managed-identity",
        **tenant.identity_environment(),
    }


def follow(host: Host, folder: Folder, chosen: argparse.Namespace) -> int:
    """Take in statements, scan with progress, print the summary, then serve unless told to stop."""
    if chosen.statements:
        take_in(Path(chosen.statements))
    with teller(sys.stderr, quiet=chosen.json) as progress:
        ended = scan(host, progress.tell)
    if not ended.completed:
        print(line_of(f"Run {ended.run} failed: {ended.failure}"), file=sys.stderr)
        return 1
    shown = collect(host, folder, ended)
    printed(shown.summary, shown.urls, shown.package, shown.public_key, sys.stderr if chosen.json else sys.stdout)
    if chosen.json:
        said = {"run": shown.run, "outcomes": shown.summary["counts"], "package": str(shown.package), "public_key": str(shown.public_key)}
        print(json.dumps({**said, "urls": shown.urls}), flush=True)
    if not chosen.once:
        _serve_until_interrupted()
    return findings_exit(shown.summary, chosen.fail_on)


def take_in(folder: Path) -> None:
    """Make the store say what the folder of statement files says. Raises UsageError when a file is refused."""
    from datetime import UTC, datetime

    from local.statement_files import sync
    from runs.context import context
    from scanners.errors import RecordRefused

    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; --statements wants one with a YAML file for each statement (`python -m local statements form`)")
    storage = context().storage
    storage.ensure()
    try:
        changes = sync(folder, storage.statements, datetime.now(UTC).replace(microsecond=0))
    except RecordRefused as refusal:
        raise UsageError("\n".join(f"{name}: {problem}" for name, problem in refusal.problems.items())) from None
    print(f"Statements: {len(changes)} files and records looked at.", file=sys.stderr)


def collect(host: Host, folder: Folder, ended: Ended) -> Shown:
    """Put the package and the public key beside the store, where a person finds them."""
    from runs.context import context

    store = context().storage.attestations
    summary = json.loads(store.get(ended.run, "attestation.json"))
    package = folder.path / f"hipaa-{ended.run}.zip"
    with package.open("wb") as file:
        for block in store.stream(ended.run, "package.zip"):
            file.write(block)
    keyid = summary["signature"]["keyid"]
    public_key = folder.path / f"{keyid[:16]}.pem"
    public_key.write_bytes(store.key(keyid))
    code = quote(host.keys.default)
    latest = f"{host.url}/api/v1/attestations/latest"
    urls = {
        "report": f"{latest}/report?code={code}",
        "package": f"{latest}/package?code={code}",
        "attestation": f"{latest}?code={code}",
        "health": f"{host.url}/api/health",
    }
    return Shown(ended.run, summary, package, public_key, urls)


def _serve_until_interrupted() -> None:
    print("Serving until Ctrl-C.", file=sys.stderr, flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
