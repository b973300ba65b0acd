"""`python -m local.tenant --tenant NAME --port N`: a simulated tenant alone, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from pathlib import Path

from local.tenant import SimulatedTenant, names
from local.tenant.drafts import written


def main(arguments: list[str] | None = None) -> int:
    """Starts the tenant and prints how to reach it; returns the exit code (2 for wrong usage)."""
    parser = argparse.ArgumentParser(prog="python -m local.tenant", description="A simulated Microsoft 365 tenant on loopback.")
    parser.add_argument("--tenant", default="clinic", help=f"a sample ({', '.join(names())}) or a YAML file")
    parser.add_argument("--port", type=int, default=0, help="port, 0 for a free one")
    parser.add_argument("--pace", type=float, default=1.0, help="factor on throttle windows and job times")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--folder", type=Path, help="where the certificates go (default: a new temporary folder)")
    parser.add_argument("--statements", type=Path, help="only write what the tenant's people have stated, as files, into this folder")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as spare:
        try:
            tenant = SimulatedTenant(chosen.tenant, chosen.folder or Path(spare), chosen.pace, chosen.latency, port=chosen.port)
            if chosen.statements is not None:
                print("\n".join(map(str, written(tenant.world, chosen.statements))))
                return 0
            tenant.start()
        except (OSError, ValueError, TypeError) as error:
            print(f"cannot start: {error}", file=sys.stderr)
            return 2
        scanner = tenant.world.scanner
        lines = {
            **tenant.settings(),
            "CA": str(tenant.ca_file),
            "client id": scanner["client_id"],
            "client secret": scanner["secret"],
            **tenant.identity_environment(),
        }
        print("\n".join(f"{name:<22}{value}" for name, value in lines.items()), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            tenant.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
