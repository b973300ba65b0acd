"""What the people of a tenant have stated, as the YAML files that `python -m local demo --statements DIR` takes in."""

from collections import Counter
from pathlib import Path

import yaml

from local.tenant.rows import Row
from local.tenant.world import World

KEPT = ("type", "statement", "effective_from", "contains_phi", "details")


def written(world: World, folder: Path) -> list[Path]:
    """Writes one file for each statement into the folder, which is made if need be; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    seen: Counter[str] = Counter()
    paths = []
    for record in world.statements():
        seen[record["type"]] += 1
        path = folder / f"{record['type']}-{seen[record['type']]}.yaml"
        path.write_text(yaml.safe_dump(_draft(record, world), sort_keys=False, allow_unicode=True), encoding="utf-8")
        paths.append(path)
    return paths


def _draft(record: Row, world: World) -> Row:
    """The fields a person fills in; the store adds the others."""
    person = next(iter(world.people))
    attester = {"name": person["displayName"], "title": person["jobTitle"], **record["attester"]}
    return {**{key: record[key] for key in KEPT}, "attester": attester}
