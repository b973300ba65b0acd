"""`python -m local rejudge` and `scan --what-if`: stored evidence judged again, as it is or with a patch."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from local.azurite import Azurite
from local.environment import Folder, UsageError
from local.progress import line_of
from reporting.rejudge import Stored, again, from_store
from reporting.storage import Storage
from reporting.what_if import parsed, what_if
from scanners import catalogue


@contextmanager
def kept(data: str) -> Iterator[Storage]:
    """The store of a data folder."""
    folder = Folder(Path(data))
    mark = folder.path / "tenant.json"
    if not mark.exists():
        raise UsageError(f"{data} holds no runs; make one with `python -m local demo --once --data {data}`")
    with Azurite(folder.store) as azurite:
        yield Storage.connect(azurite.connection_string, json.loads(mark.read_text(encoding="utf-8"))["tenant_id"])


def rejudge(chosen: argparse.Namespace) -> int:
    """Judge a stored run again and say what differs. Exit code 0 when nothing does, 1 when something does."""
    with kept(chosen.data) as storage:
        stored = from_store(storage, chosen.run)
        own = catalogue.load().sha256
        if stored.catalogue_sha256 != own and chosen.catalogue != "now":
            print(
                f"Run {chosen.run} was judged with catalogue {stored.catalogue_sha256[:16]}; installed is {own[:16]}. Judge it with the installed one"
            )
            print("by --catalogue now; differences may then come from changed rules or readings, not from the tenant.")
            return 1
        judged, differences = again(stored)
    for each in differences:
        print(line_of(f"{each.control}: was {each.stored}, is {each.now or 'not judged'} ({each.cause} changed): {each.because}"))
    print(f"{len(judged)} controls of run {chosen.run} judged again, {len(differences)} come out otherwise.")
    return 1 if differences else 0


def simulated(chosen: argparse.Namespace) -> int:
    """Show which outcomes a patch would change. Nothing is stored and nothing is signed."""
    path = Path(chosen.what_if)
    try:
        changes = parsed(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as fault:
        raise UsageError(f"{path} cannot be read as YAML or JSON: {fault}") from None
    with kept(chosen.data) as storage:
        moved = what_if(newest(storage, chosen.data), changes)
    print("SIMULATION: evidence of the newest run with a patch; not stored, not signed, not an attestation.")
    for each in moved:
        print(line_of(f"{each.control}: {each.before} -> {each.after}: {each.because}"))
    print(f"{len(moved)} outcomes would change.", file=sys.stderr)
    return 0


def newest(storage: Storage, data: str) -> Stored:
    """The newest completed run. Raises UsageError when there is none."""
    run = storage.runs.latest()
    if run is None:
        raise UsageError(f"{data} holds no completed run; make one with `python -m local demo --once --data {data}`")
    return from_store(storage, run)
