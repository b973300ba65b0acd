"""`make sbom`: what the package is made of, as CycloneDX 1.6, read from the packages that were put into it.

Names, versions and licences come from the installed metadata, hashes from requirements.txt. Sources: https://cyclonedx.org/docs/1.6/json/ ;
https://packaging.python.org/specifications/core-metadata/
"""

import argparse
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from local.package import PACKAGES, ROOT
from scanners.catalogue import VERSION

NAMESPACE = uuid.UUID("5f2b1f0e-3a5b-4f0e-9a1e-6f6a3b0c9d11")  # ours, so that equal contents get an equal serial number


def normal(name: str) -> str:
    """A project's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def hashes(requirements: str) -> Mapping[str, tuple[str, ...]]:
    """Name -> SHA-256 of the files that may be installed under it."""
    found: dict[str, tuple[str, ...]] = {}
    for block in requirements.replace("\\\n", " ").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", block):
            found[normal(match[1])] = (*found.get(normal(match[1]), ()), *re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
    return found


def component(found: Distribution, allowed: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """One package. The hashes are those of the files that pip was allowed to take; the first that matches was installed."""
    name, purl = normal(found.metadata["Name"]), f"pkg:pypi/{normal(found.metadata['Name'])}@{found.version}"
    entry: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": found.version, "purl": purl}
    if expression := found.metadata.get_all("License-Expression"):
        entry["licenses"] = [{"expression": expression[0]}]
    elif named := [c.rsplit(" :: ", 1)[1] for c in found.metadata.get_all("Classifier") or () if c.startswith("License :: ")]:
        entry["licenses"] = [{"license": {"name": each}} for each in sorted(set(named))]
    if allowed.get(name):
        entry["properties"] = [{"name": "hipaa-m365-scanner:allowed-file-sha256", "value": each} for each in sorted(allowed[name])]
    return entry


def needs(found: Distribution, present: Mapping[str, str]) -> Iterator[str]:
    """References of the packages that this one needs and that are there."""
    for text in found.requires or ():
        match = re.match(r"[A-Za-z0-9._-]+", text)
        if match and (name := normal(match[0])) in present and "extra ==" not in text:
            yield present[name]


def bill(place: Path, requirements: str) -> dict[str, Any]:
    """The bill of materials of an installed folder; equal contents give an equal bill."""
    packages = sorted(distributions(path=[str(place)]), key=lambda d: normal(d.metadata["Name"]))
    allowed = hashes(requirements)
    components = [component(each, allowed) for each in packages]
    present = {each["name"]: each["bom-ref"] for each in components}
    ours = f"pkg:generic/hipaa-m365-scanner@{VERSION}"
    tree = [{"ref": ours, "dependsOn": sorted(present.values())}]
    tree += [{"ref": present[normal(p.metadata["Name"])], "dependsOn": sorted(set(needs(p, present)))} for p in packages]
    content = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": ours, "name": "hipaa-m365-scanner", "version": VERSION}},
        "components": components,
        "dependencies": tree,
    }


def main(arguments: list[str]) -> int:
    """Exit code 1 when there is no package to describe."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "sbom.cdx.json", help="where the bill goes")
    chosen = parser.parse_args(arguments)
    place = ROOT / PACKAGES
    if not place.is_dir():
        print("There are no packages yet: run `make package` first.", file=sys.stderr)
        return 1
    found = bill(place, (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{chosen.output}: {len(found['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
