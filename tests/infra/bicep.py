"""The Bicep files as a tree: parsed by pycep (the parser of checkov), checked by tree-sitter, so that tests can ask what they say."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
BICEP = ROOT / "infra" / "bicep"
EXTENSION = re.compile(r"(?m)^extension \w+$")  # neither parser knows this statement; the rest of those files they do


@dataclass(frozen=True)
class Resource:
    """One `resource` of a file: its properties as parsed, whatever loop or condition it stands in."""

    file: str
    name: str
    type: str
    existing: bool
    config: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.config.get("properties", {})
        return found


def files() -> list[Path]:
    return sorted(BICEP.rglob("*.bicep"))


def text_of(path: Path) -> str:
    return EXTENSION.sub("", path.read_text(encoding="utf-8"))


@functools.cache
def tree(path: Path) -> dict[str, Any]:
    from pycep import BicepParser

    return dict(BicepParser().parse(text=text_of(path)))


def syntax_errors(text: str) -> list[str]:
    """What tree-sitter could not make sense of."""
    import tree_sitter
    import tree_sitter_bicep

    source = text.encode()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))

    def walk(node: Any) -> Iterator[str]:
        if node.type == "ERROR" or node.is_missing:
            yield f"line {node.start_point[0] + 1}: {source[node.start_byte : node.end_byte][:60].decode()}"
        for child in node.children:
            yield from walk(child)

    return list(walk(parser.parse(source).root_node))


def inner(config: dict[str, Any]) -> dict[str, Any]:
    """The object inside loops and conditions."""
    while "config" in config and ({"loop_type", "condition"} & set(config)):
        config = config["config"]
    return config


@functools.cache
def resources() -> tuple[Resource, ...]:
    return tuple(
        Resource(path.relative_to(BICEP).as_posix(), name, each["type"], each["existing"], inner(each["config"]))
        for path in files()
        for name, each in tree(path).get("resources", {}).items()
    )


def of(kind: str, file: str | None = None) -> list[Resource]:
    """The resources of a type that are created, not merely referred to."""
    return [r for r in resources() if r.type.lower() == kind.lower() and not r.existing and (file is None or r.file == file)]


def one(kind: str, file: str | None = None) -> Resource:
    found = of(kind, file)
    assert len(found) == 1, f"{kind}: {len(found)}"
    return found[0]


def variable(file: str, name: str) -> Any:
    return tree(BICEP / file)["variables"][name]["value"]


def strings(value: Any) -> Iterator[str]:
    """Every text inside a parsed value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value
