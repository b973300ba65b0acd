"""`python -m local`: demo, scan, rejudge, tenants.

Exit codes: 0 the run completed, 1 it could not, 2 wrong usage or settings, 3 --fail-on was reached.
"""

import argparse
import logging
import sys

from local.environment import UsageError
from local.host import HostError
from scanners.errors import ScannerError

SEVERITIES = ("critical", "high", "medium", "low")
WAYS = ("azure-cli", "device-code", "client-secret", "certificate", "managed-identity")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m local", description="Runs the scanner on one machine.")
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    demo = verbs.add_parser("demo", help="scan a sample tenant, then serve its report, package and API")
    demo.add_argument("--tenant", default="clinic", help="a sample tenant's name (see `tenants`) or a YAML file")
    demo.add_argument("--once", action="store_true", help="stop after the scan")
    _common(demo, ".demo")
    scan = verbs.add_parser("scan", help="scan a real tenant from this machine")
    scan.add_argument("--tenant-id", help="the tenant's id (a GUID)")
    scan.add_argument("--auth", choices=WAYS, default="azure-cli", help="how to sign in (secret and certificate: AZURE_CLIENT_* variables)")
    scan.add_argument("--only", action="append", default=[], metavar="CONTROL", help="judge only this control (repeat for more)")
    scan.add_argument("--dev-key", action="store_true", help="sign with a development key kept in the data folder")
    scan.add_argument("--list-permissions", action="store_true", help="print what to grant, and stop")
    _common(scan, ".scan")
    scan.add_argument("--what-if", metavar="FILE", help="change the newest run's evidence by a patch and show which outcomes would change")
    again = verbs.add_parser("rejudge", help="judge a stored run again from its evidence")
    again.add_argument("run", help="the run's id, such as 20261124T030000Z-3f9c")
    again.add_argument("--catalogue", choices=("own", "now"), default="own", help="`now`: with the installed catalogue although it differs")
    again.add_argument("--data", default=".demo", help="folder of the store (default .demo)")
    said = verbs.add_parser("statements", help="what only people can say: add, list, show, withdraw", add_help=False)
    said.add_argument("rest", nargs=argparse.REMAINDER)
    verbs.add_parser("tenants", help="list the sample tenants and what is wrong with each")
    return whole


def _common(verb: argparse.ArgumentParser, data: str) -> None:
    verb.add_argument("--port", type=int, default=7071, help="of the app's HTTP interface; 0 takes a free one (default 7071)")
    verb.add_argument("--data", default=data, help=f"folder of store, keys and packages; belongs to one tenant (default {data})")
    verb.add_argument("--statements", metavar="DIR", help="take in the statements kept as YAML files in this folder before the scan")
    verb.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    verb.add_argument("--fail-on", choices=SEVERITIES, help="exit 3 when a control of this severity or a worse one fails")


def main(arguments: list[str]) -> int:
    """Run one verb."""
    if arguments[:1] == ["statements"]:
        from local.statements import main as statements

        return statements(arguments[1:])
    chosen = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        if chosen.verb == "tenants":
            from local.samples import printed

            return printed(sys.stdout)
        if chosen.verb == "demo":
            from local.demo import demo

            return demo(chosen)
        if chosen.verb == "rejudge":
            from local.again import rejudge

            return rejudge(chosen)
        if chosen.what_if:
            from local.again import simulated

            return simulated(chosen)
        from local.scan import scan

        return scan(chosen)
    except (UsageError, HostError, ScannerError, FileNotFoundError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
