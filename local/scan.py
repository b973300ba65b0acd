"""`python -m local scan`: a real tenant from a laptop; same code, same package, Azurite as the store."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from local.azurite import Azurite
from local.demo import follow
from local.environment import Folder, UsageError, in_place, settings_of
from local.scanning import serve
from settings import problems


def scan(chosen: argparse.Namespace) -> int:
    """Scan the tenant of --tenant-id. Exit code as documented in README.md."""
    if chosen.list_permissions:
        return list_permissions()
    if not chosen.tenant_id:
        raise UsageError("--tenant-id is missing: the id (a GUID) of the tenant, from Entra admin center > Overview")
    if not chosen.dev_key and not os.environ.get("SIGNING_KEY_ID"):
        raise UsageError("nothing is kept unsigned: give --dev-key, or set SIGNING_KEY_ID to the URL of a Key Vault key")
    folder = Folder(Path(chosen.data))
    with ExitStack() as stack:
        wanted = settings_of(chosen.tenant_id, chosen.tenant_id, "checked below", folder, signed=chosen.dev_key)
        if faults := problems({**os.environ, **wanted, "ONLY_CONTROLS": ",".join(chosen.only)}):
            raise UsageError("\n".join(faults))
        folder.claim(chosen.tenant_id.lower())
        azurite = stack.enter_context(Azurite(folder.store))
        name = os.environ.get("TENANT_NAME", chosen.tenant_id)
        values = settings_of(chosen.tenant_id, name, azurite.connection_string, folder, signed=chosen.dev_key)
        stack.enter_context(in_place({**values, "SIGN_IN": chosen.auth, "ONLY_CONTROLS": ",".join(chosen.only)}))
        chosen.once = True
        return follow(stack.enter_context(serve(folder.host, chosen.port)), folder, chosen)


def list_permissions() -> int:
    """What to grant, where, and for which facts."""
    from scanners.pages import permission_list

    for each in permission_list():
        optional = ", optional" if each["optional"] else ""
        print(f"{each['name']}  ({each['kind']} {each['id']} on {each['resource']}{optional})\n    for {', '.join(each['facts'])}")
    print("\nNothing that can read mail, chat or file contents is asked for.", file=sys.stderr)
    return 0
