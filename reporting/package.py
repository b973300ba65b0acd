"""The package: records and bytes in, one zip out. The same input gives the same bytes, the signature aside.

Evidence is written first, page by page, so that a run of 20,000 pages needs no more memory than a few of them; the directory at the end of the
zip lists all members by name. Layout: docs, "Package layout". Zip format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import IO

from reporting.attestation import UNSIGNED, Subject
from reporting.formats import csv, html, ndjson, ocsf, oscal, poam
from reporting.records import canonical, sha256
from reporting.report import EvidenceFile, Report
from scanners.errors import StorageError
from scanners.result import Result

EPOCH = (1980, 1, 1, 0, 0, 0)
LEVEL = 6
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._=-]{0,199}/){0,6}[A-Za-z0-9][A-Za-z0-9._=-]{0,199}")


class Zip:
    """A zip that is written once: plain member names, fixed times and attributes, no member twice."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        self._seen: set[str] = set()

    def add(self, name: str, body: bytes) -> None:
        """Write a member. Raises StorageError for a name that could leave the folder, or comes twice on a system that ignores case."""
        if not _NAME.fullmatch(name):
            raise StorageError("a member of the package has a name that is not plain; refused")
        if name.casefold() in self._seen:
            raise StorageError(f"two members of the package are called {name}")
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3  # the same on every system
        info.external_attr = 0o100644 << 16
        self._zip.writestr(info, body, compresslevel=LEVEL)
        self._seen.add(name.casefold())

    def close(self) -> None:
        """Write the directory, by name."""
        self._zip.filelist.sort(key=lambda info: info.filename)
        self._zip.close()


def evidence_subjects(zipped: Zip, pages: Iterable[tuple[EvidenceFile, bytes]]) -> Iterator[Subject]:
    """Write pages of evidence; the subjects they become. Raises StorageError when stored bytes are not those that custody names."""
    for file, body in pages:
        digest = sha256(body)
        if digest != file.sha256:
            raise StorageError(f"{file.name}: the stored bytes are not those that were collected; the run is not signed")
        zipped.add(file.name, body)
        yield Subject(file.name, digest)


def refuse_foreign_evidence(results: Iterable[Result], subjects: Iterable[Subject]) -> None:
    """Raises StorageError where a result was judged from evidence that is not in the package as it was then."""
    packed = {each.name: each.sha256 for each in subjects}
    for result in results:
        for reference in result.evidence:
            if packed.get(reference.path) != reference.sha256:
                raise StorageError(f"{result.control} was judged from another {reference.path} than is stored now; the run is not signed")


def evidence_records(report: Report, custody: Mapping[str, bytes]) -> dict[str, bytes]:
    """The records that go with the pages: custody per fact, and the index."""
    return {**{f"evidence/{fact}/custody.json": body for fact, body in custody.items()}, "evidence/INDEX.csv": csv.index(report.evidence)}


def core(report: Report, details: Mapping[str, bytes]) -> dict[str, bytes]:
    """The signed members that are not evidence."""
    members = {
        "attestation.json": pretty(report.summary),
        "report.html": html.render(report),
        "results.csv": csv.results(report),
        "findings.csv": csv.findings(report),
        "results.ndjson": ndjson.results(report.results),
        "lifecycle.json": pretty({control: life.to_json() for control, life in sorted(report.lives.items())}),
        "oscal/assessment-results.json": pretty(oscal.assessment_results(report)),
        "oscal/poam.json": pretty(poam.poam(report)),
        "oscal/catalog.json": pretty(oscal.catalog(report)),
        "ocsf/compliance-findings.ndjson": ocsf.findings(report),
        "exceptions.json": pretty([decision.to_json() for decision in report.decisions]),
        "verify.py": verifier(),
        "VERIFY.md": instructions(report),
    }
    members |= {f"details/{control}.json": body for control, body in details.items()}
    return members | {f"statements/{each.id}.json": canonical(each.to_json()) for each in report.statements}


def closing_members(envelope: bytes, keys: Mapping[str, bytes], subjects: Iterable[Subject]) -> dict[str, bytes]:
    """The members that hold or repeat the signature: envelope, public keys, and the digests in sha256sum's format."""
    members = {UNSIGNED[0]: envelope, **{f"keys/{name}": body for name, body in keys.items()}}
    digests = {each.name: each.sha256 for each in subjects} | {name: sha256(body) for name, body in members.items()}
    members[UNSIGNED[1]] = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()
    return members


def pretty(value: object) -> bytes:
    """JSON for people to open: indented, sorted, ASCII."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"


def verifier() -> bytes:
    """verify.py as it stands in this product."""
    return files("reporting").joinpath("verify.py").read_bytes()


def instructions(report: Report) -> bytes:
    """VERIFY.md: what to run, filled in for this package."""
    text = files("reporting").joinpath("templates", "VERIFY.md").read_text("utf-8")
    signature = report.summary["signature"]
    marks = {
        "@RUN@": report.run.id,
        "@KEYID@": signature["keyid"],
        "@SEQUENCE@": str(signature["sequence"]),
        "@DEV@": " --allow-dev-key" if signature["signer"] == "dev" else "",
    }
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text.encode()
