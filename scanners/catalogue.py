"""Finds the facts and controls by walking their folders, so that adding one is adding a file.

`python -m scanners.catalogue` writes docs/CONTROLS.md and infra/permissions.json; `--check` fails when they differ; `--json` prints the catalogue.
"""

import dataclasses
import hashlib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from scanners.declare import may_be_none, reading_type
from scanners.errors import CatalogueError
from scanners.model import Control, Door, Fact

HERE = Path(__file__).parent
VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All facts and controls, and one digest over the source of everything that a judgement depends on."""

    facts: Mapping[str, Fact]
    controls: Mapping[str, Control]
    sha256: str


@lru_cache(maxsize=1)
def load() -> Catalogue:
    """The catalogue of this installation; raises CatalogueError when a law is broken."""
    facts = {fact.id: fact for fact in _facts()}
    controls = {control.id: control for control in _controls()}
    for control in controls.values():
        _check_needs(control, facts)
    for fact in facts.values():
        if missing := set(fact.after) - set(facts):
            raise CatalogueError(f"fact {fact.id} comes after {', '.join(sorted(missing))}, which do not exist")
    return Catalogue(facts, controls, _digest())


def _modules(package: str) -> Iterator[ModuleType]:
    found = importlib.import_module(package)
    for each in sorted(pkgutil.walk_packages(found.__path__, package + "."), key=lambda m: m.name):
        module = importlib.import_module(each.name)
        if not each.ispkg and not each.name.rsplit(".", 1)[-1].startswith("_"):
            yield module


def _facts() -> Iterator[Fact]:
    for module in _modules("scanners.facts"):
        name = module.__name__.rsplit(".", 1)[-1]
        about = " ".join(inspect.cleandoc(module.__doc__ or "").split("\n\n", 1)[0].split())
        if isinstance(several := getattr(module, "facts", None), tuple):
            yield from (dataclasses.replace(fact, about=fact.about or about) for fact in several)
        elif isinstance(fact := getattr(module, "fact", None), Fact):
            yield dataclasses.replace(fact, id=name, about=about)
        else:
            raise CatalogueError(f"{module.__name__} declares neither `fact` nor `facts`")


def _controls() -> Iterator[Control]:
    for module in _modules("scanners.controls"):
        name = module.__name__.rsplit(".", 1)[-1]
        control = getattr(module, name, None)
        if not isinstance(control, Control):
            raise CatalogueError(f"{module.__name__} does not declare a control named {name}")
        yield dataclasses.replace(control, rule_sha256=_source_digest(module))


def _check_needs(control: Control, facts: Mapping[str, Fact]) -> None:
    for fact in control.needs:
        if fact not in facts:
            raise CatalogueError(f"control {control.id} needs the fact {fact}, which does not exist")
        if reading_type(control.rule, fact) != facts[fact].reading:
            raise CatalogueError(f"control {control.id} reads {fact} as {reading_type(control.rule, fact)}, the fact gives {facts[fact].reading}")
        absent = facts[fact].statement is not None or facts[fact].without_plan == "not_applicable"
        if fact in control.weighs and absent and not may_be_none(control.rule, fact):
            raise CatalogueError(f"control {control.id} weighs why {fact} could not be read, and not that there may be none; add `| None`")


def _source_digest(module: ModuleType) -> str:
    return hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest()


def _digest() -> str:
    """Digest over every file that can change a judgement: all of scanners/ but the doors."""
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")) + sorted(HERE.rglob("*.yaml")):
        relative = path.relative_to(HERE).as_posix()
        if not relative.startswith("doors/"):
            digest.update(f"{relative}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def chosen(only: Iterable[str] = (), without: Iterable[str] = ()) -> tuple[Control, ...]:
    """The controls of a run, in the order of topic and id; raises CatalogueError for an id that does not exist."""
    controls, picked, left_out = load().controls, tuple(only), frozenset(without)
    if strange := [c for c in (*picked, *left_out) if c not in controls]:
        raise CatalogueError(f"no such control: {', '.join(sorted(strange))}")
    every = sorted(controls.values(), key=lambda c: (c.topic, c.id))
    return tuple(c for c in every if c.id not in left_out and (not picked or c.id in picked))


def asked_facts() -> tuple[Fact, ...]:
    """The facts that are asked of the tenant or of DNS, in order of id; not what our own storage holds."""
    return tuple(f for _, f in sorted(load().facts.items()) if f.door not in (Door.STATEMENT, Door.RECORDS))


if __name__ == "__main__":
    from scanners.pages import main

    sys.exit(main(sys.argv[1:]))
