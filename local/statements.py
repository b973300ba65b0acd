"""`python -m local statements`: record what only a person can say, list it, show it, take it back; and print an empty form of a type.

Exit codes: 0 done, 1 there is no such statement, 2 wrong usage, or a statement that was refused (each field is named).
"""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from local.environment import Folder, UsageError
from local.host.errors import DataInUseError
from local.host.store import Store
from local.statement_files import BY, keep, made, parsed, sync, types
from reporting.stating import withdrawn
from reporting.storage import Storage
from scanners.errors import ScannerError
from scanners.statements import Missing, choose, type_of

COUNTING = ("active", "upcoming", "pending")  # states in which the days that are left say something


def now() -> datetime:
    """The time of day, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m local statements`."""
    whole = argparse.ArgumentParser(prog="python -m local statements", description="What only a person can say, and no setting shows.")
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    form = verbs.add_parser("form", help="print an empty form of a type, or list the types")
    form.add_argument("type", nargs="?", help="such as baa_microsoft")
    add = _stored(verbs.add_parser("add", help="record a statement from a YAML or JSON file"))
    add.add_argument("file", type=Path)
    add.add_argument("--document", help="the file that proves it (PDF, PNG, JPEG, DOCX, XLSX, TXT; 25 MB at most)")
    add.add_argument("--replaces", metavar="ID", help="this is the next version of that statement")
    listing = _stored(verbs.add_parser("list", help="list statements, and what is due"))
    listing.add_argument("--type")
    listing.add_argument("--json", action="store_true", help="print JSON")
    show = _stored(verbs.add_parser("show", help="show a statement with all of its versions"))
    show.add_argument("id")
    back = _stored(verbs.add_parser("withdraw", help="take a statement back; what was said stays on record"))
    back.add_argument("id")
    files = _stored(verbs.add_parser("sync", help="make the store say what a folder of files says"))
    files.add_argument("folder", type=Path)
    return whole


def _stored(verb: argparse.ArgumentParser) -> argparse.ArgumentParser:
    verb.add_argument(
        "--data", default=".scan", help="folder of the store; belongs to one tenant (default .scan). Not while a command serves from it"
    )
    verb.add_argument("--tenant-id", help="the tenant's id, for a folder that is new")
    return verb


def main(argv: list[str]) -> int:
    """Run one verb."""
    chosen = parser().parse_args(argv)
    try:
        if chosen.verb == "form":
            return form(chosen.type)
        verb: Callable[[argparse.Namespace, Storage], int] = VERBS[chosen.verb]
        with opened(chosen) as storage:
            return verb(chosen, storage)
    except (UsageError, ScannerError, FileNotFoundError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


@contextmanager
def opened(chosen: argparse.Namespace) -> Iterator[Storage]:
    """The store of the data folder, or the one that EVIDENCE_STORAGE names."""
    from local.azurite import Azurite

    folder = Folder(Path(chosen.data))
    mark = folder.path / "tenant.json"
    if not chosen.tenant_id and not mark.exists():
        raise UsageError(f"{folder.path} is new: say whose it is with --tenant-id")
    tenant_id = str(chosen.tenant_id or json.loads(mark.read_text(encoding="utf-8"))["tenant_id"]).lower()
    folder.claim(tenant_id)
    if connection := os.environ.get("EVIDENCE_STORAGE"):
        yield _ready(connection, tenant_id)
    else:
        with _alone(folder), Azurite(folder.store) as azurite:
            yield _ready(azurite.connection_string, tenant_id)


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """Keep a demo or a scan out of the folder while the block lasts; refuse where one is in it. Two emulators on one store lose what is written."""
    file = folder.host / "taskhub.sqlite"
    if not file.exists():
        yield
        return
    try:
        held = Store(file)
    except DataInUseError as fault:
        raise UsageError(f"a demo or a scan is at work in {folder.path}; stop it first, or use the API that it serves") from fault
    with closing(held):
        yield


def _ready(connection: str, tenant_id: str) -> Storage:
    storage = Storage.connect(connection, tenant_id)
    storage.ensure()
    return storage


def form(name: str | None) -> int:
    """Print what a statement of the type must say, ready to be filled in; without a name, the types."""
    known = types()
    if name is None:
        for each in sorted(known):
            kind = type_of(known[each])
            document = "with a document" if kind.document_required else "without a document"
            print(f"{each:32} {kind.title} ({kind.attester_role}, {kind.validity_days} days, {document})")
        return 0
    if name not in known:
        raise UsageError(f"{name} is not a type of statement; `python -m local statements form` lists them")
    kind = type_of(known[name])
    sample = known[name].sample
    example = (sample[0] if isinstance(sample, list) else sample)["details"]
    blank: dict[str, Any] = {
        "type": name,
        "statement": "...",
        "attester": {"name": "...", "title": "...", "role": kind.attester_role, "entra_object_id": "..."},
        "effective_from": "...",
        "contains_phi": None,
        "details": _blank(example),
    }
    print(f"# {kind.title}. Holds {kind.validity_days} days at most. Fill in every field; days are written 2026-11-24.")
    print("# statement: what is confirmed, in 20 characters or more, without a patient, an account or an address.")
    print("# contains_phi: false, or it is refused.")
    if kind.document_required:
        print("# A document is needed: add it with --document, or in a folder as `document: name-of-the-file.pdf`.")
    print(_yaml(blank), end="")
    print("# An example of the details:")
    print("".join(f"#   {line}\n" for line in _yaml(example).splitlines()), end="")
    return 0


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)


def _blank(value: Any) -> Any:
    """The same fields with nothing in them that could be taken for an answer."""
    if isinstance(value, dict):
        return {name: _blank(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_blank(value[0])] if value else []
    return "..." if isinstance(value, str) else None


def add(chosen: argparse.Namespace, storage: Storage) -> int:
    """Record a statement; prints its id."""
    said, folder = parsed(chosen.file), chosen.file.parent
    if chosen.document:
        document = Path(chosen.document)
        said, folder = {**said, "document": document.name}, document.parent
    before = storage.statements.versions(chosen.replaces)[-1:] if chosen.replaces else ()
    if chosen.replaces and not before:
        return _none(chosen.replaces)
    identity = before[0].id if before else str(uuid.uuid4())
    new = made(said, folder, now(), identity, before[0] if before else None)
    keep(new, storage.statements)
    print(f"{identity} version {new.record.version}, {new.record.state(now().date())}, until {new.record.expires_at}")
    for note in new.notes:
        print(f"note: {note}")
    return 0


def listed(chosen: argparse.Namespace, storage: Storage) -> int:
    """Print every statement, then what no statement says yet."""
    if chosen.type and chosen.type not in types():
        raise UsageError(f"{chosen.type} is not a type of statement; `python -m local statements form` lists them")
    today = now().date()
    records = [{**r.to_json(), "state": r.state(today), "expired": r.expires_at < today} for r in storage.statements.current(chosen.type)]
    wanted = {name: fact for name, fact in sorted(types().items()) if chosen.type in (None, name)}
    due = {name: found for name, fact in wanted.items() if isinstance(found := choose(fact, records, now()), Missing)}
    if chosen.json:
        print(json.dumps({"statements": records, "due": {name: {"because": m.because, "provide": m.provide} for name, m in due.items()}}, indent=1))
        return 0
    for record in sorted(records, key=lambda r: (r["type"], r["effective_from"])):
        left = (date.fromisoformat(record["expires_at"]) - today).days
        ends = f" ({left} days left)" if record["state"] in COUNTING else ""
        print(f"{record['type']:32} {record['id']} v{record['version']} {record['state']:10} until {record['expires_at']}{ends}")
    for name, missing in due.items():
        print(f"due: {name:27} {missing.because}")
    return 0


def show(chosen: argparse.Namespace, storage: Storage) -> int:
    """Print all versions, oldest first."""
    versions = storage.statements.versions(chosen.id)
    if not versions:
        return _none(chosen.id)
    print(json.dumps([record.to_json() for record in versions], indent=1, ensure_ascii=False))
    return 0


def withdraw(chosen: argparse.Namespace, storage: Storage) -> int:
    """Put the version that takes the statement back."""
    versions = storage.statements.versions(chosen.id)
    if not versions:
        return _none(chosen.id)
    storage.statements.put(withdrawn(versions[-1], BY, now()))
    print(f"{chosen.id} is withdrawn from the next run on; what was said stays on record")
    return 0


def synced(chosen: argparse.Namespace, storage: Storage) -> int:
    """Make the store say what the folder says, and print what changed."""
    if not chosen.folder.is_dir():
        raise UsageError(f"{chosen.folder} is not a folder")
    for change in sync(chosen.folder, storage.statements, now()):
        print(f"{change.what:10} {change.record.type:32} {change.record.id} v{change.record.version}")
        for note in change.notes:
            print(f"           note: {note}")
    return 0


def _none(identity: str) -> int:
    print(f"there is no statement {identity}", file=sys.stderr)
    return 1


VERBS: dict[str, Callable[[argparse.Namespace, Storage], int]] = {
    "add": add,
    "list": listed,
    "show": show,
    "withdraw": withdraw,
    "sync": synced,
}
