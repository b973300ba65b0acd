"""Shows what the scanner's identity would be granted in the tenant, and what would be taken away. Nothing is changed without --apply.

Who must run it: a Privileged Role Administrator of the tenant (or Global Administrator), signed in with `az login --tenant ID`, or with
--auth device-code. Application permissions need AppRoleAssignment.ReadWrite.All and Application.ReadWrite.All, directory roles
RoleManagement.ReadWrite.Directory; those are the rights of the person, for this moment; the scanner never has them.
Running it again changes nothing. Exit code: 0 nothing left to do, 1 refused, 2 wrong usage, 3 (without --apply) something is left to do.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx

from infra.grant_permissions.directory import Directory, DirectoryError
from infra.grant_permissions.plan import ADMIN_SERVICES, SNAPSHOT_SERVICE, Plan, RefusedError, Right, compare, rights
from scanners.doors.hosts import CLOUDS, cloud
from scanners.model import Door
from scanners.permissions import CONFIGURATION_MONITORING_READ_WRITE_ALL, EXCHANGE_MANAGE_AS_APP, GLOBAL_READER

PERMISSIONS = Path(__file__).parent.parent / "permissions.json"
POWERSHELL = "14d82eec-204b-4c2f-b7e8-296a70dab67e"  # Microsoft Graph Command Line Tools: has consent in most tenants, asks for it in the others
SCOPES = ("AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All", "RoleManagement.ReadWrite.Directory")


def asked(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="infra/grant-permissions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenant-id", default=os.environ.get("TENANT_ID"), help="the tenant (default: TENANT_ID)")
    parser.add_argument("--principal-id", default=os.environ.get("SCANNER_PRINCIPAL_ID"), help="object id of the scanner's identity")
    parser.add_argument("--cloud", choices=sorted(CLOUDS), default="public", help="Microsoft cloud")
    parser.add_argument("--auth", choices=("azure-cli", "device-code"), default="azure-cli", help="how you sign in")
    parser.add_argument("--apply", action="store_true", help="do it; without this nothing is changed")
    parser.add_argument("--keep-extra", action="store_true", help="revoke nothing")
    parser.add_argument("--without-optional", action="store_true", help="leave out what only optional facts need; their controls stay unknown")
    parser.add_argument("--without-snapshots", action="store_true", help="give Microsoft's snapshot service nothing (WORKLOAD_SOURCE=admin_rest)")
    parser.add_argument(
        "--application", action="store_true", help="the principal is an app registration (scans from a laptop), not a managed identity"
    )
    chosen = parser.parse_args(arguments)
    if not chosen.tenant_id or not chosen.principal_id:
        parser.error("--tenant-id and --principal-id are needed; `azd env get-values` shows TENANT_ID and SCANNER_PRINCIPAL_ID")
    return chosen


def client(chosen: argparse.Namespace) -> httpx.Client:
    """A client of Graph that speaks for the person who runs this. Raises azure.core's ClientAuthenticationError without a sign-in."""
    from azure.identity import AzureCliCredential, DeviceCodeCredential

    home = cloud(chosen.cloud)
    base = home.ends[Door.GRAPH].base
    if chosen.auth == "azure-cli":
        token = AzureCliCredential(tenant_id=chosen.tenant_id).get_token(f"{base}/.default")
    else:
        person = DeviceCodeCredential(client_id=POWERSHELL, tenant_id=chosen.tenant_id, authority=home.authority)
        token = person.get_token(*(f"{base}/{scope}" for scope in SCOPES))
    return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token.token}"}, follow_redirects=False)


def run(directory: Directory, chosen: argparse.Namespace) -> int:
    """Show the plans and, when told to, carry them out. Raises DirectoryError, RefusedError."""
    scanner = directory.principal(chosen.principal_id)
    if scanner is None:
        raise DirectoryError(f"the tenant has no service principal {chosen.principal_id}; it is the object id, not the client id")
    kind = scanner["servicePrincipalType"]
    if kind != "ManagedIdentity" and not chosen.application:
        raise RefusedError(
            f"{scanner['displayName']} is no managed identity but {kind}; say --application when that is meant, or you may strip another app"
        )
    listed = json.loads(PERMISSIONS.read_text(encoding="utf-8"))
    wanted = rights(listed, optional=not chosen.without_optional)
    if chosen.without_snapshots:
        wanted = tuple(right for right in wanted if right.id != CONFIGURATION_MONITORING_READ_WRITE_ALL.id)
    plan = compare(wanted, directory.held(chosen.principal_id), keep_extra=chosen.keep_extra)
    left = _carried_out(directory, chosen, f"{scanner['displayName']} ({kind}, {chosen.principal_id})", chosen.principal_id, plan)
    if not chosen.without_snapshots:
        left = _snapshots(directory, chosen) or left
    return 3 if left else 0


def _snapshots(directory: Directory, chosen: argparse.Namespace) -> bool:
    """Microsoft's snapshot service: exists, and may read Exchange, Purview and Teams settings. Whether something is left to do."""
    wanted = [Right("application permission", p.resource, p.id, p.name, "snapshots") for p in (EXCHANGE_MANAGE_AS_APP,)]
    wanted += [Right("directory role", GLOBAL_READER.resource, GLOBAL_READER.id, GLOBAL_READER.name, "snapshots")]
    for app_id in (ADMIN_SERVICES, SNAPSHOT_SERVICE):
        if directory.service(app_id) is None:
            print(f"\nMicrosoft application {app_id}\n  + add its service principal to this tenant")
            if not chosen.apply:
                _told(wanted if app_id == SNAPSHOT_SERVICE else (), "+ grant")
                continue
            directory.provision(app_id)
    service = directory.service(SNAPSHOT_SERVICE)
    if service is None or directory.service(ADMIN_SERVICES) is None:
        return True
    plan = compare(wanted, directory.held(service["id"]), keep_extra=True)  # it is Microsoft's, and others may use it too
    return _carried_out(directory, chosen, f"{service['displayName']} (Microsoft's snapshot service)", service["id"], plan)


def _carried_out(directory: Directory, chosen: argparse.Namespace, title: str, object_id: str, plan: Plan) -> bool:
    print(f"\n{title}")
    _told(plan.keep, "= has")
    _told(plan.grant, "+ grant")
    _told([held.right for held in plan.revoke], "- revoke")
    if not chosen.apply:
        return not plan.done
    for right in plan.grant:
        directory.grant(object_id, right)
    for held in plan.revoke:
        directory.revoke(object_id, held)
    return False


def _told(listed: Iterable[Right], mark: str) -> None:
    for right in listed:
        print(f"  {mark} {right.name} ({right.kind}{', ' + right.why if right.why else ''})")


def main(arguments: list[str] | None = None) -> int:
    """Run, and turn refusals into a sentence and an exit code."""
    from azure.core.exceptions import ClientAuthenticationError

    chosen = asked(arguments)
    try:
        with client(chosen) as http:
            code = run(Directory(http), chosen)
    except ClientAuthenticationError as fault:
        print(f"You are not signed in: {str(fault).splitlines()[0]}", file=sys.stderr)
        return 1
    except (DirectoryError, RefusedError) as fault:
        print(f"Refused: {fault}", file=sys.stderr)
        return 1
    print("\nDone. New rights take up to an hour to reach the scanner's tokens." if chosen.apply else "\nNothing was changed; --apply does it.")
    return code


if __name__ == "__main__":
    sys.exit(main())
