"""Judging every control of a large tenant: seconds of CPU, apart from parsing what the tenant answered.

The tenant is made by number and read through the real doors into memory. Its conditional access is replaced by a hundred policies over its people,
because the generator makes two. `python -m benchmarks.judging [USERS ...]` also prints the dearest controls.
"""

import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import conditional_access
from local.tenant import SimulatedTenant, generate
from scanners import catalogue, judging, looking
from scanners.examples import reading, unshown
from scanners.model import Control, Door
from scanners.planning import needed_facts
from scanners.reading import read_as
from scanners.statements import choose
from tests.controls.looking_at import Memory, read

Measured = tuple[tuple[str, str, str], bool]
TARGETS = {5_000: 1.0, 100_000: 15.0}  # users -> seconds of CPU for judging
POLICIES = 100
MADE = ("conditional_access_policies", "named_locations", "referenced_group_members")
KNOWN = catalogue.load()
_NUMBERED = re.compile(r"aaaaaaaa-0000-4000-8000-(\d{12})")


def measure() -> Iterator[Measured]:
    """Each size once; the first judgement of a process is not warmed up."""
    for users, seconds in TARGETS.items():
        readings, parsing = _readings(users)
        spent = _judged(readings)
        total = sum(spent.values())
        name = f"{users:,} users, {POLICIES} conditional access policies"
        yield (f"{name}: judging {len(spent)} controls", f"{total:.2f} s of CPU (parsing {parsing:.1f} s)", f"{seconds:g} s"), total <= seconds


def _readings(users: int) -> tuple[dict[str, Any], float]:
    """The readings of all facts, and the seconds of CPU that it took to parse them from their pages."""
    evidence = Memory()
    facts = needed_facts(KNOWN.controls.values(), KNOWN.facts)
    with tempfile.TemporaryDirectory() as folder, SimulatedTenant(generate.tenant(users), Path(folder), pace=0.01) as tenant:
        stated = {f.id: choose(f, tenant.world.statements(), datetime.now(UTC)) for f in KNOWN.facts.values() if f.door is Door.STATEMENT}
        readings = asyncio.run(read(tenant, facts, evidence, stated))
    began = time.process_time()
    for name, custody in evidence.records.items():
        if custody["pages"]:
            readings[name] = judging.read_pages(KNOWN.facts[name], looking.pages_of(custody, evidence))
    parsing = time.process_time() - began
    own = {f.id: reading(f, unshown(f)) for f in KNOWN.facts.values() if f.door is Door.RECORDS}
    return readings | own | _policies([user.id for user in readings["users"].value]), parsing


def _policies(people: list[str]) -> dict[str, Any]:
    """Conditional access of a large organisation, naming these people."""
    chance = random.Random(1)
    made: dict[str, Any] = {
        "conditional_access_policies": list(conditional_access.policies(POLICIES, chance)),
        "named_locations": conditional_access.locations(),
        "referenced_group_members": conditional_access.groups(len(people), chance),
    }
    theirs = {name: json.loads(_NUMBERED.sub(lambda found: people[int(found[1]) % len(people)], json.dumps(value))) for name, value in made.items()}
    return {name: read_as(KNOWN.facts[name].reading, theirs[name]) for name in MADE}


def _judged(readings: dict[str, Any]) -> dict[str, float]:
    """Control -> seconds of CPU, in the order of a run."""
    spent = {}
    for control in sorted(KNOWN.controls.values(), key=lambda c: (c.topic, c.id)):
        began = time.process_time()
        _verdict(control, readings)
        spent[control.id] = time.process_time() - began
    return spent


def _verdict(control: Control, readings: dict[str, Any]) -> judging.Verdict:
    return judging.verdict_of(control, {fact: readings[fact] for fact in control.needs}, datetime.now(UTC), control.defaults)


def main(sizes: list[int]) -> None:
    """The dearest controls of each size."""
    for users in sizes:
        readings, parsing = _readings(users)
        spent = _judged(readings)
        print(f"{users:,} users: parsing {parsing:.2f} s, judging {sum(spent.values()):.2f} s of CPU")
        for control, seconds in sorted(spent.items(), key=lambda each: -each[1])[:15]:
            print(f"{seconds:8.3f} s  {control:60} {_verdict(KNOWN.controls[control], readings).because[:80]}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [5_000])
