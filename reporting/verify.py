"""Verify a package of evidence: container, members, signature, chain. One file; needs Python 3.11 or newer and the package `cryptography`.

    python verify.py PACKAGE.zip --keyid HEX        the key id that you were given on another way, or
    python verify.py PACKAGE.zip --key PUBLIC.pem   the public key itself

Exit code 0: verified under the key that you named. 1: not verified, or consistent but the signer is not established. 2: it cannot be read.
The key inside a package is never trusted. Where the scanner is installed, `python -m reporting.verify` also judges the evidence again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib
import itertools
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

ENVELOPE, SUMS = "attestation.dsse.json", "SHA256SUMS"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SCAN = "https://hipaa-m365-scanner.example/attestation/scan/v1"
PERIOD = "https://hipaa-m365-scanner.example/attestation/period/v1"
ROTATION = "https://hipaa-m365-scanner.example/attestation/key-rotation/v1"
NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._=-]{0,199}/){0,6}[A-Za-z0-9][A-Za-z0-9._=-]{0,199}")
KEY_NAME = re.compile(r"keys/(?:[0-9a-f]{64}\.pem|rotation-[0-9]{9}\.json)")
MEMBERS, MEMBER_BYTES, ALL_BYTES, RATIO = 1_000_000, 1 << 30, 64 << 30, 900
SMALL = 64 << 20  # what is read whole: envelope, digests, keys, summary


class UnreadableError(Exception):
    """This is no zip, or it is cut short."""


class WrongError(Exception):
    """A check fails; the message says which and how."""


@dataclass
class Report:
    """What was checked. `verdict`: verified, consistent (the signer is not established) or not verified."""

    package: str
    verdict: str = "not verified"
    checks: list[dict[str, Any]] = field(default_factory=list)
    keyid: str | None = None
    run: str | None = None
    tenant: str | None = None
    sequence: int | None = None
    previous: Report | None = None

    def check(self, name: str, ask: Callable[[], str]) -> bool:
        """Run one check and keep what it says."""
        try:
            detail, good = ask(), True
        except WrongError as fault:
            detail, good = str(fault), False
        self.checks.append({"check": name, "ok": good, "detail": detail})
        return good


@dataclass
class Trust:
    """What the reader brings."""

    key: ec.EllipticCurvePublicKey | None = None
    keyid: str | None = None
    dev: bool = False
    core: bool = False


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def fail_when(condition: bool, message: str) -> None:
    if condition:
        raise WrongError(message)


def strict_json(body: bytes) -> Any:
    """JSON without a key that comes twice, which two readers would read differently."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fail_when(len({key for key, _ in pairs}) != len(pairs), "a JSON object has a key twice")
        return dict(pairs)

    try:
        return json.loads(body, object_pairs_hook=once)
    except (ValueError, RecursionError) as fault:
        raise WrongError("a member that must be JSON is not") from fault


class Package:
    """A zip that is exactly as this product writes it: plain names, no gap, no overlap, nothing before or behind."""

    def __init__(self, path: Path) -> None:
        try:
            self.path, self.size = path, path.stat().st_size
            self.zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as fault:
            raise UnreadableError(f"{path.name} cannot be read as a zip: it is missing, cut short or something else") from fault
        self.infos = {info.filename: info for info in self.zip.infolist()}

    def container(self) -> str:
        infos = self.zip.infolist()
        fail_when(len(infos) > MEMBERS or sum(info.file_size for info in infos) > ALL_BYTES, "the package is larger than any this product writes")
        fail_when(len({info.filename.casefold() for info in infos}) != len(infos), "a member comes twice")
        for info in infos:
            shown = ascii(info.filename)[:80]
            fail_when(not NAME.fullmatch(info.filename) or info.orig_filename != info.filename, f"the name {shown} is not plain")
            fail_when(info.external_attr != 0o100644 << 16 or info.create_system != 3, f"{shown} is not a plain file (a link, perhaps)")
            fail_when(info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits != 0, f"{shown} is encrypted or packed in another way")
            bomb = info.file_size > MEMBER_BYTES or (info.file_size > 1 << 20 and info.file_size > RATIO * info.compress_size)
            fail_when(bomb, f"{shown} unpacks to far more than it should")
            odd = info.date_time != (1980, 1, 1, 0, 0, 0) or info.comment or info.volume or info.internal_attr or info.reserved
            odd = odd or info.create_version not in {20, 45} or info.extract_version not in {20, 45} or info.extra[:2] not in {b"", b"\x01\x00"}
            fail_when(bool(odd), f"{shown} has fields that this product does not write")
        self._tiles(sorted(infos, key=lambda info: info.header_offset))
        return f"{len(infos)} members, plain names, nothing hidden between them"

    def _tiles(self, infos: list[zipfile.ZipInfo]) -> None:
        """Members follow each other without gap or overlap, each with the header that the directory states."""
        place = 0
        with self.path.open("rb") as file:
            for info in infos:
                plain = zipfile.ZipInfo(info.filename, info.date_time)
                plain.compress_type, plain.create_system = info.compress_type, info.create_system
                plain.CRC, plain.compress_size, plain.file_size = info.CRC, info.compress_size, info.file_size
                header = plain.FileHeader(zip64=False)
                file.seek(info.header_offset)
                wrong = info.header_offset != place or file.read(len(header)) != header
                fail_when(wrong, f"{info.filename} does not lie where it should, or its header says something else than the directory")
                place += len(header) + info.compress_size
            file.seek(self.size - 22)
            mark, disk, first, here, total, length, start, comment = struct.unpack("<4s4H2LH", file.read(22))
        fail_when(mark != b"PK\x05\x06" or disk or first or comment or here != total, "there is something behind the directory of the zip")
        fail_when(total not in {len(infos), 0xFFFF} or start not in {place, 0xFFFFFFFF}, "the directory of the zip does not follow its members")
        fail_when(
            0xFFFFFFFF not in {start, length} and total != 0xFFFF and start + length + 22 != self.size, "the directory of the zip has another size"
        )

    def blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self.zip.open(self.infos[name]) as file:
                while block := file.read(1 << 20):
                    yield block
        except KeyError as fault:
            raise WrongError(f"{name} is missing") from fault
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as fault:
            raise WrongError(f"{name} is damaged") from fault

    def whole(self, name: str) -> bytes:
        fail_when(name not in self.infos, f"{name} is missing")
        fail_when(self.infos[name].file_size > SMALL, f"{name} is larger than it can be")
        return b"".join(self.blocks(name))

    def sha256(self, name: str) -> str:
        sum_ = hashlib.sha256()
        for block in self.blocks(name):
            sum_.update(block)
        return sum_.hexdigest()


@dataclass
class Envelope:
    """An envelope taken apart, not yet believed."""

    payload: bytes
    statement: dict[str, Any]
    keyid: str
    signature: bytes
    sha256: str

    @classmethod
    def read(cls, body: bytes, *types: str) -> Envelope:
        try:
            outer = strict_json(body)
            (signature,) = outer["signatures"]
            fail_when(outer["payloadType"] != PAYLOAD_TYPE or len(outer) != 3, "the envelope is of another type")
            payload = base64.b64decode(outer["payload"], validate=True)
            statement = strict_json(payload)
            fail_when(statement["_type"] != STATEMENT_TYPE or statement["predicateType"] not in types, "the statement is of another type")
            _ = statement["subject"], statement["predicate"]["chain"]["sequence"], statement["predicate"]["signer"]["kind"]
            return cls(payload, statement, str(signature["keyid"]), base64.b64decode(signature["sig"], validate=True), digest(body))
        except (KeyError, TypeError, ValueError) as fault:
            raise WrongError("the envelope is not one of this product") from fault

    @property
    def predicate(self) -> dict[str, Any]:
        return dict(self.statement["predicate"])

    def signed_by(self, key: ec.EllipticCurvePublicKey) -> None:
        kind = PAYLOAD_TYPE.encode()
        message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)
        try:
            key.verify(self.signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as fault:
            raise WrongError("the signature is not by this key, or what it signs was changed") from fault


def public_key(pem: bytes) -> tuple[ec.EllipticCurvePublicKey, str]:
    try:
        key = load_pem_public_key(pem)
    except ValueError as fault:
        raise WrongError("a public key cannot be read") from fault
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise WrongError("a public key is not an EC key on P-256")
    return key, digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def members(package: Package, envelope: Envelope, core: bool) -> str:
    """Every signed member is there with its digest; nothing else is, but for envelope, digests and keys."""
    signed = {str(each["name"]): str(each["digest"]["sha256"]) for each in envelope.statement["subject"]}
    fail_when(len(signed) != len(envelope.statement["subject"]) or not signed, "the statement names a member twice, or none")
    absent = {name for name in signed if name not in package.infos}
    left_out = {name for name in signed if name.startswith("evidence/")} if core else set()
    fail_when(core and absent != left_out, "this is not the core part, which leaves out all of evidence/ and nothing else")
    hint = "; if this is the core part, say --core" if absent and all(name.startswith("evidence/") for name in absent) else ""
    fail_when(bool(absent - left_out), f"{len(absent)} signed members are missing, such as {min(absent, default='')}{hint}")
    free = {name for name in package.infos if name in {ENVELOPE, SUMS} or KEY_NAME.fullmatch(name)}
    extra = package.infos.keys() - signed.keys() - free
    fail_when(bool(extra), f"{len(extra)} members are not signed, such as {min(extra, default='')}")
    found = {name: package.sha256(name) for name in sorted(package.infos) if name != SUMS}
    changed = [name for name in signed if name in found and found[name] != signed[name]]
    fail_when(bool(changed), f"{len(changed)} members were changed, such as {min(changed, default='')}")
    lines = {**signed, **found}
    sums = "".join(f"{value}  {name}\n" for name, value in sorted(lines.items())).encode()
    fail_when(package.whole(SUMS) != sums, f"{SUMS} does not list the members as they are")
    return f"{len(signed) - len(absent)} members are as signed" + (f"; {len(absent)} of the evidence are not in this core part" if core else "")


def keys(package: Package) -> str:
    """Key files are named by what they hold."""
    names = [name for name in package.infos if name.startswith("keys/") and name.endswith(".pem")]
    for name in names:
        fail_when(public_key(package.whole(name))[1] != name[5:-4], f"{name} holds another key than its name says")
    return f"{len(names)} public keys are what their names say"


def contents(package: Package, envelope: Envelope) -> str:
    """The summary and the results say what the signed predicate says."""
    predicate, summary = envelope.predicate, strict_json(package.whole("attestation.json"))
    same = [summary["run"] == predicate["run"]["id"], summary["tenant"]["id"] == predicate["tenant"]["id"], summary["counts"] == predicate["counts"]]
    fail_when(not all(same), "attestation.json says something else than the signed statement")
    signed = {str(each["name"]): str(each["digest"]["sha256"]) for each in envelope.statement["subject"]}
    custody(package, predicate["run"]["id"], signed)
    tally = dict.fromkeys(predicate["counts"], 0)
    for line in package.whole("results.ndjson").splitlines():
        result = strict_json(line)
        fail_when(result["run"] != predicate["run"]["id"], "a result is of another run")
        for reference in result["evidence"]:
            wrong = signed.get(reference["path"]) != reference["sha256"]
            fail_when(wrong, f"{result['control']} was judged from other evidence than the package has at {reference['path']}")
        if result["kind"] != "readiness":
            tally[result["outcome"]] = tally.get(result["outcome"], 0) + 1
            tally["total"] += 1
    fail_when(tally != predicate["counts"], "the results do not add up to the counts that were signed")
    return f"{tally['total']} results, as counted in the signed statement"


def custody(package: Package, run: str, signed: dict[str, str]) -> None:
    """Each custody record is of this run and of the fact that it lies with, and names the pages as they are signed."""
    for name in sorted(package.infos):
        area, fact, *rest = [*name.split("/"), ""]
        if area != "evidence" or rest != ["custody.json", ""]:
            continue
        record = strict_json(package.whole(name))
        fail_when((record["run"], record["fact"]) != (run, fact), f"{name} is of another run or fact")
        for page in record["pages"]:
            wrong = signed.get("/".join(["evidence", *page["blob"].split("/")[2:]])) != page["stored_sha256"]
            fail_when(wrong, f"{name} names a page that is another one in the package")


def links(package: Package, envelope: Envelope) -> str:
    """Of a period: the links behind it follow each other, are signed, and are those that it names."""
    names = sorted(name for name in package.infos if name.startswith("envelopes/"))
    found = [Envelope.read(package.whole(name), SCAN, ROTATION) for name in names]
    for link in found:
        link.signed_by(public_key(package.whole(f"keys/{link.keyid}.pem"))[0])
        of = link.predicate.get("tenant", envelope.predicate["tenant"])
        fail_when(of["id"] != envelope.predicate["tenant"]["id"], "a link is of another tenant")
    for older, newer in itertools.pairwise(found):
        chain = newer.predicate["chain"]
        follows = chain["previous_sha256"] == older.sha256 and chain["sequence"] == older.predicate["chain"]["sequence"] + 1
        fail_when(not follows, f"link {chain['sequence']} does not follow the one before it")
    said = [run["envelope_sha256"] for run in strict_json(package.whole("period.json"))["runs"]]
    scans = [link.sha256 for link in found if link.statement["predicateType"] == SCAN]
    fail_when(said != scans, "period.json names other runs than the links are of")
    return f"{len(found)} links follow each other, each signed"


def signer(package: Package, envelope: Envelope, trust: Trust) -> str:
    """The signature, under the key that the reader named or a key that it introduced in the chain."""
    kind = envelope.predicate["signer"]["kind"]
    key, keyid = trusted(package, trust) if trust.key or trust.keyid else public_key(package.whole(f"keys/{envelope.keyid}.pem"))
    how = ""
    if keyid != envelope.keyid:
        key, how = introduced(package, key, keyid, envelope)
    envelope.signed_by(key)
    fail_when(kind != "key_vault" and not trust.dev, "signed with a development key, which is no proof of who signed; --allow-dev-key accepts it")
    return f"signed by {envelope.keyid}{how}" + (" (a development key)" if kind != "key_vault" else "")


def trusted(package: Package, trust: Trust) -> tuple[ec.EllipticCurvePublicKey, str]:
    if trust.key is not None:
        keyid = digest(trust.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        fail_when(trust.keyid not in {None, keyid}, "the key that you named has not the id that you named")
        return trust.key, keyid
    key, keyid = public_key(package.whole(f"keys/{trust.keyid}.pem"))
    fail_when(keyid != trust.keyid, "the key inside the package is not the one with the id that you named")
    return key, keyid


def rotations(package: Package) -> list[Envelope]:
    names = sorted(name for name in package.infos if name.startswith("keys/rotation-"))
    return [Envelope.read(package.whole(name), ROTATION) for name in names]


def introduced(package: Package, key: ec.EllipticCurvePublicKey, keyid: str, envelope: Envelope) -> tuple[ec.EllipticCurvePublicKey, str]:
    """Follow the links in which an old key introduces its successor."""
    for link in rotations(package):
        if link.keyid == keyid:
            link.signed_by(key)
            key, keyid = public_key(str(link.predicate["introduces"]["public_key"]).encode())
    fail_when(keyid != envelope.keyid, f"signed by {envelope.keyid[:64]}, which is not the key that you named, nor one that it introduced")
    return key, ", introduced by the key that you named"


def chained(package: Package, envelope: Envelope, before: Package) -> str:
    """The package before is the one whose digest this one states, directly or over a change of keys."""
    older = Envelope.read(before.whole(ENVELOPE), SCAN)
    link, place = envelope.predicate["chain"], older.predicate["chain"]["sequence"]
    over = {each.sha256: each for each in rotations(package)}
    while link["previous_sha256"] in over:
        link = over[link["previous_sha256"]].predicate["chain"]
    fail_when(older.predicate["tenant"]["id"] != envelope.predicate["tenant"]["id"], "the package before is of another tenant")
    follows = link["previous_sha256"] == older.sha256 and link["sequence"] == place + 1
    fail_when(not follows, f"this is link {envelope.predicate['chain']['sequence']}; the other package is link {place} and is not the one before it")
    return f"link {envelope.predicate['chain']['sequence']} follows link {place}"


def rejudged(path: Path) -> str:
    """Judge the evidence again, where the scanner is installed; a copy of this file inside a package does not try."""
    try:
        rejudge = importlib.import_module("reporting.rejudge") if __package__ else None
    except ModuleNotFoundError:
        rejudge = None
    if rejudge is None:
        return "the evidence was not judged again: that needs the scanner itself"
    same, said = rejudge.judge_package(path)
    fail_when(not same, said)
    return str(said)


def verify(path: Path, trust: Trust, previous: Path | None = None) -> Report:
    """Check everything. Raises UnreadableError when the file is no zip."""
    package, report = Package(path), Report(path.name)
    if not report.check("container", package.container):
        return report
    found: list[Envelope] = []

    def read() -> str:
        found.append(Envelope.read(package.whole(ENVELOPE), SCAN, PERIOD))
        return "an in-toto statement in a DSSE envelope"

    if not report.check("envelope", read):
        return report
    envelope = found[0]
    scan = envelope.statement["predicateType"] == SCAN
    steps: dict[str, Callable[[], str]] = {
        "members": lambda: members(package, envelope, trust.core),
        "keys": lambda: keys(package),
        "contents": lambda: (contents if scan else links)(package, envelope),
        "signature": lambda: signer(package, envelope, trust),
    }
    good = [report.check(name, guarded(step)) for name, step in steps.items()]
    if previous is not None:
        report.previous = verify(previous, trust)
        older = report.previous.verdict
        good += [report.check("chain", guarded(lambda: chained(package, envelope, Package(previous)))), older != "not verified"]
    if all(good):
        predicate = envelope.predicate
        report.keyid, report.tenant, report.sequence = envelope.keyid, predicate["tenant"]["id"], predicate["chain"]["sequence"]
        report.run = predicate["run"]["id"] if scan else f"{predicate['period']['from']} to {predicate['period']['to']}"
        if scan and not trust.core:
            good.append(report.check("judgement", lambda: rejudged(path)))
    if all(good):
        report.verdict = "verified" if trust.key or trust.keyid else "consistent"
    return report


def guarded(step: Callable[[], str]) -> Callable[[], str]:
    """A statement of an unexpected shape is a failed check, not a crash."""

    def run() -> str:
        try:
            return step()
        except (KeyError, TypeError, AttributeError, ValueError) as fault:
            raise WrongError(f"the signed statement does not have the expected shape ({type(fault).__name__})") from fault

    return run


def shown(report: Report) -> str:
    lines = [f"{'ok   ' if each['ok'] else 'WRONG'}  {each['check']}: {each['detail']}" for each in report.checks]
    if report.previous is not None:
        lines += [f"       the package before: {report.previous.verdict}"]
    ends = {
        "verified": f"VERIFIED: {report.run}, tenant {report.tenant}, link {report.sequence}, under the key that you named",
        "consistent": "CONTENTS CONSISTENT, SIGNER NOT ESTABLISHED: name the key id that you were given on another way (--keyid) or the key (--key)",
        "not verified": "NOT VERIFIED",
    }
    return re.sub(r"[^\n\x20-\x7e]", "?", "\n".join([*lines, ends[report.verdict]]))  # nothing of a forged package reaches the terminal raw


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="verify", description="Verify a package of evidence.")
    parser.add_argument("package", type=Path)
    parser.add_argument("--key", type=Path, help="the public key (PEM) that you were given")
    parser.add_argument("--keyid", help="the key id (64 hexadecimal digits) that you were given")
    parser.add_argument("--previous", type=Path, help="the package before, to check the chain")
    parser.add_argument("--allow-dev-key", action="store_true", help="accept the key of a demonstration on one machine")
    parser.add_argument("--core", action="store_true", help="the package is the core part, without evidence/")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    asked = parser.parse_args(arguments)
    try:
        key = public_key(asked.key.read_bytes())[0] if asked.key else None
        trust = Trust(key, asked.keyid.lower().strip() if asked.keyid else None, asked.allow_dev_key, asked.core)
        fail_when(bool(trust.keyid) and not re.fullmatch(r"[0-9a-f]{64}", trust.keyid or ""), "--keyid takes 64 hexadecimal digits")
        report = verify(asked.package, trust, asked.previous)
    except (UnreadableError, WrongError, OSError) as fault:
        print(json.dumps({"verdict": "unreadable", "detail": str(fault)}) if asked.json else f"CANNOT READ: {fault}")
        return 2
    print(json.dumps(asdict(report), indent=1) if asked.json else shown(report))
    return 0 if report.verdict == "verified" else 1


if __name__ == "__main__":
    sys.exit(main())
