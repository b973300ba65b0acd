"""A package verifies as it was made, and in no other way."""

import io
import json
import random
import re
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reporting import verify
from reporting.attestation import PAYLOAD_TYPE, pae
from reporting.package import Zip
from reporting.signing import DevSigner
from tests.azurite.conftest import Packages


def run(*arguments: object) -> int:
    return verify.main([str(each) for each in arguments])


def named(packages: Packages, path: Path, *more: object) -> int:
    return run(path, "--keyid", packages.keyid, "--allow-dev-key", *more)


def test_a_package_is_verified_under_the_key_or_the_key_id_that_is_named(packages: Packages, capsys: pytest.CaptureFixture[str]) -> None:
    assert named(packages, packages.nights[1]) == 0
    assert "VERIFIED: 20261125T030000Z-3f9c, tenant" in capsys.readouterr().out
    assert run(packages.nights[1], "--key", packages.key, "--allow-dev-key") == 0


def test_without_a_named_key_the_signer_is_not_established(packages: Packages, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(packages.nights[0], "--allow-dev-key") == 1
    assert "SIGNER NOT ESTABLISHED" in capsys.readouterr().out


def test_a_development_key_is_refused_unless_allowed(packages: Packages, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(packages.nights[0], "--keyid", packages.keyid) == 1
    assert "development key" in capsys.readouterr().out


def test_another_key_is_refused(packages: Packages, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(DevSigner(tmp_path).public_pem)
    assert run(packages.nights[0], "--key", tmp_path / "other.pem", "--allow-dev-key") == 1
    assert run(packages.nights[0], "--keyid", "0" * 64, "--allow-dev-key") == 1
    assert run(packages.nights[0], "--key", packages.key, "--keyid", "0" * 64, "--allow-dev-key") == 1


def test_json_says_the_same(packages: Packages, capsys: pytest.CaptureFixture[str]) -> None:
    assert named(packages, packages.nights[0], "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["sequence"], said["keyid"]) == ("verified", 1, packages.keyid)
    assert all(each["ok"] for each in said["checks"])


def test_the_chain_holds_with_the_package_before_and_with_no_other(packages: Packages) -> None:
    first, second, third = packages.nights
    assert named(packages, second, "--previous", first) == 0
    assert named(packages, third, "--previous", second) == 0
    assert named(packages, third, "--previous", first) == 1  # a link was left out
    assert named(packages, first, "--previous", second) == 1  # an older one replayed as the newer
    assert named(packages, second, "--previous", second) == 1


def test_the_core_part_verifies_as_such_only(packages: Packages) -> None:
    assert named(packages, packages.core, "--core") == 0
    assert named(packages, packages.core) == 1
    assert named(packages, packages.nights[2], "--core") == 1


def test_what_is_no_zip_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not a zip")
    assert run(tmp_path / "text.zip") == 2
    assert run(tmp_path / "absent.zip") == 2


def test_a_truncated_package_is_never_verified(packages: Packages, tmp_path: Path) -> None:
    whole = packages.nights[0].read_bytes()
    cut = tmp_path / "cut.zip"
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 23, len(whole) - 1):
        cut.write_bytes(whole[:length])
        assert named(packages, cut) in {1, 2}


def places(body: bytes) -> dict[str, int]:
    """A byte of every kind: each field of every header, name, contents and directory entry, and of the end record."""
    found = {}
    for info in zipfile.ZipFile(io.BytesIO(body)).infolist():
        begin = info.header_offset + 30 + len(info.filename)
        for offset in (0, 4, 6, 8, 10, 12, 14, 18, 22, 26, 28, 30):
            found[f"{info.filename} header {offset}"] = info.header_offset + offset
        for part in (0, info.compress_size // 2, info.compress_size - 1):
            found[f"{info.filename} contents {part}"] = begin + part
    entry = body.index(b"PK\x01\x02")
    while body[entry : entry + 4] == b"PK\x01\x02":
        length = struct.unpack("<H", body[entry + 28 : entry + 30])[0]
        for offset in (0, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 30, 32, 34, 36, 38, 40, 42, 46):
            found[f"directory {entry} {offset}"] = entry + offset
        entry += 46 + length
    return found | {f"end {n}": n for n in range(len(body) - 22, len(body))}


def test_one_flipped_byte_of_any_kind_anywhere_is_found(packages: Packages, tmp_path: Path) -> None:
    """But for the spare bits of the compressed form, which leave every member as it was."""
    body = packages.nights[0].read_bytes()
    changed = tmp_path / "changed.zip"
    missed = []
    for name, place in places(body).items():
        changed.write_bytes(body[:place] + bytes([body[place] ^ 0x01]) + body[place + 1 :])
        if named(packages, changed) == 0 and contents(changed) != contents(packages.nights[0]):
            missed.append(name)
    assert missed == []


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def repacked(packages: Packages, target: Path, change: Callable[[dict[str, bytes]], Any], night: int = 0) -> Path:
    """The package with its members changed, zipped again as this product does, SHA256SUMS made to fit."""
    source = zipfile.ZipFile(packages.nights[night])
    members = {name: source.read(name) for name in source.namelist()}
    source.close()
    change(members)
    if verify.SUMS in members:
        sums = {name: verify.digest(body) for name, body in members.items() if name != verify.SUMS}
        members[verify.SUMS] = "".join(f"{value}  {name}\n" for name, value in sorted(sums.items())).encode()
    with target.open("wb") as file:
        zipped = Zip(file)
        for name, body in members.items():
            zipped.add(name, body)
        zipped.close()
    return target


def test_the_same_members_packed_again_still_verify(packages: Packages, tmp_path: Path) -> None:
    assert named(packages, repacked(packages, tmp_path / "same.zip", lambda members: None)) == 0


def test_a_changed_byte_in_any_member_is_found_although_the_zip_is_sound(packages: Packages, tmp_path: Path) -> None:
    chance = random.Random(4)
    with zipfile.ZipFile(packages.nights[0]) as source:
        names = [name for name in source.namelist() if name != verify.SUMS]
    for name in names:

        def change(members: dict[str, bytes], name: str = name) -> None:
            body = bytearray(members[name])
            body[chance.randrange(len(body))] ^= 0x20
            members[name] = bytes(body)

        assert named(packages, repacked(packages, tmp_path / "changed.zip", change)) == 1, name


def test_extra_missing_and_swapped_members_are_found(packages: Packages, tmp_path: Path) -> None:
    other = zipfile.ZipFile(packages.nights[1])
    changes: dict[str, Callable[[dict[str, bytes]], Any]] = {
        "extra": lambda m: m.update({"evidence/users/00009.json": b"{}"}),
        "extra key": lambda m: m.update({"keys/note.txt": b"hello"}),
        "missing": lambda m: m.pop("evidence/users/00002.json"),
        "no sums": lambda m: m.pop(verify.SUMS),
        "no envelope": lambda m: m.pop(verify.ENVELOPE),
        "swapped": lambda m: m.update(
            {"evidence/users/00001.json": m["evidence/users/00002.json"], "evidence/users/00002.json": m["evidence/users/00001.json"]}
        ),
        "of another run": lambda m: m.update({"evidence/users/custody.json": other.read("evidence/users/custody.json")}),
        "envelope of another run": lambda m: m.update({verify.ENVELOPE: other.read(verify.ENVELOPE)}),
    }
    for name, change in changes.items():
        assert named(packages, repacked(packages, tmp_path / "changed.zip", change)) == 1, name
    other.close()


def test_a_package_signed_again_with_a_key_of_its_own_is_not_verified(packages: Packages, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forger = DevSigner(tmp_path)

    def forge(members: dict[str, bytes]) -> None:
        import base64

        members["results.ndjson"] = members["results.ndjson"].replace(b"open to everybody", b"closed to everybody")
        envelope = json.loads(members[verify.ENVELOPE])
        statement = json.loads(base64.b64decode(envelope["payload"]))
        for subject in statement["subject"]:
            subject["digest"]["sha256"] = verify.digest(members[subject["name"]])
        statement["predicate"]["signer"] |= {"keyid": forger.keyid, "kind": "key_vault"}
        payload = json.dumps(statement).encode()
        signature = base64.b64encode(forger.sign(pae(PAYLOAD_TYPE, payload))).decode()
        envelope |= {"payload": base64.b64encode(payload).decode(), "signatures": [{"keyid": forger.keyid, "sig": signature}]}
        members[verify.ENVELOPE] = json.dumps(envelope).encode()
        del members[f"keys/{packages.keyid}.pem"]
        members[f"keys/{forger.keyid}.pem"] = forger.public_pem

    forged = repacked(packages, tmp_path / "forged.zip", forge)
    assert named(packages, forged) == 1
    assert run(forged, "--key", packages.key) == 1
    capsys.readouterr()
    assert run(forged) == 1
    assert "SIGNER NOT ESTABLISHED" in capsys.readouterr().out


def hostile(packages: Packages, target: Path, name: str, **fields: Any) -> Path:
    shutil.copy(packages.nights[0], target)
    with zipfile.ZipFile(target, "a") as zipped:
        info = zipfile.ZipInfo("placeholder", (1980, 1, 1, 0, 0, 0))
        info.filename, info.create_system, info.external_attr = name, 3, fields.pop("attr", 0o100644 << 16)
        info.compress_type = zipfile.ZIP_DEFLATED
        zipped.writestr(info, fields.pop("body", b"x"))
    return target


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("../../etc/passwd", {}),
        ("/etc/passwd", {}),
        ("C:\\x", {}),
        ("evidence/../x", {}),
        ("evidence//x", {}),
        ("report.html", {}),
        ("REPORT.HTML", {}),
        ("link", {"attr": (stat.S_IFLNK | 0o777) << 16}),
        ("folder/", {}),
        ("name\u202egnp.exe", {}),
        ("line\nbreak", {}),
        ("-rf", {}),
        ("bomb", {"body": b"0" * 40_000_000}),
    ],
)
def test_zip_tricks_are_refused(packages: Packages, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, fields: dict[str, Any]) -> None:
    assert named(packages, hostile(packages, tmp_path / "hostile.zip", name, **fields)) == 1
    said = capsys.readouterr().out
    assert "WRONG  container" in said
    assert said.isascii()


def test_bytes_before_behind_or_between_the_members_are_refused(packages: Packages, tmp_path: Path) -> None:
    body = packages.nights[0].read_bytes()
    for name, changed in {"before": b"#!/bin/sh\n" + body, "behind": body + b"trailing"}.items():
        (tmp_path / f"{name}.zip").write_bytes(changed)
        assert named(packages, tmp_path / f"{name}.zip") in {1, 2}, name


def commands(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "jq", "sha256sum"))), reason="needs openssl, jq and sha256sum")
def test_the_commands_of_verify_md_do_what_it_says(packages: Packages, tmp_path: Path) -> None:
    with zipfile.ZipFile(packages.nights[1]) as zipped:
        zipped.extractall(tmp_path)
    text = (tmp_path / "VERIFY.md").read_text()
    assert len(commands(text)) == 6

    def execute() -> str:
        script = "set -u\n" + "\n".join(commands(text))
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    said = execute()
    assert packages.keyid in said
    assert "Verified OK" in said
    assert "all members are as signed" in said
    assert "no other file" in said
    assert "link 2, after run 20261124T030000Z-3f9c" in said
    previous = zipfile.ZipFile(packages.nights[0])
    assert verify.digest(previous.read(verify.ENVELOPE)) in said
    previous.close()

    (tmp_path / "extra.txt").write_text("x")
    assert "no other file" not in execute()
    (tmp_path / "extra.txt").unlink()
    page = tmp_path / "evidence/users/00001.json"
    page.write_bytes(page.read_bytes() + b" ")
    assert "all members are as signed" not in execute()
    envelope = json.loads((tmp_path / verify.ENVELOPE).read_text())
    envelope["payload"] = "A" + envelope["payload"][1:]
    (tmp_path / verify.ENVELOPE).write_text(json.dumps(envelope))
    assert "Verified OK" not in execute()


def test_sha256sums_is_what_sha256sum_reads(packages: Packages, tmp_path: Path) -> None:
    with zipfile.ZipFile(packages.nights[0]) as zipped:
        zipped.extractall(tmp_path)
    done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_verifier_inside_the_package_works_alone(packages: Packages, tmp_path: Path) -> None:
    """Run from the unpacked folder, without this product on the path."""
    with zipfile.ZipFile(packages.nights[0]) as zipped:
        zipped.extract("verify.py", tmp_path)
    command = [sys.executable, "-P", "verify.py", str(packages.nights[0]), "--keyid", packages.keyid, "--allow-dev-key"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was not judged again" in done.stdout
